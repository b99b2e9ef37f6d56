/*
 * controller_reconcile - random services, pools and restarts against plain rules
 *
 * After every step the addresses of all services are checked by comparing every
 * service with every other; at the end of each run a second controller that
 * sees the same objects in another order must come to the same result without a
 * single write. Prints its seed; takes one as argument.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/prng.h"
#include "controller/core/reconcile.h"
#include "tests/unit/controller/world.h"

#define RUNS 300
#define STEPS 60
#define N_NAMES 10

static const char *const documents[] = {
	"address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/30]}]",
	"address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/29]}]",
	("{address-pools: [{name: q, protocol: layer2, addresses: [1.2.3.2/31], auto-assign: false},\n"
	 " {name: p, protocol: layer2, addresses: [1.2.3.4/31, 1.2.3.0/31], avoid-buggy-ips: true}]}"),
	"address-pools: []",
};
static const char *const names[N_NAMES] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" };
static const char *const asked[] = { NULL, NULL, NULL, "1.2.3.1", "1.2.3.4", "9.9.9.9" };
static const char *const keys[] = { NULL, NULL, "k", "l" };

struct wish { /* a service as the API has it */
	bool exists;
	size_t asked, key;
	int32_t port;
	char stored[IP_TEXT_MAX], note[8];
	unsigned version;
};

struct world {
	struct prng prng;
	struct wish wish[N_NAMES];
	size_t document;
	struct reconcile *r;
	unsigned version;
};

static struct kube_service *object_of(const struct wish *w, const char *name)
{
	struct kube_service *s = world_with_port(world_service(name), "TCP", w->port);
	char version[16];

	snprintf(version, sizeof(version), "%u", w->version);
	free(s->meta.resource_version);
	s->meta.resource_version = mem_strdup(version);
	if (asked[w->asked])
		world_with_ip(s, asked[w->asked]);
	if (keys[w->key])
		world_with_note(s, "metallb.io/allow-shared-ip", keys[w->key]);
	if (*w->note)
		world_with_note(s, SERVICE_NOTE, w->note);
	return *w->stored ? world_with_stored(s, w->stored) : s;
}

static size_t index_of(const char *key)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (strcmp(key + strlen("default/"), names[i]) == 0)
			return i;
	abort();
}

/* Writes that are due reach the API; some meet a conflict first. */
static size_t write_some(struct world *w, struct reconcile *r, unsigned percent)
{
	struct reconcile_write write;
	size_t n = 0;

	while (prng_below(&w->prng, 100) < percent && reconcile_next_write(r, INSTANT_NEVER, &write)) {
		size_t i = index_of(write.key);
		struct wish *wish = &w->wish[i];
		char key[32], version[16];

		n++;
		snprintf(key, sizeof(key), "default/%s", names[i]);
		write.key = key;
		if (prng_below(&w->prng, 5) == 0) {
			reconcile_on_failed(r, 0, &write);
			continue;
		}
		if (!write.raw && !reconcile_on_reread(r, 0, object_of(wish, names[i]), &write))
			continue;
		wish->stored[0] = '\0';
		if (write.n_ip > 0)
			ip_format(&write.ip[0], wish->stored);
		snprintf(wish->note, sizeof(wish->note), "%s", write.pool ? write.pool : "");
		wish->version = ++w->version;
		snprintf(version, sizeof(version), "%u", wish->version);
		reconcile_on_written(r, 0, &write, version);
	}
	return n;
}

static void fail(const char *what, const char *name)
{
	printf("FAILED: %s (%s)\n", what, name);
	exit(1);
}

static bool may_share(const struct wish *a, const struct wish *b)
{
	return keys[a->key] && str_equal(keys[a->key], keys[b->key]) && a->port != b->port;
}

static void check(const struct world *w)
{
	const struct config *config = reconcile_config(w->r);

	for (size_t i = 0; i < N_NAMES; i++) {
		char key[32];
		const struct service *s;

		snprintf(key, sizeof(key), "default/%s", names[i]);
		s = reconcile_find(w->r, key);
		if (!w->wish[i].exists) {
			if (s)
				fail("a deleted service is still known", names[i]);
			continue;
		}
		if (config->n_pool == 0 || s->n_ip == 0)
			continue;
		if (!config_pool_of(config, &s->ip[0]))
			fail("an address outside of every pool", names[i]);
		for (size_t k = 0; k < i; k++) {
			const struct service *other;

			snprintf(key, sizeof(key), "default/%s", names[k]);
			other = reconcile_find(w->r, key);
			if (other && other->n_ip > 0 && ip_equal(&other->ip[0], &s->ip[0]) &&
			    !may_share(&w->wish[i], &w->wish[k]))
				fail("one address for two that may not share", names[i]);
		}
	}
}

