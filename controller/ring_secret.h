/*
 * ring_secret - the Secret with the key of the speakers' ring, made when there is none
 *
 * Hallway: asks the API to create it until it exists or the role forbids it. One
 * that exists is never read and never changed. The key leaves this process only
 * in that request.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_RING_SECRET_H
#define TINLB_CONTROLLER_RING_SECRET_H

#include "common/api/kube_client.h"

struct ring_secret;

/* Begins at once. Texts are copied. */
struct ring_secret *ring_secret_new(struct kube_client *client, const char *namespace,
				    const char *name) MUST_CHECK;
void ring_secret_free(struct ring_secret *secret); /* NULL is fine */

#endif
