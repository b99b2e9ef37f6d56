/* config_check - see config_check.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/hash.h"
#include "common/core/strmap.h"
#include "config/core/config_address.h"

#define PATH_MAX_BYTES 160

void config_draft_done(struct config_draft *draft)
{
	for (size_t i = 0; i < draft->n_pool; i++) {
		struct config_draft_pool *pool = &draft->pool[i];

		for (size_t k = 0; k < pool->n_address; k++)
			free(pool->address[k].text);
		free(pool->address);
		free(pool->name.text);
		free(pool->protocol.text);
		free(pool->object);
		config_scope_done(&pool->scope);
		kube_labels_done(&pool->labels);
	}
	for (size_t i = 0; i < draft->n_advert; i++)
		config_advert_done(&draft->advert[i]);
	free(draft->advert);
	free(draft->pool);
	*draft = (struct config_draft){ 0 };
}

/* Where in the document a range came from, for the check of overlaps. */
struct placed {
	struct ip_range range;
	size_t pool, address;
	unsigned line;
};

struct check {
	struct config_draft *draft;
	struct config_errors *errors;
	struct config *config;
	struct strmap pools; /* the first of each name in the draft */
	struct placed *placed;
	size_t n_placed, cap_placed;
};

/* ---- the order of objects ---- */

/* As in MetalLB: pools with a scope go first, those with a priority before those without. */
static uint64_t rank(const struct config_scope *scope)
{
	if (!scope->given)
		return UINT64_MAX;
	if (scope->priority == 0)
		return UINT64_MAX - 1;
	return (uint64_t)scope->priority ^ (UINT64_C(1) << 63);
}

static int by_rank_and_name(const void *a, const void *b)
{
	const struct config_draft_pool *x = a, *y = b;
	uint64_t x_rank = rank(&x->scope), y_rank = rank(&y->scope);

	if (x_rank != y_rank)
		return x_rank < y_rank ? -1 : 1;
	return strcmp(x->name.text, y->name.text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct config_advert *)a)->name, ((const struct config_advert *)b)->name);
}

void config_draft_order(struct config_draft *draft)
{
	if (draft->n_pool > 0)
		qsort(draft->pool, draft->n_pool, sizeof(*draft->pool), by_rank_and_name);
	if (draft->n_advert > 0)
		qsort(draft->advert, draft->n_advert, sizeof(*draft->advert), by_name);
}

/* ---- places ---- */

struct spot { /* a place with room for its path */
	struct config_place place;
	char path[PATH_MAX_BYTES];
};

/* Of a field of a pool; at: which entry of the field's list, or NO_ENTRY. */
#define NO_ENTRY SIZE_MAX

static void find_spot(const struct check *c, struct spot *out, size_t pool_at, const char *field,
		      size_t at)
{
	const struct config_draft_pool *pool = &c->draft->pool[pool_at];
	size_t n;

	if (pool->object)
		snprintf(out->path, sizeof(out->path), "%s.%s",
			 strcmp(field, "name") == 0 ? "metadata" : "spec", field);
	else
		snprintf(out->path, sizeof(out->path), "address-pools[%zu].%s", pool_at, field);
	n = strlen(out->path);
	if (at != NO_ENTRY)
		snprintf(out->path + n, sizeof(out->path) - n, "[%zu]", at);
	out->place = (struct config_place){ pool->object, pool->line, out->path };
}

/* " (first on line 7)" in a document, nothing for objects. */
static const char *on_line(char out[static 48], const char *format_word, unsigned line)
{
	out[0] = '\0';
	if (line > 0)
		snprintf(out, 48, " (%sline %u)", format_word, line);
	return out;
}

/* ---- addresses ---- */

