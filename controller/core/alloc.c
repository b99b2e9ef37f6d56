/* alloc - see alloc.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/ipmap.h"
#include "common/core/strmap.h"
#include "controller/core/freeset.h"

struct alloc_address { /* one that somebody holds */
	struct ip ip;
	struct alloc_holding *first;
};

struct shared { /* addresses held under one sharing key, ascending */
	struct alloc_address **at;
	size_t n, cap;
};

struct pool_state {
	struct freeset *taken; /* for each range: held, or a node's own */
	uint64_t n_used[2];    /* distinct addresses in use, IPv4 and IPv6 */
};

struct span { /* of one range, to find the pool of an address quickly */
	struct ip_range range;
	size_t pool, at;
};

struct alloc {
	const struct config *config;
	struct pool_state *pool; /* as the config's */
	struct span *span;       /* ascending */
	size_t n_span;
	struct strmap shared;   /* sharing key -> struct shared */
	struct ipmap addresses; /* struct alloc_address */
	struct ipmap nodes;     /* the alloc itself, as a mark */
	struct ip *node_ip;
	size_t n_node_ip;
};

static int by_first(const void *a, const void *b)
{
	return ip_compare(&((const struct span *)a)->range.first,
			  &((const struct span *)b)->range.first);
}

struct alloc *alloc_new(const struct config *config)
{
	struct alloc *a = mem_new(1, sizeof(*a));
	size_t n = 0;

	a->config = config;
	a->pool = mem_new(config->n_pool, sizeof(*a->pool));
	for (size_t i = 0; i < config->n_pool; i++) {
		a->pool[i].taken = mem_new(config->pool[i].n_range, sizeof(*a->pool[i].taken));
		n += config->pool[i].n_range;
	}
	a->span = mem_new(n, sizeof(*a->span));
	for (size_t i = 0; i < config->n_pool; i++)
		for (size_t k = 0; k < config->pool[i].n_range; k++)
			a->span[a->n_span++] = (struct span){ config->pool[i].range[k], i, k };
	qsort(a->span, a->n_span, sizeof(*a->span), by_first);
	return a;
}

static void address_free(struct alloc_address *address)
{
	for (struct alloc_holding *h = address->first; h; h = h->next)
		h->holder->n_ip = 0;
	free(address);
}

static void shared_free(struct shared *shared)
{
	free(shared->at);
	free(shared);
}

void alloc_free(struct alloc *a)
{
	const char *key;
	void *value;

	if (!a)
		return;
	for (size_t at = 0; (value = ipmap_next(&a->addresses, &at));)
		address_free(value);
	for (size_t at = 0; strmap_next(&a->shared, &at, &key, &value);)
		shared_free(value);
	for (size_t i = 0; i < a->config->n_pool; i++) {
		for (size_t k = 0; k < a->config->pool[i].n_range; k++)
			freeset_done(&a->pool[i].taken[k]);
		free(a->pool[i].taken);
	}
	strmap_done(&a->shared);
	ipmap_done(&a->addresses);
	ipmap_done(&a->nodes);
	free(a->node_ip);
	free(a->pool);
	free(a->span);
	free(a);
}

