/* decide - see decide.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/decide.h"

#include <string.h>

#include "common/core/hash.h"
#include "config/core/config_reach.h"
#include "speaker/agent/core/elect.h"

struct wanted { /* nodes that a row's services would have */
	bool node[TABLE_MAX_NODES];
	unsigned weight[TABLE_MAX_NODES];
	bool uncovered; /* one more was wanted, and no advertisement covers it */
};

struct gathering {
	struct wanted wanted;
	const struct config_pool *pool; /* of the row */
	struct config_reach reach;      /* of the node looked at last */
	uint64_t names;                 /* hash of the interfaces of the first one */
	bool any;
	struct decision *d;
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
	const struct config_pool *pool;
	bool selects;

	if (service->invalid)
		return TABLE_INVALID_IP;
	if (!s->config)
		return TABLE_NO_CONFIG;
	pool = pool_of_service(s, service);
	if (!pool)
		return TABLE_IP_NOT_ALLOWED;
	if (!config_is_advertised(s->config, pool, &service->labels, &selects))
		return TABLE_NO_ADVERTISEMENT;
	if (service->shares && selects)
		return TABLE_SHARED_SELECTED;
	return has_endpoints(s, service);
}

/* The interfaces that the advertisements name for this node; of more than fit, the first. */
static void take_interfaces(const struct config_reach *reach, struct decision *d)
{
	d->n_interface = 0;
	for (size_t i = 0; i < reach->n_interface && d->n_interface < TABLE_MAX_INTERFACES; i++) {
		char *name = d->interface[d->n_interface++];

		memset(name, 0, TABLE_INTERFACE_NAME_MAX);
		memcpy(name, reach->interface[i],
		       strnlen(reach->interface[i], TABLE_INTERFACE_NAME_MAX - 1));
	}
}

static bool is_self(const struct snapshot *s, const struct nodes_node *node)
{
	return s->self && strcmp(node->name, s->self) == 0;
}

static uint64_t hash_names(const struct config_reach *reach)
{
	uint64_t hash = HASH_EMPTY;

	for (size_t i = 0; i < reach->n_interface; i++)
		hash = hash_text(hash_text(hash, reach->interface[i]), "/");
	return hash;
}

/* One node that the service would have, if an advertisement covers it. */
static void add_node(const struct snapshot *s, const struct snapshot_service *service, size_t at,
		     struct gathering *g)
{
	const struct nodes_node *node = &s->nodes.at[at];

	if (!node->known || g->wanted.node[at])
		return;
	if (config_advertises(s->config, g->pool, &service->labels, &node->labels, &g->reach) !=
	    CONFIG_COVERED) {
		g->wanted.uncovered = true;
		g->d->uncovers_self |= is_self(s, node);
		return;
	}
	if (g->any && hash_names(&g->reach) != g->names)
		g->d->differs = true;
	g->names = hash_names(&g->reach);
	g->any = true;
	g->wanted.node[at] = true;
	g->wanted.weight[at] = g->reach.weight;
	if (is_self(s, node))
		take_interfaces(&g->reach, g->d);
}

static void add_nodes(const struct snapshot *s, const struct snapshot_service *service,
		      struct gathering *g)
{
	for (size_t i = 0; !service->local && i < s->nodes.end; i++)
		add_node(s, service, i, g);
	for (const struct snapshot_slice *slice = service->slice; slice; slice = slice->next)
		for (size_t i = 0; i < slice->n_node; i++)
			add_node(s, service, slice->node[i], g);
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
					     struct gathering *g, enum table_reason *out_reason)
{
	const struct snapshot_service *yes = NULL, *no = NULL;

	for (size_t i = 0; i < row->n_hold; i++) {
		const struct snapshot_service *service = row->hold[i].service;

		if (row->hold[i].ended)
			continue;
		if (decide_service(s, service) == TABLE_OK) {
			add_nodes(s, service, g);
			yes = first_of(yes, service);
		} else {
			no = first_of(no, service);
		}
	}
	*out_reason = yes ? TABLE_OK : no ? decide_service(s, no) : TABLE_NO_ENDPOINTS;
	return yes;
}

/* Append the wanted nodes with this state of the label, best first. */
static void append(const struct snapshot *s, const struct wanted *wanted, bool excluded,
		   const char *key, struct decision *d)
{
	struct elect_candidate candidate[TABLE_MAX_NODES];
	size_t n = 0;

	for (size_t i = 0; i < s->nodes.end; i++) {
		const struct nodes_node *node = &s->nodes.at[i];

		if (!wanted->node[i] || node->unavailable ||
		    (node->excluded && !s->ignore_exclude) != excluded)
			continue;
		candidate[n].node = node->name;
		candidate[n].weight = wanted->weight[i];
		candidate[n++].index = (uint16_t)i;
	}
	elect_sort(candidate, n, key);
	for (size_t i = 0; i < n; i++)
		d->candidate[d->n_candidate++] = candidate[i].index;
}

static void elect(const struct snapshot *s, const struct wanted *wanted,
		  const struct snapshot_service *first, struct decision *d)
{
	char ip[IP_TEXT_MAX];
	const char *key = s->elect_by_name ? first->key : ip_format(&first->row[0]->ip, ip);

	append(s, wanted, false, key, d);
	d->n_first = d->n_candidate;
	append(s, wanted, true, key, d);
	if (d->n_candidate == 0)
		d->withheld = wanted->uncovered ? TABLE_NO_ADVERTISEMENT : TABLE_NO_CANDIDATE;
}

void decide_row(const struct snapshot *s, const struct snapshot_row *row,
		struct decision *out_decision)
{
	struct decision *d = out_decision;
	struct gathering g = { .pool = s->config ? config_pool_of(s->config, &row->ip) : NULL,
			       .d = d };
	const struct snapshot_service *first;

	d->uncovers_self = d->differs = false;
	d->n_interface = 0;
	d->n_candidate = d->n_first = 0;
	d->pool = g.pool ? g.pool->name : NULL;
	first = gather(s, row, &g, &d->withheld);
	config_reach_done(&g.reach);
	if (d->withheld == TABLE_NO_CONFIG || d->withheld == TABLE_IP_NOT_ALLOWED)
		return;
	if (row->ip.len != IP_V4)
		d->withheld = TABLE_IPV6;
	else if (nodes_have_ip(&s->nodes, &row->ip))
		d->withheld = TABLE_NODE_ADDRESS;
	if (d->withheld == TABLE_OK)
		elect(s, &g.wanted, first, d);
}

bool decide_is_last_resort(const struct decision *decision, uint16_t node)
{
	for (size_t i = decision->n_first; i < decision->n_candidate; i++)
		if (decision->candidate[i] == node)
			return true;
	return false;
}

enum table_reason decide_absence(const struct snapshot *s, const struct decision *decision)
{
	uint16_t node = s->self ? nodes_find(&s->nodes, s->self) : NODES_NONE;
	const struct nodes_node *at = node == NODES_NONE ? NULL : &s->nodes.at[node];

	for (size_t i = 0; i < decision->n_first; i++)
		if (decision->candidate[i] == node)
			return TABLE_OK;
	if (!at || !at->known || at->unavailable || (at->excluded && !s->ignore_exclude))
		return TABLE_NODE_EXCLUDED;
	return decision->uncovers_self ? TABLE_NOT_ADVERTISED_HERE : TABLE_NO_LOCAL_ENDPOINT_HERE;
}
