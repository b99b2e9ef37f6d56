/*
 * cluster - services, endpoints and nodes from the API into the snapshot
 *
 * Hallway: wires feeds and snapshot. Endpoints come from EndpointSlices; where
 * the role forbids them or the API has none, from Endpoints. Until one of the
 * two was read they are tried in turn: an API server that starts refuses both.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CLUSTER_H
#define TINLB_SPEAKER_AGENT_CLUSTER_H

#include "common/api/kube_feed.h"
#include "speaker/agent/core/snapshot.h"

struct cluster;

struct cluster_user {
	void (*on_change)(void *ctx); /* the snapshot may have changed */
	/* A feed's trouble began, changed or ended; `what` names its objects. */
	void (*on_trouble)(void *ctx, const char *what, enum kube_trouble trouble,
			   const char *text);
	void (*on_fallback)(void *ctx, const char *why); /* Endpoints were read, in place of slices */
	void *ctx;
};

struct cluster *cluster_new(struct kube_client *client, struct snapshot *snapshot,
			    const struct cluster_user *user) MUST_CHECK;
void cluster_free(struct cluster *c); /* NULL is fine */

/* Every kind was listed once. */
bool cluster_is_synced(const struct cluster *c);
uint64_t cluster_n_updates(const struct cluster *c);

#endif