static void check_addresses(struct check *c, size_t pool_at, struct config_pool *out_pool)
{
	const struct config_draft_pool *pool = &c->draft->pool[pool_at];
	struct spot spot;

	find_spot(c, &spot, pool_at, "addresses", NO_ENTRY);
	if (pool->n_address == 0)
		config_error_at(c->errors, &spot.place,
				"pool %s has no addresses (no prefixes): add a list like "
				"[192.168.1.10-192.168.1.20]",
				pool->name.text ? pool->name.text : "");
	out_pool->range = mem_new(pool->n_address, sizeof(*out_pool->range));
	for (size_t i = 0; i < pool->n_address; i++) {
		struct ip_range range;

		find_spot(c, &spot, pool_at, "addresses", i);
		spot.place.line = pool->address[i].line;
		if (!config_address_parse(pool->address[i].text, &spot.place, c->errors, &range))
			continue;
		out_pool->range[out_pool->n_range++] = range;
		c->placed = mem_grow(c->placed, c->n_placed, &c->cap_placed, sizeof(*c->placed));
		c->placed[c->n_placed++] =
			(struct placed){ range, pool_at, i, pool->address[i].line };
	}
}

static int by_first_address(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = ip_compare(&x->range.first, &y->range.first);

	if (order == 0)
		order = x->pool != y->pool ? (x->pool < y->pool ? -1 : 1) :
					     (x->address < y->address ? -1 : x->address > y->address);
	return order;
}

static void note_overlap(struct check *c, const struct placed *a, const struct placed *b)
{
	const struct placed *later = a->pool > b->pool ||
					     (a->pool == b->pool && a->address > b->address) ?
					     a :
					     b;
	const struct placed *earlier = later == a ? b : a;
	const struct config_draft_pool *pool = c->draft->pool;
	struct spot spot;
	char line[48];

	find_spot(c, &spot, later->pool, "addresses", later->address);
	spot.place.line = later->line;
	config_error_at(c->errors, &spot.place,
			"\"%s\" overlaps with \"%s\" of pool \"%s\"%s: each address may stand in one "
			"place only",
			pool[later->pool].address[later->address].text,
			pool[earlier->pool].address[earlier->address].text,
			pool[earlier->pool].name.text ? pool[earlier->pool].name.text : "",
			on_line(line, "", earlier->line));
}

/* Sorted by first address, a range can only overlap the one that reached furthest so far. */
static void check_overlaps(struct check *c)
{
	const struct placed *furthest = NULL;

	if (c->n_placed > 0)
		qsort(c->placed, c->n_placed, sizeof(*c->placed), by_first_address);
	for (size_t i = 0; i < c->n_placed; i++) {
		const struct placed *p = &c->placed[i];

		if (furthest && ip_range_overlaps(&furthest->range, &p->range))
			note_overlap(c, furthest, p);
		if (!furthest || ip_compare(&p->range.last, &furthest->range.last) > 0)
			furthest = p;
	}
}

/* ---- pools ---- */

static void check_name(struct check *c, size_t pool_at)
{
	struct config_draft_pool *pool = &c->draft->pool[pool_at];
	const struct config_draft_pool *first;
	struct spot spot;
	char line[48];

	find_spot(c, &spot, pool_at, "name", NO_ENTRY);
	if (pool->name.line)
		spot.place.line = pool->name.line;
	if (!pool->name.text || !*pool->name.text) {
		config_error_at(c->errors, &spot.place, "missing pool name: every pool needs one");
		return;
	}
	first = strmap_get(&c->pools, pool->name.text);
	if (first)
		config_error_at(c->errors, &spot.place,
				"duplicate definition of pool \"%s\"%s: give one of them another name",
				pool->name.text, on_line(line, "first on ", first->name.line));
	else
		strmap_put(&c->pools, pool->name.text, pool);
}

static void check_protocol(struct check *c, size_t pool_at)
{
	const struct config_draft_pool *pool = &c->draft->pool[pool_at];
	struct spot spot;

	if (!c->draft->needs_protocol)
		return;
	find_spot(c, &spot, pool_at, "protocol", NO_ENTRY);
	if (!pool->protocol.text) {
		config_error_at(c->errors, &spot.place, "missing protocol: write `protocol: layer2`");
		return;
	}
	spot.place.line = pool->protocol.line;
	if (strcmp(pool->protocol.text, "bgp") == 0)
		config_error_at(c->errors, &spot.place,
				"protocol bgp is not supported, TinLB announces at layer 2 only: write "
				"`protocol: layer2`");
	else if (strcmp(pool->protocol.text, "layer2") != 0)
		config_error_at(c->errors, &spot.place,
				"unknown protocol \"%s\": write `protocol: layer2`",
				pool->protocol.text);
}

