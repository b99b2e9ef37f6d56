/* prng - see prng.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/prng.h"

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

struct prng prng_seeded(uint64_t seed)
{
	struct prng prng;

	for (size_t i = 0; i < ARRAY_LEN(prng.state); i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		prng.state[i] = z ^ z >> 31;
	}
	return prng;
}

uint64_t prng_next(struct prng *prng)
{
	uint64_t *s = prng->state;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t prng_below(struct prng *prng, uint64_t limit)
{
	uint64_t biased, x;

	CHECK(limit > 0);
	biased = -limit % limit; /* below it, some results would come up more often */
	do
		x = prng_next(prng);
	while (x < biased);
	return x % limit;
}

int64_t prng_between(struct prng *prng, int64_t low, int64_t high)
{
	CHECK(low <= high);
	return (int64_t)((uint64_t)low + prng_below(prng, (uint64_t)high - (uint64_t)low + 1));
}
