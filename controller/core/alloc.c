/* alloc - see alloc.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/ipmap.h"
#include "common/core/strmap.h"
#include "common/core/text.h"
#include "controller/core/freeset.h"

#define SHARED_KEY_MAX_BYTES (1024 * 1024)
#define PORT_KEY_MAX (IP_TEXT_MAX + sizeof(" UDP4567/-2147483648"))

struct alloc_address { /* one that somebody holds */
	struct ip ip;
	struct alloc_holding *first;
	struct shared *shared; /* where it is listed, or NULL */
};

struct taken_port {
	struct alloc_port port;
	size_t n; /* so many addresses, from the lowest on, have it taken; never 0 */
};

struct shared { /* addresses of a range held under one sharing key and backend, ascending */
	struct alloc_address **at;
	size_t n, cap;
	struct taken_port *taken; /* what was found out of them: no search begins at the lowest again */
	size_t n_taken, cap_taken;
};

struct range_state {
	struct freeset taken; /* held, or a node's own */
	struct strmap shared; /* sharing key and backend -> struct shared */
};

struct pool_state {
	struct range_state *range;
	uint64_t n_used[2]; /* distinct addresses in use, IPv4 and IPv6 */
};

struct alloc {
	const struct config *config;
	struct pool_state *pool; /* as the config's */
	struct ipmap addresses; /* struct alloc_address */
	struct strmap ports;    /* address, protocol and port -> the holder with a sharing key */
	struct ipmap nodes;     /* the alloc itself, as a mark */
	struct ip *node_ip;
	size_t n_node_ip;
	size_t open[2]; /* no pool before these has a free address, IPv4 and IPv6 */
};

struct alloc *alloc_new(const struct config *config)
{
	struct alloc *a = mem_new(1, sizeof(*a));

	a->config = config;
	a->pool = mem_new(config->n_pool, sizeof(*a->pool));
	for (size_t i = 0; i < config->n_pool; i++)
		a->pool[i].range = mem_new(config->pool[i].n_range, sizeof(*a->pool[i].range));
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
	free(shared->taken);
	free(shared);
}

static void range_done(struct range_state *range)
{
	const char *key;
	void *value;

	for (size_t at = 0; strmap_next(&range->shared, &at, &key, &value);)
		shared_free(value);
	strmap_done(&range->shared);
	freeset_done(&range->taken);
}

