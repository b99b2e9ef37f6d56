/*
 * prng - random numbers that follow from a seed
 *
 * Core: no sockets, no clock, no logging. xoshiro256** (Blackman and Vigna,
 * 2018), seeded through splitmix64. For jitter and shuffling, never for keys.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_PRNG_H
#define TINLB_COMMON_CORE_PRNG_H

#include "common/core/base.h"

struct prng {
	uint64_t state[4];
};

struct prng prng_seeded(uint64_t seed);
uint64_t prng_next(struct prng *prng);
uint64_t prng_below(struct prng *prng, uint64_t limit); /* 0 .. limit - 1; limit > 0 */
int64_t prng_between(struct prng *prng, int64_t low, int64_t high); /* both included */

#endif
