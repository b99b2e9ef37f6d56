/*
 * gossip - this speaker in the ring of speakers
 *
 * Hallway: wires swim (core), swim_wire and seal (wire) and gossip_socket (io).
 * It owns nothing but the wiring: who lives is swim's word, and it is handed to
 * the user as it changes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_GOSSIP_H
#define TINLB_SPEAKER_ANNOUNCER_GOSSIP_H

#include "common/io/loop.h"
#include "speaker/announcer/core/swim.h"
#include "speaker/announcer/io/gossip_socket.h"
#include "speaker/announcer/wire/seal.h"

struct gossip_config {
	char node_name[SWIM_NAME_MAX];
	struct gossip_peer bind_to;
	struct swim_timing timing;
	struct seal_ring ring; /* n == 0: in plain */
};

struct gossip_user {
	/* `name` joined, left, or has other meta. Never this node. */
	void (*on_change)(void *ctx, instant now, const char *name, enum swim_change change);
	void *ctx;
};

enum gossip_trouble { /* counted; the first of each kind in a minute is logged */
	GOSSIP_NOT_OPENED, /* no key of ours opens it: another secret, or noise */
	GOSSIP_NOT_SEALED, /* in plain, while we seal */
	GOSSIP_MALFORMED,
	GOSSIP_NAME_CLASH,
	GOSSIP_ADDRESS_CLASH,
	GOSSIP_NOT_REACHED, /* a stream to a peer failed */
	GOSSIP_N_TROUBLES
};

const char *gossip_trouble_word(enum gossip_trouble trouble);

struct gossip;

/* 0, or -errno of the sockets (-EADDRINUSE: something else has the port). */
int gossip_new(struct loop *loop, const struct gossip_config *config,
	       const struct gossip_user *user, struct gossip **out_gossip) MUST_CHECK;
void gossip_free(struct gossip *g); /* NULL is fine */

/* Addresses at which speakers may be found: tried while we do not know their node. */
void gossip_set_peers(struct gossip *g, const struct ip *peer, size_t n);
void gossip_leave(struct gossip *g, instant now); /* told to all before it returns */

bool gossip_is_alive(const struct gossip *g, const char *name);
const struct swim_members *gossip_members(const struct gossip *g);
uint64_t gossip_troubles(const struct gossip *g, enum gossip_trouble trouble);
uint64_t gossip_packets(const struct gossip *g, bool sent);

/* Some peer's packets cannot be opened and none's could: we are deaf by a wrong secret. */
bool gossip_is_locked_out(const struct gossip *g);

#endif