static void send(struct world *w, size_t i)
{
	reconcile_on_service(w->r, 0, object_of(&w->wish[i], names[i]));
}

static void change(struct world *w, size_t i)
{
	struct wish *wish = &w->wish[i];

	if (wish->exists && prng_below(&w->prng, 3) == 0) {
		char key[32];

		snprintf(key, sizeof(key), "default/%s", names[i]);
		*wish = (struct wish){ 0 };
		reconcile_on_gone(w->r, 0, key);
		return;
	}
	wish->exists = true;
	wish->asked = prng_below(&w->prng, ARRAY_LEN(asked));
	wish->key = prng_below(&w->prng, ARRAY_LEN(keys));
	wish->port = (int32_t)prng_between(&w->prng, 1, 3);
	wish->version = ++w->version;
	send(w, i);
}

/* A new process: it lists what is stored, in a random order. */
static struct reconcile *restarted(struct world *w)
{
	struct reconcile *r = reconcile_new("", 1);
	size_t first = prng_below(&w->prng, N_NAMES), step = prng_below(&w->prng, 2) ? 1 : N_NAMES - 1;

	if (prng_below(&w->prng, 2))
		reconcile_on_config(r, 0, world_config(documents[w->document]));
	for (size_t n = 0, i = first; n < N_NAMES; n++, i = (i + step) % N_NAMES)
		if (w->wish[i].exists)
			reconcile_on_service(r, 0, object_of(&w->wish[i], names[i]));
	reconcile_on_all_services(r, 0);
	if (!reconcile_config(r))
		reconcile_on_config(r, 0, world_config(documents[w->document]));
	return r;
}

static void step(struct world *w)
{
	switch (prng_below(&w->prng, 12)) {
	case 0:
		w->document = prng_below(&w->prng, ARRAY_LEN(documents));
		reconcile_on_config(w->r, 0, world_config(documents[w->document]));
		break;
	case 1:
		reconcile_free(w->r);
		w->r = restarted(w);
		break;
	case 2:
	case 3:
		write_some(w, w->r, 80);
		break;
	default:
		change(w, prng_below(&w->prng, N_NAMES));
	}
}

static bool is_held(const struct world *w, const struct ip *ip)
{
	char key[32];

	for (size_t i = 0; i < N_NAMES; i++) {
		const struct service *s;

		snprintf(key, sizeof(key), "default/%s", names[i]);
		s = reconcile_find(w->r, key);
		if (s && s->n_ip > 0 && ip_equal(&s->ip[0], ip))
			return true;
	}
	return false;
}

static bool has_free_address(const struct world *w)
{
	const struct config *config = reconcile_config(w->r);

	for (size_t i = 0; i < config->n_pool; i++) {
		const struct config_pool *pool = &config->pool[i];

		for (size_t k = 0; pool->auto_assign && k < pool->n_range; k++) {
			struct ip ip = pool->range[k].first;

			for (; ip_range_contains(&pool->range[k], &ip); CHECK(ip_add(&ip, 1, &ip)))
				if (!is_held(w, &ip) && !(pool->avoid_buggy && config_ip_is_buggy(&ip)))
					return true;
		}
	}
	return false;
}

/* Nobody waits who could be served. */
static void check_served(const struct world *w)
{
	char key[32];

	for (size_t i = 0; i < N_NAMES; i++) {
		const struct service *s;

		snprintf(key, sizeof(key), "default/%s", names[i]);
		s = reconcile_find(w->r, key);
		if (s && !asked[w->wish[i].asked] && s->n_ip == 0 && has_free_address(w))
			fail("waits although an address is free", names[i]);
	}
}

/* Everything is written and seen again: then nothing more happens, here or after a restart. */
static void settle_and_compare(struct world *w)
{
	struct reconcile *again;

	for (unsigned turn = 0; turn < 20; turn++) {
		write_some(w, w->r, 100);
		for (size_t i = 0; i < N_NAMES; i++)
			if (w->wish[i].exists)
				send(w, i);
	}
	if (write_some(w, w->r, 100) != 0)
		fail("writes without a change", "settled");
	for (unsigned order = 0; order < 4; order++) {
		again = restarted(w);
		if (write_some(w, again, 100) != 0)
			fail("a restart writes", "settled");
		reconcile_free(again);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20260101;

	printf("seed %" PRIu64 "\n", seed);
	for (uint64_t run = 0; run < RUNS; run++) {
		struct world w = { .prng = prng_seeded(seed + run) };

		w.r = restarted(&w);
		for (unsigned n = 0; n < STEPS; n++) {
			step(&w);
			check(&w);
			check_served(&w);
		}
		settle_and_compare(&w);
		reconcile_free(w.r);
	}
	printf("%d runs of %d steps\n", RUNS, STEPS);
	return 0;
}
