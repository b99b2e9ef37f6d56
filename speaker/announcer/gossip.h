/*
 * gossip - this speaker in the ring of speakers
 *
 * Hallway: moves the bytes of talk with gossip_socket, and logs what went
 * wrong, once a minute for each kind of trouble.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_GOSSIP_H
#define TINLB_SPEAKER_ANNOUNCER_GOSSIP_H

#include "common/io/loop.h"
#include "speaker/announcer/io/gossip_socket.h"
#include "speaker/announcer/talk.h"
#include "speaker/table/core/table.h"

struct gossip_config {
	struct gossip_peer bind_to;
	const struct seal_ring *ring; /* copied; to name its keys */
	const char *state_dir;        /* where the incarnation is kept; NULL or "": nowhere */
};

struct gossip_user {
	void (*on_turn)(void *ctx, instant now); /* something came in: take what comes out */
	void *ctx;
};

struct gossip;

struct gossip *gossip_new(struct loop *loop, const struct gossip_config *config,
			  const struct gossip_user *user, struct talk *talk) MUST_CHECK;
void gossip_free(struct gossip *g); /* NULL is fine; talk stays the caller's */

/* Open the port when it is time to (again after a while when it is taken), and send what is due. */
void gossip_settle(struct gossip *g, instant now);

enum table_ring_state gossip_state(const struct gossip *g);
void gossip_report(const struct gossip *g, struct table_ring *out_ring);

#endif
