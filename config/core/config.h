/*
 * config - the validated model of pools and advertisements
 *
 * Core: no sockets, no clock, no logging. Decoders in config/wire fill a
 * `struct config_draft`; config_check() turns it into this model or into a list
 * of every error at once. Controller and speaker never know which source it
 * came from: the ConfigMap or custom resources.
 *
 * Always true for a checked config:
 *   - names are unique and not empty, every pool has at least one range;
 *   - no two ranges of all pools overlap;
 *   - pools stand in the order in which the allocator must try them;
 *   - advertisements stand in the order of their names, and every pool lists,
 *     in that order, those that are for it.
 * A ConfigMap has one advertisement, for everything.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_H
#define TINLB_CONFIG_CORE_CONFIG_H

#include "common/core/ip.h"
#include "config/core/selector.h"

struct config_names {
	char **at;
	size_t n;
};

/* serviceAllocation: whom a pool is for. All zero: for everyone. */
struct config_scope {
	bool given; /* such pools are tried before all others */
	int64_t priority; /* lower is earlier; 0: after those that have one */
	struct config_names namespace;
	struct selectors namespace_selectors;
	struct selectors service_selectors;
};

struct config_pool {
	char *name;
	struct ip_range *range; /* in the order of the document */
	size_t n_range;
	bool auto_assign;
	bool avoid_buggy; /* never .0 or .255 of IPv4 */
	struct config_scope scope;
	struct kube_labels labels; /* of the object, for advertisements to select by */
	uint32_t *advert;          /* which of config.advert are for it */
	size_t n_advert;
};

struct config_preference {
	unsigned weight; /* 1 to 100 */
	struct selector selector;
};

struct config_advert {
	char *name;
	struct config_names pool; /* as written, with names that no pool has */
	struct selectors pool_selectors; /* neither these nor names: every pool */
	struct selectors node_selectors; /* none: every node */
	struct selectors service_selectors; /* none: every service */
	struct config_names interface; /* none: every interface */
	struct config_preference *preference;
	size_t n_preference;
};

struct config_span { /* of one range, to find the pool of an address quickly */
	struct ip_range range;
	uint32_t pool, at; /* which pool, and which of its ranges */
};

struct config {
	struct config_pool *pool;
	size_t n_pool;
	struct config_span *span; /* ascending, see config_index() */
	size_t n_span;
	struct config_advert *advert;
	size_t n_advert;
	char hash[17]; /* of what was read, 16 hex digits, for people to compare */
};

/* An empty config: valid, no pools. The caller frees. */
struct config *config_new(void) MUST_CHECK;
void config_free(struct config *config); /* NULL is fine */
void config_index(struct config *config); /* after the pools are whole: fills span */

void config_names_done(struct config_names *names);
void config_scope_done(struct config_scope *scope);
void config_advert_done(struct config_advert *advert);

const struct config_pool *config_find_pool(const struct config *config, const char *name);

/* The range that contains ip, or NULL. */
const struct config_span *config_span_of(const struct config *config, const struct ip *ip);

/* The pool one of whose ranges contains ip (avoid_buggy is not asked), or NULL. */
const struct config_pool *config_pool_of(const struct config *config, const struct ip *ip);

/* MetalLB's avoid-buggy-ips rule: an IPv4 address that ends in 0 or 255. */
bool config_ip_is_buggy(const struct ip *ip);

/* Addresses in the pool that may be given away; UINT64_MAX when they do not fit. */
uint64_t config_pool_size(const struct config_pool *pool);
uint64_t config_pool_size_family(const struct config_pool *pool, uint8_t ip_len);

#endif
