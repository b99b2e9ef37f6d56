/* ring_meta - see ring_meta.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/ring_meta.h"

#include <string.h>

#include "common/core/hash.h"

uint16_t ring_name_hash(const char *interface)
{
	uint32_t hash = hash32_text(interface);

	return (uint16_t)(hash >> 16 ^ hash);
}

static bool same_reach(const struct ring_reach *a, const struct ring_reach *b)
{
	return a->name == b->name && memcmp(a->mac, b->mac, 6) == 0 && ip_equal(&a->ip, &b->ip) &&
	       a->bits == b->bits;
}

bool ring_meta_equal(const struct ring_meta *a, const struct ring_meta *b)
{
	if (a->synced != b->synced || a->candidate != b->candidate || a->stopping != b->stopping ||
	    a->partial != b->partial || a->table != b->table || a->n_reach != b->n_reach)
		return false;
	for (size_t i = 0; i < a->n_reach; i++)
		if (!same_reach(&a->reach[i], &b->reach[i]))
			return false;
	return true;
}
