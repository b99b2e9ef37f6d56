/* strmap - see strmap.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/strmap.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/hash.h"

static uint32_t hash_of(const char *key)
{
	uint64_t hash = hash_text(HASH_EMPTY, key);

	return (uint32_t)(hash ^ hash >> 32);
}

/* The slot that holds key, or the free one where it would go. cap > n. */
static struct strmap_slot *probe(const struct strmap *map, const char *key, uint32_t hash)
{
	size_t i = hash & (map->cap - 1);

	while (map->slot[i].key &&
	       (map->slot[i].hash != hash || strcmp(map->slot[i].key, key) != 0))
		i = (i + 1) & (map->cap - 1);
	return &map->slot[i];
}

static void grow(struct strmap *map)
{
	struct strmap old = *map;

	map->cap = old.cap ? old.cap * 2 : 8;
	map->slot = mem_new(map->cap, sizeof(*map->slot));
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].key)
			*probe(map, old.slot[i].key, old.slot[i].hash) = old.slot[i];
	free(old.slot);
}

void strmap_done(struct strmap *map)
{
	for (size_t i = 0; i < map->cap; i++)
		free(map->slot[i].key);
	free(map->slot);
	*map = (struct strmap){ 0 };
}

void strmap_done_values(struct strmap *map)
{
	for (size_t i = 0; i < map->cap; i++)
		free(map->slot[i].value);
	strmap_done(map);
}

void *strmap_get(const struct strmap *map, const char *key)
{
	return map->n > 0 ? probe(map, key, hash_of(key))->value : NULL;
}

void *strmap_put(struct strmap *map, const char *key, void *value)
{
	uint32_t hash = hash_of(key);
	struct strmap_slot *slot;
	void *before;

	CHECK(value != NULL);
	if ((map->n + 1) * 4 > map->cap * 3)
		grow(map);
	slot = probe(map, key, hash);
	before = slot->value;
	if (!slot->key) {
		*slot = (struct strmap_slot){ .key = mem_strdup(key), .hash = hash };
		map->n++;
	}
	slot->value = value;
	return before;
}

/* Close the gap at i, so that no probe ends too early. */
static void close_gap(struct strmap *map, size_t i)
{
	size_t mask = map->cap - 1;

	for (size_t k = (i + 1) & mask; map->slot[k].key; k = (k + 1) & mask) {
		size_t home = map->slot[k].hash & mask;

		if (((k - home) & mask) < ((k - i) & mask))
			continue;
		map->slot[i] = map->slot[k];
		i = k;
	}
	map->slot[i] = (struct strmap_slot){ 0 };
}

void *strmap_remove(struct strmap *map, const char *key)
{
	struct strmap_slot *slot;
	void *value;

	if (map->n == 0)
		return NULL;
	slot = probe(map, key, hash_of(key));
	if (!slot->key)
		return NULL;
	value = slot->value;
	free(slot->key);
	close_gap(map, (size_t)(slot - map->slot));
	map->n--;
	return value;
}

bool strmap_next(const struct strmap *map, size_t *inout_at, const char **out_key,
		 void **out_value)
{
	while (*inout_at < map->cap) {
		const struct strmap_slot *slot = &map->slot[(*inout_at)++];

		if (!slot->key)
			continue;
		*out_key = slot->key;
		*out_value = slot->value;
		return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **strmap_sorted_keys(const struct strmap *map)
{
	const char **key = mem_new(map->n, sizeof(*key));
	size_t n = 0;

	for (size_t i = 0; i < map->cap; i++)
		if (map->slot[i].key)
			key[n++] = map->slot[i].key;
	qsort(key, n, sizeof(*key), by_text);
	return key;
}