static void check_pool(struct check *c, size_t pool_at)
{
	struct config_draft_pool *draft = &c->draft->pool[pool_at];
	struct config_pool *pool = &c->config->pool[c->config->n_pool++];

	pool->name = mem_strdup(draft->name.text);
	pool->auto_assign = !draft->no_auto_assign;
	pool->avoid_buggy = draft->avoid_buggy;
	pool->scope = draft->scope;
	pool->labels = draft->labels;
	draft->scope = (struct config_scope){ 0 };
	draft->labels = (struct kube_labels){ 0 };
	check_name(c, pool_at);
	check_protocol(c, pool_at);
	check_addresses(c, pool_at, pool);
}

/* ---- advertisements ---- */

static void check_adverts(struct check *c)
{
	struct config *config = c->config;

	config->advert = c->draft->advert;
	config->n_advert = c->draft->n_advert;
	c->draft->advert = NULL;
	c->draft->n_advert = 0;
	for (size_t i = 1; i < config->n_advert; i++) {
		const char *name = config->advert[i].name;

		if (strcmp(config->advert[i - 1].name, name) == 0)
			config_error_at(c->errors,
					&(struct config_place){ .path = "metadata.name" },
					"there are two L2Advertisements \"%s\": give one of them "
					"another name",
					name);
	}
}

struct link {
	struct check *check;
	size_t *cap; /* of each pool's list */
	size_t n;    /* pairs so far */
	uint32_t advert;
};

/* Once for each advertisement, however often it means the pool. */
static void link_pool(struct link *l, struct config_pool *pool)
{
	size_t at = (size_t)(pool - l->check->config->pool);

	if (l->n >= CONFIG_MAX_LINKS ||
	    (pool->n_advert > 0 && pool->advert[pool->n_advert - 1] == l->advert))
		return;
	pool->advert = mem_grow(pool->advert, pool->n_advert, &l->cap[at], sizeof(*pool->advert));
	pool->advert[pool->n_advert++] = l->advert;
	l->n++;
}

static void link_advert(struct link *l, const struct config_advert *advert)
{
	struct check *c = l->check;
	bool all = advert->pool.n == 0 && advert->pool_selectors.n == 0;

	for (size_t i = 0; i < advert->pool.n; i++) {
		const struct config_draft_pool *pool = strmap_get(&c->pools, advert->pool.at[i]);

		if (pool)
			link_pool(l, &c->config->pool[pool - c->draft->pool]);
	}
	for (size_t i = 0; (all || advert->pool_selectors.n > 0) && i < c->config->n_pool; i++) {
		struct config_pool *pool = &c->config->pool[i];

		if (all || selectors_match(&advert->pool_selectors, &pool->labels))
			link_pool(l, pool);
	}
}

static void link_adverts(struct check *c)
{
	struct config *config = c->config;
	struct link link = { .check = c, .cap = mem_new(config->n_pool, sizeof(*link.cap)) };

	for (size_t i = 0; i < config->n_advert; i++) {
		link.advert = (uint32_t)i;
		link_advert(&link, &config->advert[i]);
	}
	if (link.n >= CONFIG_MAX_LINKS)
		config_error_at(c->errors, &(struct config_place){ .path = "spec.ipAddressPools" },
				"the L2Advertisements are for %d pools and more in all: have fewer of "
				"them, or name the pools of each",
				CONFIG_MAX_LINKS);
	free(link.cap);
}

struct config *config_check(struct config_draft *draft, struct config_errors *inout_errors)
{
	struct check c = { .draft = draft, .errors = inout_errors, .config = config_new() };
	struct config *config = c.config;

	config->pool = mem_new(draft->n_pool, sizeof(*config->pool));
	for (size_t i = 0; i < draft->n_pool; i++)
		check_pool(&c, i);
	check_overlaps(&c);
	check_adverts(&c);
	link_adverts(&c);
	free(c.placed);
	strmap_done(&c.pools);
	if (inout_errors->n > 0) {
		config_free(config);
		return NULL;
	}
	config_index(config);
	return config;
}

void config_set_hash(struct config *config, const char *bytes, size_t n)
{
	snprintf(config->hash, sizeof(config->hash), "%016" PRIx64, hash_bytes(HASH_EMPTY, bytes, n));
}
