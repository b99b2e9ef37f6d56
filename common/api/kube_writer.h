/*
 * kube_writer - writes objects through a kube_queue, a few at a time
 *
 * Hallway: wires kube_queue and the client. What could not be written is tried
 * again and told; the state stays the queue's.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_KUBE_WRITER_H
#define TINLB_COMMON_API_KUBE_WRITER_H

#include "common/api/core/kube_queue.h"
#include "common/api/kube_client.h"

struct kube_writer_config {
	const char *what;  /* static; for the log */
	int64_t pace_ms;   /* between two writes of one object */
	size_t max_active; /* writes under way at once */
};

struct kube_writer;

struct kube_writer *kube_writer_new(struct kube_client *client,
				    const struct kube_writer_config *config) MUST_CHECK;
void kube_writer_free(struct kube_writer *w); /* drops what was not sent; NULL is fine */

void kube_writer_want(struct kube_writer *w, const char *key, struct kube_wish *wish); /* takes it */
void kube_writer_drop(struct kube_writer *w, const char *key);
void kube_writer_drop_all(struct kube_writer *w); /* the API has the kind no longer, or forbids it */
void kube_writer_saw(struct kube_writer *w, const char *key);
void kube_writer_gone(struct kube_writer *w, const char *key);
size_t kube_writer_n_waiting(const struct kube_writer *w); /* not sent yet, or under way */

/* One step of a wish, built up: a request with a JSON body (takes both texts; body may be NULL). */
void kube_wish_add(struct kube_wish *wish, const char *method, const char *type, char *target,
		   char *body);

#endif
