/*
 * kube_group - kinds of one API group that are not installed yet, looked for together
 *
 * Hallway: while somebody waits for a kind, the group's discovery document is
 * read now and then: one request for all of them, which every authenticated
 * client may make. Who waits is told once, when the document names the kind, or
 * when it cannot be had: then each must ask for itself.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_KUBE_GROUP_H
#define TINLB_COMMON_API_KUBE_GROUP_H

#include "common/api/kube_client.h"

#define KUBE_GROUP_EVERY_MS 10000 /* less a fifth at most, so that many processes do not ask at once */

struct kube_group;

struct kube_group_wait { /* embedded in who waits */
	const char *plural; /* of the kind: ipaddresspools */
	void (*on_over)(void *ctx); /* must not wait again at once */
	void *ctx;
	struct kube_group_wait *next;
};

/* path: /apis/metallb.io/v1beta1; must outlive it. */
struct kube_group *kube_group_new(struct kube_client *client, const char *path, int64_t every_ms)
	MUST_CHECK;
void kube_group_free(struct kube_group *group); /* after all who wait; NULL is fine */

void kube_group_wait(struct kube_group *group, struct kube_group_wait *wait); /* does not wait yet */
void kube_group_leave(struct kube_group *group, struct kube_group_wait *wait); /* not waiting: no-op */

#endif
