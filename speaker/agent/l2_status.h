/*
 * l2_status - the objects that say which node announces a service
 *
 * Hallway: wires the plan to ServiceL2Status objects: one for each service that
 * this node announces, by server-side apply, written when it says something
 * else than what is stored. Who announces a service deletes what other nodes
 * left about it, so that a node which died leaves nothing behind.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_L2_STATUS_H
#define TINLB_SPEAKER_AGENT_L2_STATUS_H

#include "common/api/kube_group.h"
#include "common/api/kube_self.h"
#include "speaker/agent/core/plan.h"

struct l2_status;

struct l2_status_config {
	const char *namespace, *node; /* must outlive it, as the others */
	const struct plan *plan;
	const struct kube_self *self;
	struct kube_group *group; /* that has the kind; NULL: the feed asks for it again */
};

struct l2_status *l2_status_new(struct kube_client *client, const struct l2_status_config *config)
	MUST_CHECK;
void l2_status_free(struct l2_status *l); /* NULL is fine */

/* The announcer has a whole table: from now on what is not announced is known. */
void l2_status_arm(struct l2_status *l);
/* It is known which pod this is, or that it is not; once. Nothing is read or written before. */
void l2_status_on_self(struct l2_status *l);
void l2_status_touch(struct l2_status *l, const char *service); /* it may have changed */
size_t l2_status_n_waiting(const struct l2_status *l); /* writes */

#endif
