/* config_check - see config_check.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX_BYTES 2048
#define PATH_MAX_BYTES 160

void config_error_add(struct config_errors *errors, unsigned line, const char *path,
		      const char *format, ...)
{
	char text[TEXT_MAX_BYTES];
	va_list args;

	if (errors->n >= CONFIG_MAX_ERRORS) {
		errors->n_more++;
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	errors->at = mem_grow(errors->at, errors->n, &errors->cap, sizeof(*errors->at));
	errors->at[errors->n++] =
		(struct config_error){ line, mem_strdup(path), mem_strdup(text) };
}

void config_errors_done(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		free(errors->at[i].path);
		free(errors->at[i].text);
	}
	free(errors->at);
	*errors = (struct config_errors){ 0 };
}

void config_errors_format(const struct config_errors *errors, struct text *out_text)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct config_error *e = &errors->at[i];

		if (i > 0)
			text_add(out_text, "; ");
		if (e->line > 0)
			text_addf(out_text, "line %u: ", e->line);
		text_addf(out_text, "%s%s%s", e->path, *e->path ? ": " : "", e->text);
	}
	if (errors->n_more > 0)
		text_addf(out_text, "; and %zu more", errors->n_more);
}

void config_draft_done(struct config_draft *draft)
{
	for (size_t i = 0; i < draft->n_pool; i++) {
		struct config_draft_pool *pool = &draft->pool[i];

		for (size_t k = 0; k < pool->n_address; k++)
			free(pool->address[k].text);
		free(pool->address);
		free(pool->name.text);
		free(pool->protocol.text);
	}
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
	const struct config_draft *draft;
	struct config_errors *errors;
	struct config *config;
	struct placed *placed;
	size_t n_placed, cap_placed;
};

struct place { /* of the entry being read */
	unsigned line;
	char path[PATH_MAX_BYTES];
};

static struct place place_of(size_t pool, const char *field, unsigned line)
{
	struct place place = { .line = line };

	snprintf(place.path, sizeof(place.path), "address-pools[%zu]%s%s", pool, *field ? "." : "",
		 field);
	return place;
}

/* ---- addresses ---- */

static void read_prefix(struct check *c, const struct place *at, const char *text,
			struct ip_range *out)
{
	const char *slash = strchr(text, '/');
	char *base = mem_strndup(text, (size_t)(slash - text)), *end = NULL;
	unsigned long bits = strtoul(slash + 1, &end, 10);
	struct ip ip;

	if (ip_parse(base, &ip) != 0)
		config_error_add(c->errors, at->line, at->path,
				 "\"%s\" is not an address: write a prefix like 192.168.1.0/24", base);
	else if (slash[1] < '0' || slash[1] > '9' || *end || bits > 128 ||
		 ip_prefix_range(&ip, (unsigned)bits, out) != 0)
		config_error_add(c->errors, at->line, at->path,
				 "\"%s\" is not a prefix: the length after the slash goes from 0 to %d",
				 text, ip.len * 8);
	free(base);
}

static char *trimmed(const char *start, size_t n)
{
	while (n > 0 && *start == ' ') {
		start++;
		n--;
	}
	while (n > 0 && start[n - 1] == ' ')
		n--;
	return mem_strndup(start, n);
}

static void read_range(struct check *c, const struct place *at, const char *text,
		       struct ip_range *out)
{
	const char *dash = strchr(text, '-');
	char *first = trimmed(text, (size_t)(dash - text)), *last = trimmed(dash + 1, strlen(dash + 1));
	struct ip_range range;

	if (ip_parse(first, &range.first) != 0)
		config_error_add(c->errors, at->line, at->path,
				 "the start of the range, \"%s\", is not an address", first);
	else if (ip_parse(last, &range.last) != 0)
		config_error_add(c->errors, at->line, at->path,
				 "the end of the range, \"%s\", is not an address", last);
	else if (range.first.len != range.last.len)
		config_error_add(c->errors, at->line, at->path,
				 "\"%s\" mixes IPv4 and IPv6: both ends must be of one family", text);
	else if (ip_compare(&range.first, &range.last) > 0)
		config_error_add(c->errors, at->line, at->path,
				 "the range ends before it starts: write %s-%s", last, first);
	else
		*out = range;
	free(first);
	free(last);
}

/* False, and an error noted, when the text is no range. */
static bool read_address(struct check *c, const struct place *at, const char *text,
			 struct ip_range *out)
{
	struct ip_range range = { 0 };
	struct ip ip;

