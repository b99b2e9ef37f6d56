/*
 * swim_gossip - which news still has to be told, and how often
 *
 * Core: no sockets, no clock, no logging. memberlist's TransmitLimitedQueue:
 * news told least often goes first, then the largest that fits; a newer piece
 * about the same node replaces the older; a piece is dropped after
 * mult * ceil(log10(n + 1)) transmissions.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_GOSSIP_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_GOSSIP_H

#include "speaker/announcer/core/swim_msg.h"

struct swim_news {
	struct swim_msg msg;
	size_t size;        /* encoded */
	unsigned transmits; /* so far */
	bool taken;         /* since swim_gossip_begin() */
	uint64_t order;
};

struct swim_gossip { /* all zero: empty */
	struct swim_news **news;
	size_t n, cap;
	uint64_t next_order;
};

void swim_gossip_done(struct swim_gossip *g);

/* Bytes that the message takes on the wire, without any frame; what swim_encode() gives. */
size_t swim_gossip_size(const struct swim_msg *msg);

/* alive, suspect or dead: news about one node. */
void swim_gossip_put(struct swim_gossip *g, const struct swim_msg *msg);

#define SWIM_GOSSIP_UNCOUNTED 0

/*
 * The next piece of at most `room` bytes that was not taken since the last
 * swim_gossip_begin(); counts as one transmission. `limit` is how often a piece
 * is told; SWIM_GOSSIP_UNCOUNTED: this time is none of them. False: nothing more fits.
 */
void swim_gossip_begin(struct swim_gossip *g);
bool swim_gossip_take(struct swim_gossip *g, size_t room, unsigned limit,
		      struct swim_msg *out_msg) MUST_CHECK;

unsigned swim_gossip_limit(unsigned mult, size_t n_nodes);

#endif
