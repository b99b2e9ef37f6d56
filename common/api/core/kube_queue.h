/*
 * kube_queue - objects that should be written, each as it is wanted last
 *
 * Core: no sockets, no clock, no logging. Somebody says again and again what an
 * object should be; what comes out is as few writes as possible.
 *
 * Always true:
 *   - of one object at most one write is under way, and the next one begins no
 *     sooner than `pace_ms` after the former;
 *   - what was written last, or is being written, is not written again until
 *     kube_queue_saw() or kube_queue_gone() said that the object is something else;
 *   - after a failure the wait doubles from 1 s to 60 s, with jitter.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_CORE_KUBE_QUEUE_H
#define TINLB_COMMON_API_CORE_KUBE_QUEUE_H

#include "common/core/heap.h"
#include "common/core/prng.h"
#include "common/core/strmap.h"

#define KUBE_QUEUE_STEPS 2

struct kube_step { /* one request; all texts are owned */
	const char *method; /* static */
	char *target, *type, *body; /* type and body: NULL for none */
};

struct kube_wish { /* what it takes to make an object so, one step after the other */
	struct kube_step step[KUBE_QUEUE_STEPS];
	size_t n;
};

void kube_wish_done(struct kube_wish *wish);

struct kube_queue {
	struct strmap items; /* key -> item */
	struct heap due;
	struct prng prng;
	int64_t pace_ms;
	size_t n_sending, max_sending;
};

void kube_queue_init(struct kube_queue *q, int64_t pace_ms, size_t max_sending, uint64_t seed);
void kube_queue_done(struct kube_queue *q);

/* It should be so; takes the wish. It supersedes one that was not sent yet. */
void kube_queue_want(struct kube_queue *q, instant now, const char *key, struct kube_wish *wish);
/* It is as it should be: no wish. What is under way is not sent again if it fails. */
void kube_queue_drop(struct kube_queue *q, const char *key);
void kube_queue_drop_all(struct kube_queue *q);
void kube_queue_saw(struct kube_queue *q, const char *key);  /* the object changed */
void kube_queue_gone(struct kube_queue *q, const char *key); /* there is no such object any more */

/* The next to be sent; the wish is borrowed until kube_queue_on_end(). */
bool kube_queue_next(struct kube_queue *q, instant now, const char **out_key,
		     const struct kube_wish **out_wish) MUST_CHECK;
void kube_queue_on_end(struct kube_queue *q, instant now, const char *key, bool written);
instant kube_queue_deadline(const struct kube_queue *q);

#endif
