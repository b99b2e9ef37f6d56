/* snapshot - see snapshot.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHARE "allow-shared-ip"

void snapshot_init(struct snapshot *s)
{
	*s = (struct snapshot){ 0 };
	s->last_dirty = &s->first_dirty;
}

static void free_row(struct snapshot_row *row)
{
	free(row->of_plan);
	free(row->hold);
	free(row);
}

static void free_service(struct snapshot_service *service)
{
	free(service->row);
	free(service->labels.at);
	free(service);
}

void snapshot_done(struct snapshot *s)
{
	const char *key;
	void *value;

	for (size_t at = 0; strmap_next(&s->service, &at, &key, &value);)
		free_service(value);
	for (size_t i = 0; i < s->n_row; i++)
		free_row(s->row[i]);
	free(s->row);
	strmap_done_values(&s->slice);
	strmap_done(&s->service);
	nodes_done(&s->nodes);
}

/* Rows. */

static void mark_dirty(struct snapshot *s, struct snapshot_row *row)
{
	if (row->dirty)
		return;
	row->dirty = true;
	row->next_dirty = NULL;
	row->dirty_link = s->last_dirty;
	*s->last_dirty = row;
	s->last_dirty = &row->next_dirty;
}

static void unmark_dirty(struct snapshot *s, struct snapshot_row *row)
{
	if (!row->dirty)
		return;
	row->dirty = false;
	*row->dirty_link = row->next_dirty;
	if (row->next_dirty)
		row->next_dirty->dirty_link = row->dirty_link;
	else
		s->last_dirty = row->dirty_link;
}

static void mark_all(struct snapshot *s)
{
	for (size_t i = 0; i < s->n_row; i++)
		mark_dirty(s, s->row[i]);
}

static void mark_service(struct snapshot *s, const struct snapshot_service *service)
{
	for (size_t i = 0; i < service->n_row; i++)
		mark_dirty(s, service->row[i]);
}

/* The place of ip among the rows, or where it would go. */
static size_t place_of(const struct snapshot *s, const struct ip *ip)
{
	size_t low = 0, high = s->n_row;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ip_compare(&s->row[middle]->ip, ip) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct snapshot_row *snapshot_find(const struct snapshot *s, const struct ip *ip)
{
	size_t at = place_of(s, ip);

	return at < s->n_row && ip_equal(&s->row[at]->ip, ip) ? s->row[at] : NULL;
}

static struct snapshot_row *row_for(struct snapshot *s, const struct ip *ip)
{
	size_t at = place_of(s, ip);
	struct snapshot_row *row;

	if (at < s->n_row && ip_equal(&s->row[at]->ip, ip))
		return s->row[at];
	row = mem_new(1, sizeof(*row));
	row->ip = *ip;
	s->row = mem_grow(s->row, s->n_row, &s->cap_row, sizeof(*s->row));
	memmove(&s->row[at + 1], &s->row[at], (s->n_row - at) * sizeof(*s->row));
	s->row[at] = row;
	s->n_row++;
	return row;
}

struct snapshot_row *snapshot_next_dirty(struct snapshot *s)
{
	struct snapshot_row *row = s->first_dirty;

	if (row)
		unmark_dirty(s, row);
	return row;
}

static void remove_row(struct snapshot *s, struct snapshot_row *row)
{
	size_t at = place_of(s, &row->ip);

	unmark_dirty(s, row);
	memmove(&s->row[at], &s->row[at + 1], (s->n_row - at - 1) * sizeof(*s->row));
	s->n_row--;
	free_row(row);
}

/* Services and their holds. */

static struct snapshot_service *service_for(struct snapshot *s, const char *key)
{
	struct snapshot_service *service = strmap_get(&s->service, key);
	size_t n = strlen(key) + 1;

	if (service)
		return service;
	if (n > SNAPSHOT_KEY_MAX || s->service.n == SNAPSHOT_MAX_SERVICES) {
		s->n_refused++;
		return NULL;
	}
	service = mem_new(1, sizeof(*service) + n);
	memcpy(service->key, key, n);
	strmap_put(&s->service, key, service);
	return service;
}

static void drop_unused(struct snapshot *s, struct snapshot_service *service)
{
	if (service->present || service->slice || service->n_hold > 0)
		return;
	strmap_remove(&s->service, service->key);
	free_service(service);
}

static struct snapshot_hold *hold_of(struct snapshot_row *row,
				     const struct snapshot_service *service)
{
	for (size_t i = 0; i < row->n_hold; i++)
		if (row->hold[i].service == service)
			return &row->hold[i];
	return NULL;
}

static void hold_row(struct snapshot_row *row, struct snapshot_service *service)
{
	struct snapshot_hold *hold = hold_of(row, service);

	if (hold) {
		hold->ended = NULL;
		return;
	}
	row->hold = mem_resize(row->hold, row->n_hold + 1u, sizeof(*row->hold));
	row->hold[row->n_hold++] = (struct snapshot_hold){ .service = service };
	service->n_hold++;
}

/* The service has the address no longer. Where that is to be told, the hold waits for it. */
static void end_hold(struct snapshot *s, struct snapshot_row *row, struct snapshot_service *service,
		     const char *reason)
{
	struct snapshot_hold *hold = hold_of(row, service);

	mark_dirty(s, row);
	if (hold->announced) {
		hold->ended = reason;
		return;
	}
	*hold = row->hold[--row->n_hold];
	service->n_hold--;
	if (row->n_hold == 0 && !row->of_plan)
		remove_row(s, row);
}

bool snapshot_settle(struct snapshot *s, struct snapshot_row *row)
{
	uint32_t n = 0;

	for (size_t i = 0; i < row->n_hold; i++) {
		struct snapshot_hold *hold = &row->hold[i];

		if (!hold->ended) {
			row->hold[n++] = *hold;
			continue;
		}
		hold->service->n_hold--;
		drop_unused(s, hold->service);
	}
	row->n_hold = n;
	if (n > 0 || row->dirty)
		return true;
	remove_row(s, row);
	return false;
}

static bool is_among(const struct ip *wanted, const struct ip *ip, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ip_equal(&ip[i], wanted))
			return true;
	return false;
}

