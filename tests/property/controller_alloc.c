/*
 * controller_alloc - random holders with keys, backends and ports against a walk over every address
 *
 * What alloc_find() gives is the first address of the pool that alloc_check()
 * allows, and that allows what a look at every holder does, whatever was held,
 * left and joined before. Prints its seed; takes one as argument.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	char key[N_HOLDERS][16];
};

static void change(struct world *w, size_t i)
{
	struct alloc_holder *who = &w->holder[i];
	size_t n = prng_below(&w->prng, MAX_PORTS + 1);

	snprintf(w->key[i], sizeof(w->key[i]), "default/%zu", i);
	*who = (struct alloc_holder){ .key = w->key[i],
				      .sharing = keys[prng_below(&w->prng, ARRAY_LEN(keys))],
				      .backend = backends[prng_below(&w->prng, ARRAY_LEN(backends))],
				      .port = w->port[i], .n_port = n };
	for (size_t k = 0; k < n; k++)
		w->port[i][k] = (struct alloc_port){ "TCP", (int32_t)(prng_below(&w->prng, 2) + 2 * k) };
	if (n > 0 && prng_below(&w->prng, 4) == 0)
		memcpy(w->port[i][0].protocol, "UDP", 4);
	alloc_sort_ports(w->port[i], n);
}

static bool holds(const struct alloc_holder *who, const struct ip *ip)
{
	struct ip held[ALLOC_MAX_IPS];

	for (size_t i = 0, n = alloc_held(who, held); i < n; i++)
		if (ip_equal(&held[i], ip))
			return true;
	return false;
}

static bool has_port(const struct alloc_holder *who, const struct alloc_port *port)
{
	for (size_t i = 0; i < who->n_port; i++)
		if (who->port[i].port == port->port && strcmp(who->port[i].protocol, port->protocol) == 0)
			return true;
	return false;
}

/* What stands between the two on one address. */
static enum alloc_verdict between(const struct alloc_holder *who, const struct alloc_holder *other)
{
	if (!*who->sharing || strcmp(who->sharing, other->sharing) != 0)
		return ALLOC_KEY;
	if (strcmp(who->backend, other->backend) != 0)
		return ALLOC_BACKEND;
	for (size_t i = 0; i < who->n_port; i++)
		if (has_port(other, &who->port[i]))
			return ALLOC_PORT;
	return ALLOC_OK;
}

/* The verdict on an address that lies in a pool is that of some holder, who is named. */
static void look(const struct world *w, const struct alloc_holder *who, const struct ip *ip)
{
	struct alloc_refusal refusal = alloc_check(w->alloc, who, ip);
	const struct alloc_holder *named = NULL;
	bool is_free = true;

	for (size_t i = 0; i < N_HOLDERS; i++) {
		const struct alloc_holder *other = &w->holder[i];

		if (other == who || !holds(other, ip))
			continue;
		is_free &= between(who, other) == ALLOC_OK;
		if (refusal.other && strcmp(refusal.other, other->key) == 0)
			named = other;
	}
	if (refusal.verdict == ALLOC_OUTSIDE || refusal.verdict == ALLOC_BUGGY)
		return;
	if (is_free != (refusal.verdict == ALLOC_OK) || is_free != !named ||
	    (named && between(who, named) != refusal.verdict) ||
	    (refusal.verdict == ALLOC_PORT &&
	     !(has_port(named, &refusal.port) && has_port(who, &refusal.port)))) {
		printf("FAILED: verdict %d is not that of the holders\n", (int)refusal.verdict);
		exit(1);
	}
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
	struct ip found = { 0 }, wanted = { 0 }, any = pool->range[0].first;

	if (ip_add(&any, prng_below(&w->prng, 8), &any))
		look(w, who, &any);
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
