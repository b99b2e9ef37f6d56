/*
 * alloc_bench - what the allocator and the reconciler cost per service
 *
 * alloc_bench N POOLS: prints one JSON line: services, microseconds to give each
 * an address by the allocator alone; by deciding (with its events); the same when
 * all have one sharing key and one port; when each has a port of its own, so that
 * they share one address; and by a controller that reads all of them and then
 * decides. Medians of several rounds.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controller/core/reconcile.h"

#define ROUNDS 7

static double now_us(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* So many pools, together with room for n addresses and a tenth more. */
static struct config *pools(size_t n_pool, size_t n)
{
	struct config *config = config_new();
	size_t each = (n + n / 10) / n_pool + 1;

	config->n_pool = n_pool;
	config->pool = mem_new(n_pool, sizeof(*config->pool));
	for (size_t i = 0; i < n_pool; i++) {
		struct config_pool *pool = &config->pool[i];
		struct ip base = { IP_V4, { 10, (uint8_t)(i * 8), 0, 0 } };
		char name[32];

		snprintf(name, sizeof(name), "pool%zu", i);
		pool->name = mem_strdup(name);
		pool->auto_assign = true;
		pool->n_range = 1;
		pool->range = mem_new(1, sizeof(*pool->range));
		pool->range[0].first = base;
		CHECK(ip_add(&base, each - 1, &pool->range[0].last));
	}
	config_index(config);
	return config;
}

enum sharing { NO_KEY, KEY_AND_PORT, KEY_AND_OWN_PORTS };

static struct kube_service *object(size_t i, enum sharing sharing)
{
	struct kube_service *s = mem_new(1, sizeof(*s));
	char name[32];

	snprintf(name, sizeof(name), "service-%06zu", i);
	s->meta.namespace = mem_strdup("default");
	s->meta.name = mem_strdup(name);
	s->meta.uid = mem_strdup("7c4e8d9a-0000-4000-8000-000000000000");
	s->meta.resource_version = mem_strdup("1");
	s->is_load_balancer = true;
	s->cluster_ip = mem_new(1, sizeof(*s->cluster_ip));
	s->cluster_ip[0] = mem_strdup("10.96.0.10");
	s->n_cluster_ip = 1;
	s->port = mem_new(1, sizeof(*s->port));
	s->port[0] = (struct kube_port){ "TCP", sharing == KEY_AND_OWN_PORTS ? (int32_t)i : 80 };
	s->n_port = 1;
	if (sharing == NO_KEY)
		return s;
	s->annotations.at = mem_new(1, sizeof(*s->annotations.at));
	s->annotations.at[s->annotations.n++] =
		(struct kube_label){ mem_strdup("metallb.io/allow-shared-ip"), mem_strdup("key") };
	return s;
}

static double by_alloc(struct service *const *service, size_t n, const struct config *config)
{
	struct alloc *alloc = alloc_new(config);
	double begun = now_us();

	for (size_t i = 0; i < n; i++) {
		struct alloc_holder *who = &service[i]->holder;
		struct ip ip;
		size_t k = 0;

		while (!alloc_find(alloc, who, &config->pool[k], IP_V4, &ip))
			k++;
		CHECK(alloc_check(alloc, who, &ip).verdict == ALLOC_OK);
		alloc_hold(alloc, who, &ip, 1);
	}
	begun = now_us() - begun;
	alloc_free(alloc);
	return begun;
}

static double by_decide(struct service *const *service, size_t n, const struct config *config)
{
	struct alloc *alloc = alloc_new(config);
	const struct decide_ground ground = { .alloc = alloc, .config = config };
	double begun = now_us();

	for (size_t i = 0; i < n; i++) {
		struct decide_result result;

		decide(service[i], &ground, true, &result);
		CHECK(service[i]->n_ip == 1);
		decide_result_done(&result);
	}
	begun = now_us() - begun;
	alloc_free(alloc);
	return begun;
}

static struct service **services(size_t n, enum sharing sharing)
{
	struct service **service = mem_new(n, sizeof(struct service *));

	for (size_t i = 0; i < n; i++) {
		struct kube_service *from = object(i, sharing);

		service[i] = service_new(from);
		kube_service_free(from);
	}
	return service;
}

static void services_free(struct service **service, size_t n)
{
	for (size_t i = 0; i < n; i++)
		service_free(service[i]);
	free(service);
}

static double by_reconcile(size_t n, size_t n_pool)
{
	struct kube_service **each = mem_new(n, sizeof(struct kube_service *));
	struct reconcile *r = reconcile_new("", 1);
	double begun;

	for (size_t i = 0; i < n; i++)
		each[i] = object(i, NO_KEY);
	begun = now_us();
	reconcile_on_config(r, 0, pools(n_pool, n));
	for (size_t i = 0; i < n; i++)
		reconcile_on_service(r, 0, each[i]);
	reconcile_on_all_services(r, 0);
	begun = now_us() - begun;
	reconcile_free(r);
	free(each);
	return begun;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *took)
{
	qsort(took, ROUNDS, sizeof(*took), by_size);
	return took[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	size_t n_pool = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
	struct config *config = pools(n_pool, n);
	struct service **plain = services(n, NO_KEY), **keyed = services(n, KEY_AND_PORT);
	struct service **together = services(n, KEY_AND_OWN_PORTS);
	double took[5][ROUNDS];

	/* What is measured is ours: memory that was had once is not given back to the kernel. */
	CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1 && mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1);
	for (size_t round = 0; round < ROUNDS; round++) {
		took[0][round] = by_alloc(plain, n, config);
		took[1][round] = by_decide(plain, n, config);
		took[2][round] = by_decide(keyed, n, config);
		took[3][round] = by_decide(together, n, config);
		took[4][round] = by_reconcile(n, n_pool);
	}
	printf("{\"services\": %zu, \"alloc_us\": %.0f, \"decide_us\": %.0f, \"one_key_us\": %.0f, "
	       "\"one_address_us\": %.0f, \"reconcile_us\": %.0f}\n",
	       n, median(took[0]), median(took[1]), median(took[2]), median(took[3]), median(took[4]));
	services_free(plain, n);
	services_free(keyed, n);
	services_free(together, n);
	config_free(config);
	return 0;
}
