/*
 * ipmap - a map from addresses to pointers
 *
 * Core: no sockets, no clock, no logging. Open addressing, linear probing; one
 * look-up is one hash and, nearly always, one comparison.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_IPMAP_H
#define TINLB_COMMON_CORE_IPMAP_H

#include "common/core/ip.h"

struct ipmap_slot {
	struct ip ip;
	void *value; /* NULL: free */
};

struct ipmap { /* all zero: empty */
	struct ipmap_slot *slot;
	size_t n, cap;
};

void ipmap_done(struct ipmap *map); /* values stay the caller's */
void *ipmap_get(const struct ipmap *map, const struct ip *ip); /* or NULL */
void ipmap_put(struct ipmap *map, const struct ip *ip, void *value); /* value is not NULL */
void *ipmap_remove(struct ipmap *map, const struct ip *ip); /* the value, or NULL */

/* The next value after *inout_at (0 to begin), NULL at the end; no changes meanwhile. */
void *ipmap_next(const struct ipmap *map, size_t *inout_at);

#endif
