/*
 * controller_alloc - random holders with keys, backends and ports against a walk over every address
 *
 * What alloc_find() gives is the first address of the pool that alloc_check()
 * allows, whatever was held, left and joined before. Prints its seed; takes one
 * as argument.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/core/prng.h"
#include "controller/core/alloc.h"
#include "tests/unit/controller/world.h"

#define RUNS 200
#define STEPS 200
#define N_HOLDERS 24
#define MAX_PORTS 3

static const char document[] =
	"address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.8/29, 1.2.3.0/30, \"1000::/125\"]},\n"
	"{name: q, protocol: layer2, addresses: [1.2.4.0/29], avoid-buggy-ips: true}]";
static const char *const keys[] = { "", "k", "k", "l" };
static const char *const backends[] = { "", "", "app=b" };

struct world {
	struct prng prng;
	struct config *config;
	struct alloc *alloc;
	struct alloc_holder holder[N_HOLDERS];
	struct alloc_port port[N_HOLDERS][MAX_PORTS];
};

static void change(struct world *w, size_t i)
{
	struct alloc_holder *who = &w->holder[i];
	size_t n = prng_below(&w->prng, MAX_PORTS + 1);

	*who = (struct alloc_holder){ .key = "default/one",
				      .sharing = keys[prng_below(&w->prng, ARRAY_LEN(keys))],
				      .backend = backends[prng_below(&w->prng, ARRAY_LEN(backends))],
				      .port = w->port[i], .n_port = n };
	for (size_t k = 0; k < n; k++)
		w->port[i][k] = (struct alloc_port){ "TCP", (int32_t)(prng_below(&w->prng, 2) + 2 * k) };
}

static bool walk(const struct world *w, const struct alloc_holder *who, const struct config_pool *pool,
		 uint8_t ip_len, struct ip *out_ip)
{
	for (size_t i = 0; i < pool->n_range; i++) {
		struct ip ip = pool->range[i].first;

		for (; ip.len == ip_len && ip_range_contains(&pool->range[i], &ip); CHECK(ip_add(&ip, 1, &ip))) {
			if (alloc_check(w->alloc, who, &ip).verdict == ALLOC_OK) {
				*out_ip = ip;
				return true;
			}
		}
	}
	return false;
}

static void step(struct world *w)
{
	size_t i = prng_below(&w->prng, N_HOLDERS);
	struct alloc_holder *who = &w->holder[i];
	const struct config_pool *pool = &w->config->pool[prng_below(&w->prng, w->config->n_pool)];
	uint8_t ip_len = prng_below(&w->prng, 4) ? IP_V4 : IP_V6;
	struct ip found = { 0 }, wanted = { 0 };

	if (who->n_ip > 0) {
		alloc_release(w->alloc, who);
		change(w, i);
	}
	if (walk(w, who, pool, ip_len, &wanted) != alloc_find(w->alloc, who, pool, ip_len, &found) ||
	    !ip_equal(&found, &wanted)) {
		printf("FAILED: not the first address that may be had\n");
		exit(1);
	}
	if (ip_is_set(&found) && prng_below(&w->prng, 4) == 0) { /* another one, as if it were stored */
		struct ip other;

		if (ip_add(&found, prng_below(&w->prng, 8), &other) &&
		    alloc_check(w->alloc, who, &other).verdict == ALLOC_OK)
			found = other;
	}
	if (ip_is_set(&found))
		alloc_hold(w->alloc, who, &found, 1);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20260101;

	printf("seed %" PRIu64 "\n", seed);
	for (uint64_t run = 0; run < RUNS; run++) {
		struct world w = { .prng = prng_seeded(seed + run), .config = world_config(document) };

		w.alloc = alloc_new(w.config);
		for (size_t i = 0; i < N_HOLDERS; i++)
			change(&w, i);
		for (unsigned n = 0; n < STEPS; n++)
			step(&w);
		alloc_free(w.alloc);
		config_free(w.config);
	}
	printf("%d runs of %d steps\n", RUNS, STEPS);
	return 0;
}