/* The addresses of a service, each once; -EINVAL: one is none, or they are too many. */
static int read_ips(const struct kube_service *from, struct ip ip[SNAPSHOT_MAX_IPS],
		    size_t *out_n)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n_ingress; i++) {
		if (n == SNAPSHOT_MAX_IPS || ip_parse(from->ingress[i], &ip[n]) != 0)
			return -EINVAL;
		n += !is_among(&ip[n], ip, n);
	}
	*out_n = n;
	return 0;
}

static void take_ips(struct snapshot *s, struct snapshot_service *service,
		     const struct kube_service *from)
{
	struct ip ip[SNAPSHOT_MAX_IPS];
	const char *reason;
	size_t n = 0;

	service->invalid = read_ips(from, ip, &n) != 0;
	reason = service->invalid ? table_reason_word(TABLE_INVALID_IP) :
		 n == 0		  ? "noIPAllocated" :
				    "loadBalancerIPChanged";
	for (size_t i = 0; i < service->n_row; i++)
		if (!is_among(&service->row[i]->ip, ip, n))
			end_hold(s, service->row[i], service, reason);
	service->row = mem_resize(service->row, n, sizeof(struct snapshot_row *));
	for (size_t i = 0; i < n; i++) {
		struct snapshot_row *row = row_for(s, &ip[i]);

		hold_row(row, service);
		row->touched = true;
		mark_dirty(s, row);
		service->row[i] = row;
	}
	service->n_row = (uint8_t)n;
}

/* Why we have nothing to do with it, or NULL: it is ours. */
static const char *not_ours(const struct snapshot *s, const struct kube_service *from)
{
	const char *class = from->class ? from->class : "";

	if (!from->is_load_balancer)
		return "notLoadBalancer";
	if (strcmp(class, s->class ? s->class : "") != 0)
		return "otherClass";
	return NULL;
}

static void leave(struct snapshot *s, const char *key, const char *reason)
{
	struct snapshot_service *service = strmap_get(&s->service, key);

	if (!service || !service->present)
		return;
	for (size_t i = 0; i < service->n_row; i++)
		end_hold(s, service->row[i], service, reason);
	service->n_row = 0;
	service->present = service->invalid = false;
	drop_unused(s, service);
}

static bool make_key(const struct kube_meta *meta, const char *name,
		     char out_key[SNAPSHOT_KEY_MAX])
{
	size_t n_space = meta->namespace ? strlen(meta->namespace) : 0;
	size_t n_name = name ? strlen(name) : 0;

	if (n_space == 0 || n_name == 0 || n_space + n_name + 2 > SNAPSHOT_KEY_MAX)
		return false;
	memcpy(out_key, meta->namespace, n_space);
	out_key[n_space] = '/';
	memcpy(out_key + n_space + 1, name, n_name + 1);
	return true;
}