static const struct span *find_span(const struct alloc *a, const struct ip *ip)
{
	size_t low = 0, high = a->n_span;

	while (low < high) { /* the last span that begins at or before ip */
		size_t middle = low + (high - low) / 2;

		if (ip_compare(&a->span[middle].range.first, ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || !ip_range_contains(&a->span[low - 1].range, ip))
		return NULL;
	return &a->span[low - 1];
}

static struct alloc_address *address_at(const struct alloc *a, const struct ip *ip)
{
	return ipmap_get(&a->addresses, ip);
}

static bool is_node_address(const struct alloc *a, const struct ip *ip)
{
	return ipmap_get(&a->nodes, ip) != NULL;
}

/* ---- taken or free ---- */

static void mark(struct alloc *a, const struct ip *ip, bool taken)
{
	const struct span *span = find_span(a, ip);
	uint64_t offset = span ? ip_range_offset(&span->range, ip) : UINT64_MAX;
	struct freeset *set;

	if (offset == UINT64_MAX)
		return;
	set = &a->pool[span->pool].taken[span->at];
	if (taken)
		freeset_take(set, offset);
	else
		freeset_release(set, offset);
}

void alloc_set_node_addresses(struct alloc *a, const struct ip *ip, size_t n)
{
	for (size_t i = 0; i < a->n_node_ip; i++)
		if (!address_at(a, &a->node_ip[i]))
			mark(a, &a->node_ip[i], false);
	ipmap_done(&a->nodes);
	a->node_ip = mem_resize(a->node_ip, n, sizeof(*ip));
	a->n_node_ip = n;
	for (size_t i = 0; i < n; i++) {
		a->node_ip[i] = ip[i];
		ipmap_put(&a->nodes, &ip[i], a);
		mark(a, &ip[i], true);
	}
}

/* ---- may it be had ---- */

static int by_port(const void *a, const void *b)
{
	const struct alloc_port *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return strcmp(x->protocol, y->protocol);
}

void alloc_sort_ports(struct alloc_port *port, size_t n)
{
	if (n > 1)
		qsort(port, n, sizeof(*port), by_port);
}

static bool port_clash(const struct alloc_holder *a, const struct alloc_holder *b,
		       struct alloc_port *out_port)
{
	size_t i = 0, k = 0;

	while (i < a->n_port && k < b->n_port) {
		int order = by_port(&a->port[i], &b->port[k]);

		if (order == 0) {
			*out_port = a->port[i];
			return true;
		}
		i += order < 0;
		k += order > 0;
	}
	return false;
}

static struct alloc_refusal check_sharing(const struct alloc_address *address,
					  const struct alloc_holder *who)
{
	struct alloc_refusal refusal = { .verdict = ALLOC_OK };

	for (const struct alloc_holding *h = address->first; h; h = h->next) {
		const struct alloc_holder *other = h->holder;

		if (other == who)
			continue;
		refusal.other = other->key;
		if (!*who->sharing || strcmp(who->sharing, other->sharing) != 0)
			refusal.verdict = ALLOC_KEY;
		else if (strcmp(who->backend, other->backend) != 0)
			refusal.verdict = ALLOC_BACKEND;
		else if (port_clash(who, other, &refusal.port))
			refusal.verdict = ALLOC_PORT;
		else
			continue;
		return refusal;
	}
	return (struct alloc_refusal){ .verdict = ALLOC_OK };
}

struct alloc_refusal alloc_check(const struct alloc *a, const struct alloc_holder *who,
				 const struct ip *ip)
{
	const struct span *span = find_span(a, ip);
	const struct alloc_address *address;

	if (!span)
		return (struct alloc_refusal){ .verdict = ALLOC_OUTSIDE };
	if (a->config->pool[span->pool].avoid_buggy && config_ip_is_buggy(ip))
		return (struct alloc_refusal){ .verdict = ALLOC_BUGGY };
	if (is_node_address(a, ip))
		return (struct alloc_refusal){ .verdict = ALLOC_NODE_ADDRESS };
	address = address_at(a, ip);
	return address ? check_sharing(address, who) :
			 (struct alloc_refusal){ .verdict = ALLOC_OK };
}

/* Lowest free address of a range, as its offset. */
static bool find_free(const struct alloc *a, const struct config_pool *pool, size_t at,
		      uint64_t *out_offset)
{
	const struct freeset *taken = &a->pool[pool - a->config->pool].taken[at];
	uint64_t size = ip_range_size(&pool->range[at]), offset = 0;
	struct ip ip;

	while (freeset_next(taken, offset, &offset) && offset < size) {
		if (!ip_add(&pool->range[at].first, offset, &ip))
			return false;
		if (!pool->avoid_buggy || !config_ip_is_buggy(&ip)) {
			*out_offset = offset;
			return true;
		}
		offset++;
	}
	return false;
}

/* Lowest shared address of a range that it may join. */
static bool find_shared(const struct alloc *a, const struct alloc_holder *who,
			const struct ip_range *range, struct ip *out_ip)
{
	const struct shared *shared = *who->sharing ? strmap_get(&a->shared, who->sharing) : NULL;

	for (size_t i = 0; shared && i < shared->n; i++) {
		const struct alloc_address *address = shared->at[i];

		if (ip_range_contains(range, &address->ip) &&
		    alloc_check(a, who, &address->ip).verdict == ALLOC_OK) {
			*out_ip = address->ip;
			return true;
		}
	}
	return false;
}

bool alloc_find(const struct alloc *a, const struct alloc_holder *who, const struct config_pool *pool,
		uint8_t ip_len, struct ip *out_ip)
{
	for (size_t i = 0; i < pool->n_range; i++) {
		struct ip shared, fresh;
		uint64_t offset;
		bool has_shared, has_fresh;

		if (pool->range[i].first.len != ip_len)
			continue;
		has_shared = find_shared(a, who, &pool->range[i], &shared);
		has_fresh = find_free(a, pool, i, &offset) &&
			    ip_add(&pool->range[i].first, offset, &fresh);
		if (!has_shared && !has_fresh)
			continue;
		*out_ip = has_shared && (!has_fresh || ip_compare(&shared, &fresh) < 0) ? shared :
											  fresh;
		return true;
	}
	return false;
}

/* ---- holding ---- */

/* The first of the key's addresses that is not below ip. */
static size_t shared_place(const struct shared *shared, const struct ip *ip)
{
	size_t low = 0, high = shared->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ip_compare(&shared->at[middle]->ip, ip) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void list_shared(struct alloc *a, const char *key, struct alloc_address *address)
{
	struct shared *shared = strmap_get(&a->shared, key);
	size_t i;

	if (!shared) {
		shared = mem_new(1, sizeof(*shared));
		strmap_put(&a->shared, key, shared);
	}
	i = shared_place(shared, &address->ip);
	shared->at = mem_grow(shared->at, shared->n, &shared->cap, sizeof(struct alloc_address *));
	memmove(&shared->at[i + 1], &shared->at[i], (shared->n - i) * sizeof(struct alloc_address *));
	shared->at[i] = address;
	shared->n++;
}

static void unlist_shared(struct alloc *a, const char *key, const struct alloc_address *address)
{
	struct shared *shared = strmap_get(&a->shared, key);
	size_t i = shared_place(shared, &address->ip);

	CHECK(i < shared->n && shared->at[i] == address);
	shared->n--;
	memmove(&shared->at[i], &shared->at[i + 1], (shared->n - i) * sizeof(struct alloc_address *));
	if (shared->n == 0) {
		strmap_remove(&a->shared, key);
		shared_free(shared);
	}
}

/* All holders of an address have the same key: the first to come lists it, the last unlists it. */
static void join(struct alloc *a, struct alloc_holder *who, const struct ip *ip)
{
	const struct span *span = find_span(a, ip);
	struct alloc_address *address = address_at(a, ip);
	struct alloc_holding *holding = &who->holding[who->n_ip++];

	CHECK(span != NULL);
	if (!address) {
		address = mem_new(1, sizeof(*address));
		address->ip = *ip;
		ipmap_put(&a->addresses, ip, address);
		a->pool[span->pool].n_used[ip->len == IP_V6]++;
		mark(a, ip, true);
		if (*who->sharing)
			list_shared(a, who->sharing, address);
	}
	*holding = (struct alloc_holding){ who, address, address->first };
	address->first = holding;
}

static void part(struct alloc *a, const struct alloc_holding *holding)
{
	struct alloc_address *address = holding->address;
	const struct span *span = find_span(a, &address->ip);
	struct alloc_holding **at = &address->first;

	CHECK(span != NULL);
	while (*at != holding)
		at = &(*at)->next;
	*at = holding->next;
	if (address->first)
		return;
	if (*holding->holder->sharing)
		unlist_shared(a, holding->holder->sharing, address);
	ipmap_remove(&a->addresses, &address->ip);
	a->pool[span->pool].n_used[address->ip.len == IP_V6]--;
	if (!is_node_address(a, &address->ip))
		mark(a, &address->ip, false);
	free(address);
}

void alloc_release(struct alloc *a, struct alloc_holder *who)
{
	for (size_t i = 0; i < who->n_ip; i++)
		part(a, &who->holding[i]);
	who->n_ip = 0;
}

void alloc_hold(struct alloc *a, struct alloc_holder *who, const struct ip *ip, size_t n)
{
	CHECK(n > 0 && n <= ALLOC_MAX_IPS);
	alloc_release(a, who);
	for (size_t i = 0; i < n; i++)
		join(a, who, &ip[i]);
}

size_t alloc_held(const struct alloc_holder *who, struct ip out_ip[ALLOC_MAX_IPS])
{
	for (size_t i = 0; i < who->n_ip; i++)
		out_ip[i] = who->holding[i].address->ip;
	return who->n_ip;
}

uint64_t alloc_n_used(const struct alloc *a, const struct config_pool *pool, uint8_t ip_len)
{
	const uint64_t *n_used = a->pool[pool - a->config->pool].n_used;

	if (ip_len == 0)
		return n_used[0] + n_used[1];
	return n_used[ip_len == IP_V6];
}
