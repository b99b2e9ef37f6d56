/* status_read - see status_read.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/status_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_time.h"

static char *text_of(const json_t *json, const char *name)
{
	return mem_strdup(json_string_value(json_object_get(json, name)));
}

static bool is_on(const json_t *json, const char *name)
{
	return json_is_true(json_object_get(json, name));
}

static int64_t number_of(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

static void take_words(const json_t *json, const char *name, struct view_words *out)
{
	const json_t *list = json_object_get(json, name), *entry;
	size_t i;

	json_array_foreach (list, i, entry)
		if (json_is_string(entry))
			view_words_add(out, json_string_value(entry));
}

static int by_ip(const void *a, const void *b)
{
	return ip_compare(&((const struct view_address *)a)->ip,
			  &((const struct view_address *)b)->ip);
}

/* ---- lists ---- */

/* False, and the entry is as zeroed as it was: what the page says is of no use. */
typedef bool take_fn(const json_t *entry, void *out_entry);

static bool take_address(const json_t *entry, void *out_entry)
{
	const char *ip = json_string_value(json_object_get(entry, "ip"));
	const char *since = json_string_value(json_object_get(entry, "since"));
	struct view_address *a = out_entry;

	if (!ip || ip_parse(ip, &a->ip) != 0)
		return false;
	if (since && kube_time_parse(since, &a->since_us) != 0)
		a->since_us = 0;
	take_words(entry, "services", &a->service);
	take_words(entry, "interfaces", &a->interface);
	take_words(entry, "claimants", &a->claimant);
	a->pool = text_of(entry, "pool");
	a->state = text_of(entry, "state");
	a->owner = text_of(entry, "owner");
	a->next = text_of(entry, "next");
	a->reason = text_of(entry, "reason");
	a->message = text_of(entry, "message");
	a->label_ignored = is_on(entry, "excludeLabelIgnored");
	return true;
}

static bool take_service(const json_t *entry, void *out_entry)
{
	const json_t *overwritten = json_object_get(entry, "overwrittenAgoMs");
	struct view_service *service = out_entry;

	service->key = text_of(entry, "service");
	if (!service->key)
		return false;
	take_words(entry, "addresses", &service->address);
	service->reason = text_of(entry, "reason");
	service->message = text_of(entry, "message");
	service->overwritten_ms = json_is_integer(overwritten) ? json_integer_value(overwritten) : -1;
	return true;
}

static bool take_member(const json_t *entry, void *out_entry)
{
	struct view_member *member = out_entry;
	const json_t *ms;
	size_t i;

	member->name = text_of(entry, "name");
	if (!member->name)
		return false;
	member->alive = is_on(entry, "alive");
	member->self = is_on(entry, "self");
	json_array_foreach (json_object_get(entry, "returnsAgoMs"), i, ms)
		if (i < VIEW_RETURNS)
			member->returned_ms[member->n_returned++] = json_integer_value(ms);
	return true;
}

static bool take_link(const json_t *entry, void *out_entry)
{
	struct view_link *link = out_entry;

	link->name = text_of(entry, "name");
	if (!link->name)
		return false;
	link->mac = text_of(entry, "mac");
	link->usable = is_on(entry, "usable");
	take_words(entry, "subnets", &link->subnet);
	return true;
}

static bool take_pool(const json_t *entry, void *out_entry)
{
	struct view_pool *pool = out_entry;

	pool->name = text_of(entry, "name");
	if (!pool->name)
		return false;
	pool->size = number_of(entry, "size");
	pool->used = number_of(entry, "used");
	return true;
}

/* The entries of a list that are of use, each size bytes large; NULL: there are none. */
static void *take_list(const json_t *list, size_t size, take_fn *take, size_t *out_n)
{
	char *at = json_array_size(list) > 0 ? mem_new(json_array_size(list), size) : NULL;
	const json_t *entry;
	size_t i, n = 0;

	json_array_foreach (list, i, entry)
		n += take(entry, at + n * size);
	*out_n = n;
	return at;
}

static void take_lists(const json_t *root, struct view_status *s)
{
	s->address = take_list(json_object_get(root, "addresses"), sizeof(*s->address), take_address,
			       &s->n_address);
	s->service = take_list(json_object_get(root, "services"), sizeof(*s->service), take_service,
			       &s->n_service);
	s->member = take_list(json_object_get(root, "members"), sizeof(*s->member), take_member,
			      &s->n_member);
	s->link = take_list(json_object_get(root, "links"), sizeof(*s->link), take_link, &s->n_link);
	s->pool = take_list(json_object_get(root, "pools"), sizeof(*s->pool), take_pool, &s->n_pool);
	if (s->n_address > 0)
		qsort(s->address, s->n_address, sizeof(*s->address), by_ip);
}

static void take_ring(const json_t *ring, struct view_ring *out)
{
	const json_t *troubles = json_object_get(ring, "troubles");

	out->state = text_of(ring, "state");
	out->message = text_of(ring, "message");
	take_words(ring, "keyIds", &out->key_id);
	take_words(ring, "indirect", &out->indirect);
	out->n_differ = number_of(ring, "tablesDiffer");
	out->not_opened = number_of(troubles, "notOpened");
	out->not_sealed = number_of(troubles, "notSealed");
	out->malformed = number_of(troubles, "malformed");
	out->name_clash = number_of(troubles, "nameClash");
	out->address_clash = number_of(troubles, "addressClash");
	out->not_reached = number_of(troubles, "notReached");
}

static void take_sources(const json_t *root, struct view_status *s)
{
	const json_t *config = json_object_get(root, "config"), *api = json_object_get(root, "api");

	s->config_source = text_of(config, "source");
	s->config_hash = text_of(config, "hash");
	s->config_error = text_of(config, "error");
	s->config_line = number_of(config, "line");
	s->config_loaded = is_on(config, "loaded");
	s->config_stale = is_on(config, "stale");
	s->api_server = text_of(api, "server");
	s->api_trouble = text_of(api, "trouble");
	take_words(api, "denied", &s->denied);
}

static struct view_status *status_of(const json_t *root)
{
	struct view_status *s = mem_new(1, sizeof(*s));

	s->schema = number_of(root, "schema");
	s->component = text_of(root, "component");
	s->version = text_of(root, "version");
	s->node = text_of(root, "node");
	s->role = text_of(root, "role");
	s->leader = text_of(root, "leader");
	s->ready = is_on(root, "ready");
	s->up_ms = number_of(json_object_get(root, "agent"), "upMs");
	take_words(root, "notes", &s->note);
	take_words(json_object_get(root, "host"), "troubles", &s->host_trouble);
	take_sources(root, s);
	take_lists(root, s);
	take_ring(json_object_get(root, "ring"), &s->ring);
	return s;
}

int status_read(const char *bytes, size_t n, struct view_status **out_status, struct text *out_error)
{
	json_error_t error;
	json_t *root = json_loadb(bytes, n, 0, &error);
	int64_t schema = number_of(root, "schema");
	int rc = -EINVAL;

	if (!root)
		text_addf(out_error, "its status page is not JSON (%s): is another program on its port?",
			  error.text);
	else if (schema == 0)
		text_add(out_error, "its status page is none of TinLB's: is another program on its port?");
	else if (schema != STATUS_READ_SCHEMA)
		text_addf(out_error, "its status page has schema %lld, and this tinlb knows %d: use the "
			  "tinlb of its version", (long long)schema, STATUS_READ_SCHEMA);
	else
		rc = 0;
	if (rc == 0)
		*out_status = status_of(root);
	json_decref(root);
	return rc;
}
