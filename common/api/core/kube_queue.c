/* kube_queue - see kube_queue.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/core/kube_queue.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/backoff.h"
#include "common/core/hash.h"

#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS 60000

struct item {
	struct heap_node node; /* in `due` while `next` waits */
	struct kube_wish next, sent; /* n is 0: none */
	uint64_t last; /* hash of what was written last or is being written, 0: not known */
	struct backoff backoff;
	instant not_before;
	bool sending;
	bool dropped; /* what is being sent is wanted no more */
	bool gone;    /* there is no object: nothing is worth keeping */
	char key[];
};

void kube_wish_done(struct kube_wish *wish)
{
	for (size_t i = 0; i < wish->n; i++) {
		free(wish->step[i].target);
		free(wish->step[i].type);
		free(wish->step[i].body);
	}
	*wish = (struct kube_wish){ 0 };
}

/* 0: there is none. */
static uint64_t hash_wish(const struct kube_wish *wish)
{
	uint64_t hash = HASH_EMPTY;

	for (size_t i = 0; i < wish->n; i++) {
		hash = hash_field(hash, wish->step[i].method);
		hash = hash_field(hash, wish->step[i].target);
		hash = hash_field(hash, wish->step[i].body ? wish->step[i].body : "");
	}
	return wish->n > 0 ? hash | 1 : 0;
}

void kube_queue_init(struct kube_queue *q, int64_t pace_ms, size_t max_sending, uint64_t seed)
{
	*q = (struct kube_queue){ .prng = prng_seeded(seed), .pace_ms = pace_ms,
				  .max_sending = max_sending };
}

static void item_free(struct item *item)
{
	kube_wish_done(&item->next);
	kube_wish_done(&item->sent);
	free(item);
}

void kube_queue_done(struct kube_queue *q)
{
	const char *key;
	void *item;

	for (size_t at = 0; strmap_next(&q->items, &at, &key, &item);)
		item_free(item);
	strmap_done(&q->items);
	heap_done(&q->due);
}

static struct item *item_of(struct kube_queue *q, const char *key)
{
	struct item *item = strmap_get(&q->items, key);

	if (!item) {
		item = mem_new(1, sizeof(*item) + strlen(key) + 1);
		memcpy(item->key, key, strlen(key) + 1);
		item->backoff = (struct backoff){ RETRY_FIRST_MS, RETRY_MAX_MS, 0 };
		item->not_before = INT64_MIN;
		strmap_put(&q->items, key, item);
	}
	return item;
}

static void forget_next(struct kube_queue *q, struct item *item)
{
	kube_wish_done(&item->next);
	heap_remove(&q->due, &item->node);
}

static void schedule(struct kube_queue *q, struct item *item, instant now)
{
	if (item->next.n > 0 && !item->sending)
		heap_set(&q->due, &item->node, now > item->not_before ? now : item->not_before);
}

void kube_queue_want(struct kube_queue *q, instant now, const char *key, struct kube_wish *wish)
{
	struct item *item = item_of(q, key);
	uint64_t hash = hash_wish(wish);

	item->dropped = item->gone = false;
	if (hash == hash_wish(&item->next)) {
		kube_wish_done(wish);
		return;
	}
	forget_next(q, item);
	if (hash == item->last) {
		kube_wish_done(wish);
		return;
	}
	item->next = *wish;
	*wish = (struct kube_wish){ 0 };
	schedule(q, item, now);
}

static void forget_idle(struct kube_queue *q, struct item *item)
{
	if (item->sending || item->next.n > 0)
		return;
	strmap_remove(&q->items, item->key);
	item_free(item);
}

void kube_queue_drop(struct kube_queue *q, const char *key)
{
	struct item *item = strmap_get(&q->items, key);

	if (!item)
		return;
	forget_next(q, item);
	item->dropped = item->sending;
	if (item->not_before == INT64_MIN) /* nothing was ever written */
		forget_idle(q, item);
}

void kube_queue_drop_all(struct kube_queue *q)
{
	const char **key = strmap_sorted_keys(&q->items);

	for (size_t i = 0, n = q->items.n; i < n; i++)
		kube_queue_drop(q, key[i]);
	free(key);
}

void kube_queue_saw(struct kube_queue *q, const char *key)
{
	struct item *item = strmap_get(&q->items, key);

	if (item)
		item->last = 0;
}

void kube_queue_gone(struct kube_queue *q, const char *key)
{
	struct item *item = strmap_get(&q->items, key);

	if (!item)
		return;
	item->last = 0;
	item->gone = true;
	forget_idle(q, item);
}

bool kube_queue_next(struct kube_queue *q, instant now, const char **out_key,
		     const struct kube_wish **out_wish)
{
	struct heap_node *first = heap_first(&q->due);
	struct item *item;

	if (!first || first->due > now || q->n_sending == q->max_sending)
		return false;
	heap_remove(&q->due, first);
	item = CONTAINER_OF(first, struct item, node);
	item->sending = true;
	item->sent = item->next;
	item->next = (struct kube_wish){ 0 };
	item->last = hash_wish(&item->sent);
	q->n_sending++;
	*out_key = item->key;
	*out_wish = &item->sent;
	return true;
}

void kube_queue_on_end(struct kube_queue *q, instant now, const char *key, bool written)
{
	struct item *item = strmap_get(&q->items, key);

	CHECK(item && item->sending);
	item->sending = false;
	q->n_sending--;
	if (written) {
		backoff_succeeded(&item->backoff);
		item->not_before = instant_add_ms(now, q->pace_ms);
	} else {
		item->not_before = instant_add_ms(now, backoff_failed(&item->backoff, &q->prng));
		item->last = 0;
		if (item->next.n == 0 && !item->dropped) {
			item->next = item->sent;
			item->sent = (struct kube_wish){ 0 };
		}
	}
	kube_wish_done(&item->sent);
	item->dropped = false;
	schedule(q, item, now);
	if (item->gone)
		forget_idle(q, item);
}

instant kube_queue_deadline(const struct kube_queue *q)
{
	return q->n_sending == q->max_sending ? INSTANT_NEVER : heap_deadline(&q->due);
}