	if (strchr(text, '-')) {
		read_range(c, at, text, &range);
	} else if (strchr(text, '/')) {
		read_prefix(c, at, text, &range);
	} else if (ip_parse(text, &ip) == 0) {
		config_error_add(c->errors, at->line, at->path,
				 "a single address needs a length: write %s/%d", text, ip.len * 8);
	} else {
		config_error_add(c->errors, at->line, at->path,
				 "invalid CIDR or range \"%s\": write 192.168.1.0/24 or "
				 "192.168.1.10-192.168.1.20",
				 text);
	}
	if (!ip_is_set(&range.first))
		return false;
	*out = range;
	return true;
}

static void check_addresses(struct check *c, size_t pool_at, struct config_pool *out_pool)
{
	const struct config_draft_pool *pool = &c->draft->pool[pool_at];

	if (pool->n_address == 0) {
		struct place at = place_of(pool_at, "addresses", pool->line);

		config_error_add(c->errors, at.line, at.path,
				 "pool %s has no addresses (no prefixes): add a list like "
				 "[192.168.1.10-192.168.1.20]",
				 pool->name.text ? pool->name.text : "");
	}
	out_pool->range = mem_new(pool->n_address, sizeof(*out_pool->range));
	for (size_t i = 0; i < pool->n_address; i++) {
		struct place at = place_of(pool_at, "addresses", pool->address[i].line);
		size_t used = strlen(at.path);
		struct ip_range range;

		snprintf(at.path + used, sizeof(at.path) - used, "[%zu]", i);
		if (!read_address(c, &at, pool->address[i].text, &range))
			continue;
		out_pool->range[out_pool->n_range++] = range;
		c->placed = mem_grow(c->placed, c->n_placed, &c->cap_placed, sizeof(*c->placed));
		c->placed[c->n_placed++] = (struct placed){ range, pool_at, i, at.line };
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

	struct place at = place_of(later->pool, "addresses", later->line);
	size_t used = strlen(at.path);

	snprintf(at.path + used, sizeof(at.path) - used, "[%zu]", later->address);
	config_error_add(c->errors, at.line, at.path,
			 "\"%s\" overlaps with \"%s\" of pool \"%s\" (line %u): each address may stand "
			 "in one place only",
			 pool[later->pool].address[later->address].text,
			 pool[earlier->pool].address[earlier->address].text,
			 pool[earlier->pool].name.text ? pool[earlier->pool].name.text : "",
			 earlier->line);
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
	const struct config_draft_text *name = &c->draft->pool[pool_at].name;
	struct place at = place_of(pool_at, "name", name->line);

	if (!name->text || !*name->text) {
		config_error_add(c->errors, name->line ? name->line : c->draft->pool[pool_at].line,
				 at.path, "missing pool name: every pool needs one");
		return;
	}
	for (size_t i = 0; i < pool_at; i++) {
		if (str_equal(c->draft->pool[i].name.text, name->text)) {
			config_error_add(c->errors, at.line, at.path,
					 "duplicate definition of pool \"%s\" (first on line %u): give "
					 "one of them another name",
					 name->text, c->draft->pool[i].name.line);
			return;
		}
	}
}

static void check_protocol(struct check *c, size_t pool_at)
{
	const struct config_draft_pool *pool = &c->draft->pool[pool_at];
	struct place at = place_of(pool_at, "protocol", pool->protocol.line);

	if (!c->draft->needs_protocol)
		return;
	if (!pool->protocol.text)
		config_error_add(c->errors, pool->line, at.path,
				 "missing protocol: write `protocol: layer2`");
	else if (strcmp(pool->protocol.text, "bgp") == 0)
		config_error_add(c->errors, at.line, at.path,
				 "protocol bgp is not supported, TinLB announces at layer 2 only: write "
				 "`protocol: layer2`");
	else if (strcmp(pool->protocol.text, "layer2") != 0)
		config_error_add(c->errors, at.line, at.path,
				 "unknown protocol \"%s\": write `protocol: layer2`",
				 pool->protocol.text);
}

struct config *config_check(const struct config_draft *draft, struct config_errors *inout_errors)
{
	struct check c = { .draft = draft, .errors = inout_errors, .config = config_new() };
	struct config *config = c.config;

	config->pool = mem_new(draft->n_pool, sizeof(*config->pool));
	for (size_t i = 0; i < draft->n_pool; i++) {
		struct config_pool *pool = &config->pool[config->n_pool++];

		pool->name = mem_strdup(draft->pool[i].name.text);
		pool->auto_assign = !draft->pool[i].no_auto_assign;
		pool->avoid_buggy = draft->pool[i].avoid_buggy;
		check_name(&c, i);
		check_protocol(&c, i);
		check_addresses(&c, i, pool);
	}
	check_overlaps(&c);
	free(c.placed);
	if (inout_errors->n > 0) {
		config_free(config);
		return NULL;
	}
	return config;
}

void config_set_hash(struct config *config, const char *bytes, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
	snprintf(config->hash, sizeof(config->hash), "%016" PRIx64, hash);
}
