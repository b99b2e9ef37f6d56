/*
 * kube_self - the uid of this process's own pod, for owner references
 *
 * Hallway: asks until it is known. Without the name of a pod, or where the role
 * forbids it twice, 5 s apart, it never is.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_KUBE_SELF_H
#define TINLB_COMMON_API_KUBE_SELF_H

#include "common/api/kube_client.h"

struct kube_self;

/* on_known is called once, when the uid is known or will not be. Texts are copied. */
struct kube_self *kube_self_new(struct kube_client *client, const char *namespace, const char *pod,
				void (*on_known)(void *ctx), void *ctx) MUST_CHECK;
void kube_self_free(struct kube_self *self); /* NULL is fine */
bool kube_self_is_known(const struct kube_self *self);
const char *kube_self_pod(const struct kube_self *self);
const char *kube_self_uid(const struct kube_self *self); /* NULL: not known */

#endif
