/* config - see config.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config.h"

#include <stdlib.h>
#include <string.h>

struct config *config_new(void)
{
	return mem_new(1, sizeof(struct config));
}

void config_names_done(struct config_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i]);
	free(names->at);
	*names = (struct config_names){ 0 };
}

void config_scope_done(struct config_scope *scope)
{
	config_names_done(&scope->namespace);
	selectors_done(&scope->namespace_selectors);
	selectors_done(&scope->service_selectors);
	*scope = (struct config_scope){ 0 };
}

void config_advert_done(struct config_advert *advert)
{
	free(advert->name);
	config_names_done(&advert->pool);
	config_names_done(&advert->interface);
	selectors_done(&advert->pool_selectors);
	selectors_done(&advert->node_selectors);
	selectors_done(&advert->service_selectors);
	for (size_t i = 0; i < advert->n_preference; i++)
		selector_done(&advert->preference[i].selector);
	free(advert->preference);
	*advert = (struct config_advert){ 0 };
}

static void pool_done(struct config_pool *pool)
{
	free(pool->name);
	free(pool->range);
	config_scope_done(&pool->scope);
	kube_labels_done(&pool->labels);
	free(pool->advert);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n_pool; i++)
		pool_done(&config->pool[i]);
	for (size_t i = 0; i < config->n_advert; i++)
		config_advert_done(&config->advert[i]);
	free(config->pool);
	free(config->span);
	free(config->advert);
	free(config);
}

const struct config_pool *config_find_pool(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_pool; i++)
		if (strcmp(config->pool[i].name, name) == 0)
			return &config->pool[i];
	return NULL;
}

static int by_first(const void *a, const void *b)
{
	const struct config_span *x = a, *y = b;

	return ip_compare(&x->range.first, &y->range.first);
}

void config_index(struct config *config)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_pool; i++)
		n += config->pool[i].n_range;
	config->span = mem_new(n, sizeof(*config->span));
	config->n_span = 0;
	for (size_t i = 0; i < config->n_pool; i++)
		for (size_t k = 0; k < config->pool[i].n_range; k++)
			config->span[config->n_span++] =
				(struct config_span){ config->pool[i].range[k], (uint32_t)i, (uint32_t)k };
	if (n > 0)
		qsort(config->span, n, sizeof(*config->span), by_first);
}

const struct config_span *config_span_of(const struct config *config, const struct ip *ip)
{
	size_t low = 0, high = config->n_span;

	while (low < high) { /* the last span that begins at or before ip */
		size_t middle = low + (high - low) / 2;

		if (ip_compare(&config->span[middle].range.first, ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || !ip_range_contains(&config->span[low - 1].range, ip))
		return NULL;
	return &config->span[low - 1];
}

const struct config_pool *config_pool_of(const struct config *config, const struct ip *ip)
{
	const struct config_span *span = config_span_of(config, ip);

	return span ? &config->pool[span->pool] : NULL;
}

bool config_ip_is_buggy(const struct ip *ip)
{
	return ip->len == IP_V4 && (ip->byte[3] == 0 || ip->byte[3] == 255);
}

/* How many addresses of an IPv4 range end in `last`. */
static uint64_t count_ending(const struct ip_range *range, uint8_t last)
{
	uint64_t blocks = ip_range_size(&(struct ip_range){
		{ IP_V4, { range->first.byte[0], range->first.byte[1], range->first.byte[2] } },
		{ IP_V4, { range->last.byte[0], range->last.byte[1], range->last.byte[2] } } });
	uint64_t n = (blocks - 1) / 256 + 1;

	n -= range->first.byte[3] > last;
	n -= range->last.byte[3] < last;
	return n;
}

static uint64_t usable(const struct config_pool *pool, const struct ip_range *range)
{
	uint64_t size = ip_range_size(range);

	if (pool->avoid_buggy && range->first.len == IP_V4)
		size -= count_ending(range, 0) + count_ending(range, 255);
	return size;
}

uint64_t config_pool_size_family(const struct config_pool *pool, uint8_t ip_len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < pool->n_range; i++)
		if (pool->range[i].first.len == ip_len &&
		    __builtin_add_overflow(sum, usable(pool, &pool->range[i]), &sum))
			return UINT64_MAX;
	return sum;
}

uint64_t config_pool_size(const struct config_pool *pool)
{
	uint64_t v4 = config_pool_size_family(pool, IP_V4);
	uint64_t v6 = config_pool_size_family(pool, IP_V6);

	return v6 > UINT64_MAX - v4 ? UINT64_MAX : v4 + v6;
}
