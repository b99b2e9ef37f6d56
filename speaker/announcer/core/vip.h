/*
 * vip - one address of the table, as the parts of a node share it
 *
 * Core: structs only. Each part writes its own fields and reads the others'.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_VIP_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_VIP_H

#include "common/core/heap.h"
#include "speaker/announcer/core/peers.h"

struct vip {
	/* node */
	struct table_row row; /* candidate[] is not used: */
	struct peer **candidate;
	uint64_t hash; /* of the row, the same in all speakers that were told the same */
	bool stale;    /* not repeated by a fresh agent */
	enum table_reason reason;
	const struct peer *owner;
	uint64_t carriers, usable; /* bits of links */
	instant since, asked;      /* of this state; last request for it */
	uint64_t requests, responses, gratuitous;
	/* report */
	bool counted; /* counts to report */
	struct vip *dirty_next, **dirty_at; /* in the list of verdicts to report; NULL: not in it */
	/* announce: under way while due.place != 0 */
	struct heap_node due;
	unsigned round;
	uint64_t pending; /* links whose frames of this round are still to be sent */
	bool reply_next;  /* of the lowest pending link: the request was sent */
};

#endif
