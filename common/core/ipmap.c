/* ipmap - see ipmap.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/ipmap.h"

#include <stdlib.h>

static struct ipmap_slot *probe(const struct ipmap *map, const struct ip *ip)
{
	size_t i = ip_hash(ip) & (map->cap - 1);

	while (map->slot[i].value && !ip_equal(&map->slot[i].ip, ip))
		i = (i + 1) & (map->cap - 1);
	return &map->slot[i];
}

static void grow(struct ipmap *map)
{
	struct ipmap old = *map;

	map->cap = old.cap ? old.cap * 2 : 8;
	map->slot = mem_new(map->cap, sizeof(*map->slot));
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].value)
			*probe(map, &old.slot[i].ip) = old.slot[i];
	free(old.slot);
}

void ipmap_done(struct ipmap *map)
{
	free(map->slot);
	*map = (struct ipmap){ 0 };
}

void *ipmap_get(const struct ipmap *map, const struct ip *ip)
{
	return map->n > 0 ? probe(map, ip)->value : NULL;
}

void ipmap_put(struct ipmap *map, const struct ip *ip, void *value)
{
	struct ipmap_slot *slot;

	CHECK(value != NULL);
	if ((map->n + 1) * 4 > map->cap * 3)
		grow(map);
	slot = probe(map, ip);
	map->n += slot->value == NULL;
	*slot = (struct ipmap_slot){ *ip, value };
}

void *ipmap_remove(struct ipmap *map, const struct ip *ip)
{
	size_t mask = map->cap - 1, i;
	void *value;

	if (map->n == 0)
		return NULL;
	i = (size_t)(probe(map, ip) - map->slot);
	value = map->slot[i].value;
	if (!value)
		return NULL;
	for (size_t k = (i + 1) & mask; map->slot[k].value; k = (k + 1) & mask) {
		size_t home = ip_hash(&map->slot[k].ip) & mask;

		if (((k - home) & mask) < ((k - i) & mask))
			continue;
		map->slot[i] = map->slot[k];
		i = k;
	}
	map->slot[i] = (struct ipmap_slot){ 0 };
	map->n--;
	return value;
}

void *ipmap_next(const struct ipmap *map, size_t *inout_at)
{
	while (*inout_at < map->cap) {
		void *value = map->slot[(*inout_at)++].value;

		if (value)
			return value;
	}
	return NULL;
}
