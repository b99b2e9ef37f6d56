/* alloc - see alloc.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/strmap.h"
#include "controller/core/freeset.h"

struct holder {
	struct alloc_who who;
	struct ip ip[ALLOC_MAX_IPS];
	size_t n_ip;
};

struct address { /* one that somebody holds */
	struct ip ip;
	struct holder **holder;
	size_t n, cap;
};

struct range_state {
	struct freeset taken;    /* held, or a node's own */
	struct address **shared; /* held under a sharing key, ascending */
	size_t n_shared, cap_shared;
};

struct pool_state {
	struct range_state *range; /* as the pool's */
	uint64_t n_used[2];        /* distinct addresses in use, IPv4 and IPv6 */
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
	struct strmap holders;   /* key -> struct holder */
	struct strmap addresses; /* text -> struct address */
	struct strmap nodes;     /* text -> &node_mark */
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
		a->pool[i].range = mem_new(config->pool[i].n_range, sizeof(*a->pool[i].range));
		n += config->pool[i].n_range;
	}
	a->span = mem_new(n, sizeof(*a->span));
	for (size_t i = 0; i < config->n_pool; i++)
		for (size_t k = 0; k < config->pool[i].n_range; k++)
			a->span[a->n_span++] = (struct span){ config->pool[i].range[k], i, k };
	qsort(a->span, a->n_span, sizeof(*a->span), by_first);
	return a;
}

static void address_free(struct address *address)
{
	free(address->holder);
	free(address);
}

void alloc_free(struct alloc *a)
{
	const char *key;
	void *value;

	if (!a)
		return;
	for (size_t at = 0; strmap_next(&a->holders, &at, &key, &value);)
		free(value);
	for (size_t at = 0; strmap_next(&a->addresses, &at, &key, &value);)
		address_free(value);
	for (size_t i = 0; i < a->config->n_pool; i++) {
		for (size_t k = 0; k < a->config->pool[i].n_range; k++) {
			freeset_done(&a->pool[i].range[k].taken);
			free(a->pool[i].range[k].shared);
		}
		free(a->pool[i].range);
	}
	strmap_done(&a->holders);
	strmap_done(&a->addresses);
	strmap_done(&a->nodes);
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

static struct range_state *state_of(const struct alloc *a, const struct span *span)
{
	return &a->pool[span->pool].range[span->at];
}

static struct address *address_at(const struct alloc *a, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return strmap_get(&a->addresses, ip_format(ip, text));
}

static bool is_node_address(const struct alloc *a, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return strmap_get(&a->nodes, ip_format(ip, text)) != NULL;
}

/* ---- taken or free ---- */

static void mark(struct alloc *a, const struct ip *ip, bool taken)
{
	const struct span *span = find_span(a, ip);
	uint64_t offset = span ? ip_range_offset(&span->range, ip) : UINT64_MAX;

	if (offset == UINT64_MAX)
		return;
	if (taken)
		freeset_take(&state_of(a, span)->taken, offset);
	else
		freeset_release(&state_of(a, span)->taken, offset);
}

void alloc_set_node_addresses(struct alloc *a, const struct ip *ip, size_t n)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < a->n_node_ip; i++)
		if (!address_at(a, &a->node_ip[i]))
			mark(a, &a->node_ip[i], false);
	strmap_done(&a->nodes);
	a->node_ip = mem_resize(a->node_ip, n, sizeof(*ip));
	a->n_node_ip = n;
	for (size_t i = 0; i < n; i++) {
		a->node_ip[i] = ip[i];
		strmap_put(&a->nodes, ip_format(&ip[i], text), a);
		mark(a, &ip[i], true);
	}
}

/* ---- may it be had ---- */

static bool port_clash(const struct alloc_who *a, const struct alloc_who *b,
		       struct alloc_port *out_port)
{
	for (size_t i = 0; i < a->n_port; i++) {
		for (size_t k = 0; k < b->n_port; k++) {
			if (a->port[i].port != b->port[k].port ||
			    strcmp(a->port[i].protocol, b->port[k].protocol) != 0)
				continue;
			*out_port = a->port[i];
			return true;
		}
	}
	return false;
}

