/*
 * strmap - a map from strings to pointers
 *
 * Core: no sockets, no clock, no logging. Open addressing, linear probing.
 *
 * Always true: a key is in the map at most once; keys are copied; the order of
 * iteration depends on the history of the map, so nothing may be decided by it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_STRMAP_H
#define TINLB_COMMON_CORE_STRMAP_H

#include "common/core/base.h"

struct strmap_slot {
	char *key; /* NULL: free */
	void *value;
	uint32_t hash;
};

struct strmap { /* all zero: an empty map */
	struct strmap_slot *slot;
	size_t n, cap;
};

void strmap_done(struct strmap *map); /* frees keys, not values */
void strmap_done_values(struct strmap *map); /* both; the values with free() */
void *strmap_get(const struct strmap *map, const char *key); /* or NULL */

/* Value must not be NULL. Returns the value that was there before, or NULL. */
void *strmap_put(struct strmap *map, const char *key, void *value);
void *strmap_remove(struct strmap *map, const char *key); /* the value, or NULL */

/*
 * The next pair after *inout_at (0 to begin); false at the end. The map must
 * not change meanwhile.
 */
bool strmap_next(const struct strmap *map, size_t *inout_at, const char **out_key,
		 void **out_value);

/* All keys in strcmp order; the caller frees the array, the map keeps the keys. */
const char **strmap_sorted_keys(const struct strmap *map) MUST_CHECK;

#endif
