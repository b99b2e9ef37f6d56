/*
 * config - the validated model of pools and advertisements
 *
 * Core: no sockets, no clock, no logging. Decoders in config/wire fill a
 * `struct config_draft`; config_check() turns it into this model or into a list
 * of every error at once. Controller and speaker never know which source it
 * came from (ConfigMap today, custom resources later).
 *
 * Always true for a checked config:
 *   - names are unique and not empty, every pool has at least one range;
 *   - no two ranges of all pools overlap;
 *   - pools stand in the order in which the allocator must try them.
 * Rules: MetalLB v0.9.3 ConfigMap format, less everything that is BGP.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_H
#define TINLB_CONFIG_CORE_CONFIG_H

#include "common/core/ip.h"

struct config_pool {
	char *name;
	struct ip_range *range; /* in the order of the document */
	size_t n_range;
	bool auto_assign;
	bool avoid_buggy; /* never .0 or .255 of IPv4 */
};

struct config {
	struct config_pool *pool;
	size_t n_pool;
	char hash[17]; /* of the document's text, 16 hex digits, for people to compare */
};

/* An empty config: valid, no pools. The caller frees. */
struct config *config_new(void) MUST_CHECK;
void config_free(struct config *config); /* NULL is fine */

const struct config_pool *config_find_pool(const struct config *config, const char *name);

/* The pool one of whose ranges contains ip (avoid_buggy is not asked), or NULL. */
const struct config_pool *config_pool_of(const struct config *config, const struct ip *ip);

/* MetalLB's avoid-buggy-ips rule: an IPv4 address that ends in 0 or 255. */
bool config_ip_is_buggy(const struct ip *ip);

/* Addresses in the pool that may be given away; UINT64_MAX when they do not fit. */
uint64_t config_pool_size(const struct config_pool *pool);
uint64_t config_pool_size_family(const struct config_pool *pool, uint8_t ip_len);

#endif
