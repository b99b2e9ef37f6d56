/*
 * owner - how this node comes to answer for an address, and stops
 *
 * Core: no sockets, no clock, no logging. It is told, for each address, whether
 * this node can answer at all; who should answer is rank's word.
 *
 * Always true:
 *   - held from a take to a release, and only while this node can answer;
 *   - in a ring of our kind an address that a living speaker may hold is taken
 *     only after that speaker said that it does not answer, died, or stayed
 *     silent for a second and left three probes unanswered, and then it is asked on until it speaks or dies;
 *     what is held is held on to until whoever comes first asks;
 *   - where whoever was thought to hold it says that it does not, the others are asked
 *     in turn, the first ones of the row, before it is taken;
 *   - one that offers it on for a second, though it is asked, does not hear this
 *     node, and keeps it;
 *   - what is offered for half a minute to one with the same table, which does not
 *     ask, is let go: that one does not hear this node, and answers already, or
 *     hears that nobody offers any more and takes it after three probes;
 *   - of two that hold it for a third one, which is silent, the first in the row goes on;
 *   - of two that both come first, each by its own table, the one without an agent
 *     leaves it to the other;
 *   - in a ring with speakers of another kind, and when no other speaker lives
 *     where there should be some, it is taken only after three unanswered
 *     probes;
 *   - owner_deadline() is never later than the next thing owner_tick() does.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_OWNER_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_OWNER_H

#include "common/core/prng.h"
#include "speaker/announcer/core/hand_msg.h"
#include "speaker/announcer/core/rank.h"

#define OWNER_ASK_EVERY_MS 20 /* a lost word must not cost 50 */
#define OWNER_ASK_BOUND_MS 1000 /* without a word of the asked one */
#define OWNER_OFFER_EVERY_MS 200
#define OWNER_PROBE_EVERY_MS 100
#define OWNER_PROBES 3
#define OWNER_VETO_MS 1000 /* somebody answers: probe again after */

struct owner_note { /* to be sent to a speaker */
	struct peer *to;
	enum hand_kind kind;
	struct hand_entry entry;
	bool held; /* as in hand_msg */
};

struct owner {
	const struct peers *peers;
	const struct ring_meta *about;
	struct peer *self; /* NULL before the first table */
	struct prng prng;
	struct heap steps;
	bool lonely;  /* no other speaker is expected: alone is normal */
	bool cut_off; /* no other speaker can be reached, whoever seems to live */
	bool settled; /* it is in the ring for a while: what is new was not held by others */
	bool stopping;
	bool outdated; /* its agent is away: what others know of the table may be newer */
	struct owner_note *note;
	size_t n_note, cap_note, note_at;
	size_t n_held;
	uint64_t taken[TABLE_N_CAUSES];
	struct histogram failover; /* from peer->doubted to the take, when the holder died */
};

/* What it is given stays the caller's; `about` is what this node says of itself. */
void owner_init(struct owner *o, const struct peers *peers, const struct ring_meta *about,
		uint64_t seed);
void owner_done(struct owner *o);

/* Something about the address, a peer or an interface has changed. */
void owner_judge(struct owner *o, struct vip *vip, instant now, bool can);
void owner_forget(struct owner *o, struct vip *vip); /* it is going away */
void owner_drop(struct owner *o, struct vip *vip);   /* give up what is held; who holds it is not known */

/* An answer or announcement of another machine was seen for an address that is being probed. */
void owner_on_claim(struct vip *vip);

/* Another one answers, too: let it (a dead one: while it answers), or ask it to let go. */
void owner_yield(struct owner *o, struct vip *vip, instant now, struct peer *to);
/* A live one answers and does not talk to this node: stop, and ask it for the address. */
void owner_give_way(struct owner *o, struct vip *vip, instant now, struct peer *to);
void owner_demand(struct owner *o, struct vip *vip, instant now, struct peer *from);

/* One entry of a message from a peer; vip: NULL when it is not in the table. */
void owner_on_hand(struct owner *o, struct vip *vip, instant now, struct peer *from,
		   const struct owner_note *note);

/* The next address whose step is due; *out_probe: send an ARP probe for it. NULL: none. */
struct vip *owner_tick(struct owner *o, instant now, bool *out_probe);
instant owner_deadline(const struct owner *o);

/* Up to HAND_MAX_ENTRIES entries of one kind to one peer. False: nothing to send. */
bool owner_next_hand(struct owner *o, struct peer **out_to, struct hand_msg *out_msg) MUST_CHECK;

#endif