void snapshot_on_service(struct snapshot *s, const struct kube_service *from)
{
	char key[SNAPSHOT_KEY_MAX];
	struct snapshot_service *service;
	const char *reason = not_ours(s, from);

	if (!make_key(&from->meta, from->meta.name, key)) {
		s->n_refused++;
		return;
	}
	if (reason) {
		leave(s, key, reason);
		return;
	}
	service = service_for(s, key);
	if (!service)
		return;
	service->present = true;
	service->local = from->local_policy;
	service->shares = kube_label_find(&from->annotations, "metallb.io/" SHARE) ||
			  kube_label_find(&from->annotations, "metallb.universe.tf/" SHARE);
	free(service->labels.at);
	service->labels = kube_labels_pack(&from->labels);
	memset(service->uid, 0, sizeof(service->uid));
	if (from->meta.uid && strlen(from->meta.uid) < sizeof(service->uid))
		memcpy(service->uid, from->meta.uid, strlen(from->meta.uid));
	take_ips(s, service, from);
}

void snapshot_on_service_gone(struct snapshot *s, const char *key)
{
	leave(s, key, "serviceDeleted");
}

/* Endpoints. */

static void unlink_slice(struct snapshot *s, struct snapshot_slice *slice)
{
	struct snapshot_slice **link = &slice->service->slice;

	while (*link != slice)
		link = &(*link)->next;
	*link = slice->next;
	for (size_t i = 0; i < slice->n_node; i++)
		nodes_unref(&s->nodes, slice->node[i]);
	mark_service(s, slice->service);
	drop_unused(s, slice->service);
}

static struct snapshot_slice *compact(struct snapshot *s, const struct kube_endpoints *from)
{
	bool seen[TABLE_MAX_NODES] = { false };
	struct snapshot_slice *slice;
	size_t n = from->n < TABLE_MAX_NODES ? from->n : TABLE_MAX_NODES;

	slice = mem_new(1, sizeof(*slice) + n * sizeof(slice->node[0]));
	for (size_t i = 0; i < from->n; i++) {
		uint16_t number;

		if (!from->at[i].servable)
			continue;
		slice->servable = true;
		number = nodes_ref(&s->nodes, from->at[i].node);
		if (number == NODES_NONE)
			continue;
		if (seen[number])
			nodes_unref(&s->nodes, number);
		else
			slice->node[slice->n_node++] = number;
		seen[number] = true;
	}
	return mem_resize(slice, 1, sizeof(*slice) + slice->n_node * sizeof(slice->node[0]));
}

void snapshot_on_endpoints_gone(struct snapshot *s, const char *key)
{
	struct snapshot_slice *slice = strmap_remove(&s->slice, key);

	if (!slice)
		return;
	unlink_slice(s, slice);
	free(slice);
}

void snapshot_on_endpoints(struct snapshot *s, const struct kube_endpoints *from)
{
	char key[SNAPSHOT_KEY_MAX], service_key[SNAPSHOT_KEY_MAX];
	struct snapshot_service *service;
	struct snapshot_slice *slice;

	if (!make_key(&from->meta, from->meta.name, key))
		return;
	if (!make_key(&from->meta, from->service, service_key)) {
		snapshot_on_endpoints_gone(s, key);
		return;
	}
	slice = compact(s, from); /* first: its nodes keep their numbers while the old one goes */
	snapshot_on_endpoints_gone(s, key);
	service = s->slice.n < SNAPSHOT_MAX_SLICES ? service_for(s, service_key) : NULL;
	if (!service) {
		s->n_refused++;
		for (size_t i = 0; i < slice->n_node; i++)
			nodes_unref(&s->nodes, slice->node[i]);
		free(slice);
		return;
	}
	slice->service = service;
	slice->next = service->slice;
	service->slice = slice;
	strmap_put(&s->slice, key, slice);
	mark_service(s, service);
}

/* Nodes and configuration. */

void snapshot_on_node(struct snapshot *s, const struct kube_node *node)
{
	if (nodes_on_node(&s->nodes, node))
		mark_all(s);
}

void snapshot_on_node_gone(struct snapshot *s, const char *name)
{
	if (nodes_on_gone(&s->nodes, name))
		mark_all(s);
}

void snapshot_on_config(struct snapshot *s, const struct config *config)
{
	s->config = config;
	mark_all(s);
}