void alloc_free(struct alloc *a)
{
	void *value;

	if (!a)
		return;
	for (size_t at = 0; (value = ipmap_next(&a->addresses, &at));)
		address_free(value);
	for (size_t i = 0; i < a->config->n_pool; i++) {
		for (size_t k = 0; k < a->config->pool[i].n_range; k++)
			range_done(&a->pool[i].range[k]);
		free(a->pool[i].range);
	}
	ipmap_done(&a->addresses);
	strmap_done(&a->ports);
	ipmap_done(&a->nodes);
	free(a->node_ip);
	free(a->pool);
	free(a);
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
	const struct config_span *span = config_span_of(a->config, ip);
	uint64_t offset = span ? ip_range_offset(&span->range, ip) : UINT64_MAX;
	struct freeset *set;

	if (offset == UINT64_MAX)
		return;
	set = &a->pool[span->pool].range[span->at].taken;
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
	a->open[0] = a->open[1] = 0;
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

static void port_key(const struct ip *ip, const struct alloc_port *port, char out[static PORT_KEY_MAX])
{
	char text[IP_TEXT_MAX];

	snprintf(out, PORT_KEY_MAX, "%s %s/%" PRId32, ip_format(ip, text), port->protocol, port->port);
}

static const struct alloc_holder *holder_of_port(const struct alloc *a, const struct ip *ip,
						 const struct alloc_port *port)
{
	char key[PORT_KEY_MAX];

	port_key(ip, port, key);
	return strmap_get(&a->ports, key);
}

/* All holders of an address have the same key and backend: any one but itself tells. */
static struct alloc_refusal check_sharing(const struct alloc *a, const struct alloc_address *address,
					  const struct alloc_holder *who)
{
	const struct alloc_holding *h = address->first;
	const struct alloc_holder *other;

	if (h->holder == who)
		h = h->next;
	if (!h)
		return (struct alloc_refusal){ .verdict = ALLOC_OK };
	other = h->holder;
	if (!*who->sharing || strcmp(who->sharing, other->sharing) != 0)
		return (struct alloc_refusal){ .verdict = ALLOC_KEY, .other = other->key };
	if (strcmp(who->backend, other->backend) != 0)
		return (struct alloc_refusal){ .verdict = ALLOC_BACKEND, .other = other->key };
	for (size_t i = 0; i < who->n_port; i++) {
		other = holder_of_port(a, &address->ip, &who->port[i]);
		if (other && other != who)
			return (struct alloc_refusal){ ALLOC_PORT, other->key, who->port[i] };
	}
	return (struct alloc_refusal){ .verdict = ALLOC_OK };
}

struct alloc_refusal alloc_check(const struct alloc *a, const struct alloc_holder *who,
				 const struct ip *ip)
{
	const struct config_span *span = config_span_of(a->config, ip);
	const struct alloc_address *address;

	if (!span)
		return (struct alloc_refusal){ .verdict = ALLOC_OUTSIDE };
	if (a->config->pool[span->pool].avoid_buggy && config_ip_is_buggy(ip))
		return (struct alloc_refusal){ .verdict = ALLOC_BUGGY };
	if (is_node_address(a, ip))
		return (struct alloc_refusal){ .verdict = ALLOC_NODE_ADDRESS };
	address = address_at(a, ip);
	return address ? check_sharing(a, address, who) :
			 (struct alloc_refusal){ .verdict = ALLOC_OK };
}

/* Lowest free address of a range, as its offset. */
static bool find_free(const struct alloc *a, const struct config_pool *pool, size_t at,
		      uint64_t *out_offset)
{
	const struct freeset *taken = &a->pool[pool - a->config->pool].range[at].taken;
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

static bool has_free(const struct alloc *a, const struct config_pool *pool, uint8_t ip_len)
{
	uint64_t offset;

	for (size_t i = 0; i < pool->n_range; i++)
		if (pool->range[i].first.len == ip_len && find_free(a, pool, i, &offset))
			return true;
	return false;
}

size_t alloc_first_open(struct alloc *a, uint8_t ip_len)
{
	size_t *open = &a->open[ip_len == IP_V6];

	while (*open < a->config->n_pool && !has_free(a, &a->config->pool[*open], ip_len))
		(*open)++;
	return *open;
}

/* ---- sharing ---- */

static bool has_port(const struct alloc_holder *who, const struct alloc_port *port)
{
	return who->n_port > 0 && bsearch(port, who->port, who->n_port, sizeof(*port), by_port);
}

/* Those who may share at all have the same; the caller frees it. */
static char *shared_key(const struct alloc_holder *who)
{
	struct text t;

	text_init(&t, SHARED_KEY_MAX_BYTES);
	text_addf(&t, "%zu %s%s", strlen(who->sharing), who->sharing, who->backend);
	return text_take(&t);
}

/* The address at i clashes on this port. */
static void note_taken(struct shared *shared, const struct alloc_port *port, size_t i)
{
	for (size_t k = 0; k < shared->n_taken; k++) {
		if (by_port(&shared->taken[k].port, port) == 0) {
			shared->taken[k].n += shared->taken[k].n == i;
			return;
		}
	}
	if (i > 0)
		return;
	shared->taken = mem_grow(shared->taken, shared->n_taken, &shared->cap_taken,
				 sizeof(*shared->taken));
	shared->taken[shared->n_taken++] = (struct taken_port){ *port, 1 };
}

enum change { ADDRESS_ADDED, ADDRESS_REMOVED, HOLDER_LEFT };

/* Something happened to the address at i, by who: what was found out is true again afterwards. */
static void correct_taken(struct shared *shared, const struct alloc_holder *who, size_t i,
			  enum change change)
{
	size_t n = 0;

	for (size_t k = 0; k < shared->n_taken; k++) {
		struct taken_port t = shared->taken[k];

		if (change == ADDRESS_ADDED && t.n >= i)
			t.n = has_port(who, &t.port) ? t.n + 1 : i;
		if (change == ADDRESS_REMOVED && t.n > i)
			t.n--;
		if (change == HOLDER_LEFT && t.n > i && has_port(who, &t.port))
			t.n = i;
		if (t.n > 0)
			shared->taken[n++] = t;
	}
	shared->n_taken = n;
}

/* Lowest shared address of a range that it may join. */
static bool find_shared(const struct alloc *a, const struct alloc_holder *who, struct shared *shared,
			struct ip *out_ip)
{
	size_t first = 0;

	for (size_t k = 0; k < shared->n_taken; k++)
		if (shared->taken[k].n > first && has_port(who, &shared->taken[k].port))
			first = shared->taken[k].n;
	for (size_t i = first; i < shared->n; i++) {
		struct alloc_refusal refusal = alloc_check(a, who, &shared->at[i]->ip);

		if (refusal.verdict == ALLOC_OK) {
			*out_ip = shared->at[i]->ip;
			return true;
		}
		if (refusal.verdict == ALLOC_PORT)
			note_taken(shared, &refusal.port, i);
	}
	return false;
}

bool alloc_find(const struct alloc *a, const struct alloc_holder *who, const struct config_pool *pool,
		uint8_t ip_len, struct ip *out_ip)
{
	const struct pool_state *state = &a->pool[pool - a->config->pool];
	char *key = *who->sharing ? shared_key(who) : NULL;
	bool found = false;

	for (size_t i = 0; i < pool->n_range && !found; i++) {
		struct shared *list = key ? strmap_get(&state->range[i].shared, key) : NULL;
		struct ip shared, fresh;
		uint64_t offset;
		bool has_shared, has_fresh;

		if (pool->range[i].first.len != ip_len)
			continue;
		has_shared = list && find_shared(a, who, list, &shared);
		has_fresh = find_free(a, pool, i, &offset) &&
			    ip_add(&pool->range[i].first, offset, &fresh);
		if (!has_shared && !has_fresh)
			continue;
		*out_ip = has_shared && (!has_fresh || ip_compare(&shared, &fresh) < 0) ? shared :
											  fresh;
		found = true;
	}
	free(key);
	return found;
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

static void list_shared(struct strmap *lists, const struct alloc_holder *who,
			struct alloc_address *address)
{
	char *key = shared_key(who);
	struct shared *shared = strmap_get(lists, key);
	size_t i;

	if (!shared) {
		shared = mem_new(1, sizeof(*shared));
		strmap_put(lists, key, shared);
	}
	free(key);
	i = shared_place(shared, &address->ip);
	shared->at = mem_grow(shared->at, shared->n, &shared->cap, sizeof(struct alloc_address *));
	memmove(&shared->at[i + 1], &shared->at[i], (shared->n - i) * sizeof(struct alloc_address *));
	shared->at[i] = address;
	shared->n++;
	address->shared = shared;
	correct_taken(shared, who, i, ADDRESS_ADDED);
}

/* Its holder has left: the address is free if there is no other. */
static void unlist_shared(struct strmap *lists, const struct alloc_holder *who,
			  const struct alloc_address *address)
{
	struct shared *shared = address->shared;
	size_t i = shared_place(shared, &address->ip);
	char *key;

	CHECK(i < shared->n && shared->at[i] == address);
	correct_taken(shared, who, i, address->first ? HOLDER_LEFT : ADDRESS_REMOVED);
	if (address->first)
		return;
	shared->n--;
	memmove(&shared->at[i], &shared->at[i + 1], (shared->n - i) * sizeof(struct alloc_address *));
	if (shared->n > 0)
		return;
	key = shared_key(who);
	strmap_remove(lists, key);
	free(key);
	shared_free(shared);
}

static void mark_ports(struct alloc *a, const struct ip *ip, struct alloc_holder *who, bool taken)
{
	char key[PORT_KEY_MAX];

	for (size_t i = 0; i < who->n_port; i++) {
		port_key(ip, &who->port[i], key);
		if (taken)
			strmap_put(&a->ports, key, who);
		else
			strmap_remove(&a->ports, key);
	}
}

/* All holders of an address have the same key and backend: the first to come lists it. */
static void join(struct alloc *a, struct alloc_holder *who, const struct ip *ip)
{
	const struct config_span *span = config_span_of(a->config, ip);
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
			list_shared(&a->pool[span->pool].range[span->at].shared, who, address);
	}
	if (*who->sharing)
		mark_ports(a, ip, who, true);
	*holding = (struct alloc_holding){ who, address, address->first, &address->first };
	if (holding->next)
		holding->next->link = &holding->next;
	address->first = holding;
}

static void part(struct alloc *a, const struct alloc_holding *holding)
{
	struct alloc_address *address = holding->address;
	const struct config_span *span = config_span_of(a->config, &address->ip);

	CHECK(span != NULL);
	*holding->link = holding->next;
	if (holding->next)
		holding->next->link = holding->link;
	if (address->shared) {
		mark_ports(a, &address->ip, holding->holder, false);
		unlist_shared(&a->pool[span->pool].range[span->at].shared, holding->holder, address);
	}
	if (address->first)
		return;
	ipmap_remove(&a->addresses, &address->ip);
	a->pool[span->pool].n_used[address->ip.len == IP_V6]--;
	if (!is_node_address(a, &address->ip)) {
		mark(a, &address->ip, false);
		if (span->pool < a->open[address->ip.len == IP_V6])
			a->open[address->ip.len == IP_V6] = span->pool;
	}
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
