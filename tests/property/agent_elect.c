/* agent_elect - the order of an election hangs on the set of nodes alone, and nobody else moves */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/prng.h"
#include "speaker/agent/core/elect.h"

#define MAX_NODES 40
#define ROUNDS 2000

struct round {
	char name[MAX_NODES][32];
	struct elect_candidate candidate[MAX_NODES];
	size_t n;
	char key[24];
};

static void make(struct round *r, struct prng *prng)
{
	r->n = prng_below(prng, MAX_NODES) + 1;
	snprintf(r->key, sizeof(r->key), "10.0.%u.%u", (unsigned)prng_below(prng, 256),
		 (unsigned)prng_below(prng, 256));
	for (size_t i = 0; i < r->n; i++) {
		snprintf(r->name[i], sizeof(r->name[i]), "n%zu-%03x", i,
			 (unsigned)prng_below(prng, 4096));
		r->candidate[i].node = r->name[i];
		r->candidate[i].index = (uint16_t)i;
	}
}

static void shuffle(struct elect_candidate *candidate, size_t n, struct prng *prng)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = prng_below(prng, i);
		struct elect_candidate swap = candidate[i - 1];

		candidate[i - 1] = candidate[k];
		candidate[k] = swap;
	}
}

static bool same_order(const struct elect_candidate *a, const struct elect_candidate *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].index != b[i].index || a[i].node != b[i].node)
			return false;
	return true;
}

static bool ascends(const struct elect_candidate *candidate, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (memcmp(candidate[i - 1].digest, candidate[i].digest, ELECT_DIGEST_BYTES) >= 0)
			return false;
	return true;
}

/* Take candidate `out` away: the others keep their order. */
static bool others_stay(const struct round *sorted, size_t out, struct prng *prng)
{
	struct elect_candidate left[MAX_NODES] = { 0 }, wanted[MAX_NODES] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < sorted->n; i++)
		if (i != out)
			wanted[n++] = sorted->candidate[i];
	memcpy(left, wanted, sizeof(left));
	shuffle(left, n, prng);
	elect_sort(left, n, sorted->key);
	return same_order(left, wanted, n);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20260101;
	struct prng prng = prng_seeded(seed);

	printf("seed %" PRIu64 "\n", seed);
	for (unsigned i = 0; i < ROUNDS; i++) {
		static struct round r, again;

		make(&r, &prng);
		again = r;
		for (size_t k = 0; k < again.n; k++)
			again.candidate[k].node = r.name[k];
		shuffle(again.candidate, again.n, &prng);
		elect_sort(r.candidate, r.n, r.key);
		elect_sort(again.candidate, again.n, again.key);
		if (!same_order(r.candidate, again.candidate, r.n) || !ascends(r.candidate, r.n) ||
		    !others_stay(&r, prng_below(&prng, r.n), &prng)) {
			printf("round %u: the order of %zu nodes for %s does not hold\n", i, r.n,
			       r.key);
			return 1;
		}
	}
	return 0;
}
