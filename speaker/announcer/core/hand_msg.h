/*
 * hand_msg - what two speakers of our kind say to each other when an address moves
 *
 * Core: structs only; wire/hand_wire turns them into memberlist's user messages,
 * which other kinds of speakers ignore.
 *
 * The one that comes first asks, and answers for the address only when told
 * that the other has stopped. A token comes back with the answer, and whoever
 * is asked gives only to whom it would give by itself: so a message that was
 * recorded and sent again moves nothing.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_HAND_MSG_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_HAND_MSG_H

#include "common/core/ip.h"
#include "speaker/announcer/core/swim_msg.h"

#define HAND_MAX_ENTRIES 48
#define HAND_NO_TOKEN	 0 /* nobody asked */

enum hand_kind {
	HAND_ASK = 1, /* I come first for these: stop, and tell me */
	HAND_GIVE,    /* I do not answer for them (any more); with HAND_NO_TOKEN: I offered them in vain */
	HAND_KEEP,    /* I go on: as I see it, you do not come first */
	HAND_OFFER,   /* I answer for these, but you come first: ask me */
	HAND_N_KINDS
};

struct hand_entry {
	struct ip ip;
	uint32_t token; /* of the ASK; in its answers the same */
};

struct hand_msg {
	enum hand_kind kind;
	bool stopping; /* the sender is about to leave */
	bool held;     /* HAND_GIVE: it answered for them until it was asked */
	char from[SWIM_NAME_MAX];
	uint8_t n;
	struct hand_entry entry[HAND_MAX_ENTRIES];
};

#endif
