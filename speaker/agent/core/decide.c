/* decide - see decide.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/decide.h"

#include <string.h>

#include "speaker/agent/core/elect.h"

struct wanted { /* nodes that a row's services would have */
	bool node[TABLE_MAX_NODES];
};

static const struct config_pool *pool_of_service(const struct snapshot *s,
						 const struct snapshot_service *service)
{
	const struct config_pool *pool = NULL;

	for (size_t i = 0; i < service->n_row; i++) {
		const struct config_pool *found = config_pool_of(s->config, &service->row[i]->ip);

		if (!found || (pool && found != pool))
			return NULL;
		pool = found;
	}
	return pool;
}

static enum table_reason has_endpoints(const struct snapshot *s,
				       const struct snapshot_service *service)
{
	bool servable = false;

	for (const struct snapshot_slice *slice = service->slice; slice; slice = slice->next) {
		if (slice->servable && !service->local)
			return TABLE_OK;
		servable |= slice->servable;
		for (size_t i = 0; i < slice->n_node; i++)
			if (s->nodes.at[slice->node[i]].known)
				return TABLE_OK;
	}
	return servable ? TABLE_NO_LOCAL_ENDPOINTS : TABLE_NO_ENDPOINTS;
}

enum table_reason decide_service(const struct snapshot *s, const struct snapshot_service *service)
{
	if (service->invalid)
		return TABLE_INVALID_IP;
	if (!s->config)
		return TABLE_NO_CONFIG;
	if (!pool_of_service(s, service))
		return TABLE_IP_NOT_ALLOWED;
	return has_endpoints(s, service);
}

static void add_nodes(const struct snapshot *s, const struct snapshot_service *service,
		      struct wanted *wanted)
{
	for (size_t i = 0; !service->local && i < s->nodes.end; i++)
		wanted->node[i] |= s->nodes.at[i].known;
	for (const struct snapshot_slice *slice = service->slice; slice; slice = slice->next)
		for (size_t i = 0; i < slice->n_node; i++)
			wanted->node[slice->node[i]] |= s->nodes.at[slice->node[i]].known;
}

/* Of two services the one whose key comes first; either may be NULL. */
static const struct snapshot_service *first_of(const struct snapshot_service *a,
					       const struct snapshot_service *b)
{
	if (!a || !b)
		return a ? a : b;
	return strcmp(a->key, b->key) <= 0 ? a : b;
}

/* The service that names the election, or NULL and the reason why none counts. */
static const struct snapshot_service *gather(const struct snapshot *s,
					     const struct snapshot_row *row,
					     struct wanted *wanted, enum table_reason *out_reason)
{
	const struct snapshot_service *yes = NULL, *no = NULL;

	for (size_t i = 0; i < row->n_hold; i++) {
		const struct snapshot_service *service = row->hold[i].service;

		if (row->hold[i].ended)
			continue;
		if (decide_service(s, service) == TABLE_OK) {
			add_nodes(s, service, wanted);
			yes = first_of(yes, service);
		} else {
			no = first_of(no, service);
		}
	}
	*out_reason = yes ? TABLE_OK : no ? decide_service(s, no) : TABLE_NO_ENDPOINTS;
	return yes;
}

/* Append the wanted nodes with this state of the label, best first; true: one is ready. */
static bool append(const struct snapshot *s, const struct wanted *wanted, bool excluded,
		   const char *key, struct decision *d)
{
	struct elect_candidate candidate[TABLE_MAX_NODES];
	bool ready = false;
	size_t n = 0;

	for (size_t i = 0; i < s->nodes.end; i++) {
		const struct nodes_node *node = &s->nodes.at[i];

		if (!wanted->node[i] || node->unavailable ||
		    (node->excluded && !s->ignore_exclude) != excluded)
			continue;
		candidate[n].node = node->name;
		candidate[n++].index = (uint16_t)i;
		ready |= node->ready;
	}
	elect_sort(candidate, n, key);
	for (size_t i = 0; i < n; i++)
		d->candidate[d->n_candidate++] = candidate[i].index;
	return ready;
}

static void elect(const struct snapshot *s, const struct wanted *wanted,
		  const struct snapshot_service *first, struct decision *d)
{
	char ip[IP_TEXT_MAX];
	const char *key = s->elect_by_name ? first->key : ip_format(&first->row[0]->ip, ip);
	uint16_t n;

	if (append(s, wanted, false, key, d))
		return;
	n = d->n_candidate;
	append(s, wanted, true, key, d);
	d->label_ignored = d->n_candidate > n;
	if (d->n_candidate == 0)
		d->withheld = TABLE_NO_CANDIDATE;
}

void decide_row(const struct snapshot *s, const struct snapshot_row *row,
		struct decision *out_decision)
{
	struct wanted wanted = { 0 };
	struct decision *d = out_decision;
	const struct config_pool *pool = s->config ? config_pool_of(s->config, &row->ip) : NULL;
	const struct snapshot_service *first = gather(s, row, &wanted, &d->withheld);

	d->label_ignored = false;
	d->pool = pool ? pool->name : NULL;
	d->n_candidate = 0;
	if (d->withheld == TABLE_NO_CONFIG || d->withheld == TABLE_IP_NOT_ALLOWED)
		return;
	if (row->ip.len != IP_V4)
		d->withheld = TABLE_IPV6;
	else if (nodes_have_ip(&s->nodes, &row->ip))
		d->withheld = TABLE_NODE_ADDRESS;
	if (d->withheld == TABLE_OK)
		elect(s, &wanted, first, d);
}

enum table_reason decide_absence(const struct snapshot *s, const struct decision *decision,
				 uint16_t node)
{
	const struct nodes_node *at = node == NODES_NONE ? NULL : &s->nodes.at[node];

	for (size_t i = 0; i < decision->n_candidate; i++)
		if (decision->candidate[i] == node)
			return TABLE_OK;
	if (!at || !at->known || at->unavailable || (at->excluded && !s->ignore_exclude))
		return TABLE_NODE_EXCLUDED;
	return TABLE_NO_LOCAL_ENDPOINT_HERE;
}
