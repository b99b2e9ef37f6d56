/*
 * peer_source - where the other speakers are: addresses of pods with a label
 *
 * Hallway: lists pods now and then (MetalLB's role for speakers may list pods,
 * not watch them): every ten seconds while members or addresses of pods are
 * missing, else every five minutes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_PEER_SOURCE_H
#define TINLB_SPEAKER_AGENT_PEER_SOURCE_H

#include "common/api/kube_client.h"
#include "speaker/table/core/table.h"

struct peer_source;

struct peer_source_user {
	void (*on_change)(void *ctx); /* there is something to take, or is_known is true now */
	/* NULL: it works again. */
	void (*on_trouble)(void *ctx, const char *sentence);
	void *ctx;
};

/* Labels as in METALLB_ML_LABELS: app=metallb,component=speaker. Texts are copied. */
struct peer_source *peer_source_new(struct kube_client *client, const char *namespace,
				    const char *labels, const struct peer_source_user *user)
	MUST_CHECK;
void peer_source_free(struct peer_source *p); /* NULL is fine */

/* The first question was answered, be it with an error. */
bool peer_source_is_known(const struct peer_source *p);

size_t peer_source_n(const struct peer_source *p); /* addresses that were listed last */

/* So many speakers are in the ring: fewer than there are pods, and it asks more often. */
void peer_source_on_members(struct peer_source *p, size_t n);

/* The next part of a list that has changed. */
bool peer_source_next(struct peer_source *p, struct table_peers *out_peers) MUST_CHECK;

#endif