static struct alloc_refusal check_sharing(const struct address *address,
					  const struct alloc_who *who)
{
	struct alloc_refusal refusal = { .verdict = ALLOC_OK };

	for (size_t i = 0; i < address->n; i++) {
		const struct alloc_who *other = &address->holder[i]->who;

		if (strcmp(other->key, who->key) == 0)
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

struct alloc_refusal alloc_check(const struct alloc *a, const struct alloc_who *who,
				 const struct ip *ip)
{
	const struct span *span = find_span(a, ip);
	const struct address *address;

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

/* Lowest free address of a range, below `limit` addresses from its start. */
static bool find_free(const struct alloc *a, const struct config_pool *pool, size_t at,
		      uint64_t *out_offset)
{
	const struct range_state *state = &a->pool[pool - a->config->pool].range[at];
	uint64_t size = ip_range_size(&pool->range[at]), offset = 0;
	struct ip ip;

	while (freeset_next(&state->taken, offset, &offset) && offset < size) {
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

/* Lowest shared address of a range that this key may join. */
static bool find_shared(const struct range_state *state, const struct alloc_who *who,
			struct ip *out_ip)
{
	for (size_t i = 0; *who->sharing && i < state->n_shared; i++) {
		const struct address *address = state->shared[i];

		if (strcmp(address->holder[0]->who.sharing, who->sharing) == 0 &&
		    check_sharing(address, who).verdict == ALLOC_OK) {
			*out_ip = address->ip;
			return true;
		}
	}
	return false;
}

bool alloc_find(const struct alloc *a, const struct alloc_who *who, const struct config_pool *pool,
		uint8_t ip_len, struct ip *out_ip)
{
	for (size_t i = 0; i < pool->n_range; i++) {
		const struct range_state *state = &a->pool[pool - a->config->pool].range[i];
		struct ip shared, fresh;
		uint64_t offset;
		bool has_shared, has_fresh;

		if (pool->range[i].first.len != ip_len)
			continue;
		has_shared = find_shared(state, who, &shared);
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

static size_t shared_place(const struct range_state *state, const struct ip *ip)
{
	size_t i = 0;

	while (i < state->n_shared && ip_compare(&state->shared[i]->ip, ip) < 0)
		i++;
	return i;
}

/* Keep the range's list of shared addresses in step with the first holder of the address. */
static void list_shared(struct range_state *state, struct address *address, bool is_shared)
{
	size_t i = shared_place(state, &address->ip);
	bool listed = i < state->n_shared && state->shared[i] == address;

	if (listed == is_shared)
		return;
	if (is_shared) {
		state->shared = mem_grow(state->shared, state->n_shared, &state->cap_shared,
					 sizeof(struct address *));
		memmove(&state->shared[i + 1], &state->shared[i],
			(state->n_shared - i) * sizeof(struct address *));
		state->shared[i] = address;
		state->n_shared++;
	} else {
		state->n_shared--;
		memmove(&state->shared[i], &state->shared[i + 1],
			(state->n_shared - i) * sizeof(struct address *));
	}
}

static void join(struct alloc *a, struct holder *holder, const struct ip *ip)
{
	const struct span *span = find_span(a, ip);
	struct address *address = address_at(a, ip);
	char text[IP_TEXT_MAX];

	CHECK(span != NULL);
	if (!address) {
		address = mem_new(1, sizeof(*address));
		address->ip = *ip;
		strmap_put(&a->addresses, ip_format(ip, text), address);
		a->pool[span->pool].n_used[ip->len == IP_V6]++;
		mark(a, ip, true);
	}
	address->holder = mem_grow(address->holder, address->n, &address->cap,
				   sizeof(struct holder *));
	address->holder[address->n++] = holder;
	list_shared(state_of(a, span), address, *address->holder[0]->who.sharing != '\0');
}

static void part(struct alloc *a, const struct holder *holder, const struct ip *ip)
{
	const struct span *span = find_span(a, ip);
	struct address *address = address_at(a, ip);
	char text[IP_TEXT_MAX];
	size_t i = 0;

	CHECK(span && address);
	while (address->holder[i] != holder)
		i++;
	address->holder[i] = address->holder[--address->n];
	if (address->n > 0)
		return;
	list_shared(state_of(a, span), address, false);
	strmap_remove(&a->addresses, ip_format(ip, text));
	address_free(address);
	a->pool[span->pool].n_used[ip->len == IP_V6]--;
	if (!is_node_address(a, ip))
		mark(a, ip, false);
}

void alloc_release(struct alloc *a, const char *key)
{
	struct holder *holder = strmap_remove(&a->holders, key);

	if (!holder)
		return;
	for (size_t i = 0; i < holder->n_ip; i++)
		part(a, holder, &holder->ip[i]);
	free(holder);
}

void alloc_hold(struct alloc *a, const struct alloc_who *who, const struct ip *ip, size_t n)
{
	struct holder *holder = mem_new(1, sizeof(*holder));

	CHECK(n > 0 && n <= ALLOC_MAX_IPS);
	alloc_release(a, who->key);
	holder->who = *who;
	strmap_put(&a->holders, who->key, holder);
	for (size_t i = 0; i < n; i++) {
		holder->ip[holder->n_ip++] = ip[i];
		join(a, holder, &ip[i]);
	}
}

size_t alloc_held(const struct alloc *a, const char *key, struct ip out_ip[ALLOC_MAX_IPS])
{
	const struct holder *holder = strmap_get(&a->holders, key);

	for (size_t i = 0; holder && i < holder->n_ip; i++)
		out_ip[i] = holder->ip[i];
	return holder ? holder->n_ip : 0;
}

uint64_t alloc_n_used(const struct alloc *a, const struct config_pool *pool, uint8_t ip_len)
{
	const uint64_t *n_used = a->pool[pool - a->config->pool].n_used;

	if (ip_len == 0)
		return n_used[0] + n_used[1];
	return n_used[ip_len == IP_V6];
}
