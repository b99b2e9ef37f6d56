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

enum own {
	OWN_NOT,
	OWN_ASKING,  /* whoever holds it */
	OWN_PROBING, /* whether somebody answers */
	OWN_HELD,
};

struct vip {
	/* node */
	struct table_row row; /* candidate[] is not used: */
	struct peer **candidate;
	uint64_t hash; /* of the row, the same in all speakers that were told the same */
	bool stale;    /* not repeated by a fresh agent */
	enum table_reason reason;
	struct peer *owner; /* as told the agent */
	instant until;            /* it is answered before this instant (right.h) */
	uint64_t carriers, usable; /* bits of links */
	uint64_t announced;        /* those of usable on which it was announced since it was taken */
	instant since, asked;      /* of this state; last request for it */
	uint64_t requests, responses, gratuitous;
	uint64_t n_take;
	/* owner */
	enum own own;
	bool can;               /* as of the last judgement this node can answer for it */
	struct peer *best;      /* who should answer, NULL: nobody */
	struct peer *holder;    /* who is believed to answer, NULL: nobody; */
	struct peer *chased;    /* was asked in vain, and may answer still; NULL: nobody */
	struct peer *deferred;  /* left to this one, whom the ring does not see, while it answers */
	bool holder_known;      /* false: this node has not been there for long enough to know */
	struct heap_node step;  /* ask, offer or probe again */
	instant bound;          /* of asking */
	uint8_t n_asked;        /* the row is asked in turn, as far as here; 0: only holder is asked */
	struct peer *denied;    /* it had it, and says that it has not; NULL: nobody did */
	unsigned n_probe;
	bool guessed;           /* who is asked may have it: nothing is known of it */
	bool failing;           /* it is being taken because its holder died just now */
	struct peer *from;      /* whose it was when it was taken last; NULL: nobody's */
	enum table_cause cause; /* of that take */
	bool answered;          /* somebody answers for it */
	uint32_t token, gave;   /* of our question; of the last one that was answered by letting go */
	/* claims: while held */
	struct heap_node probe;  /* when to ask again whether somebody else answers */
	uint64_t probe_pending;  /* links still to be asked on */
	instant defended, claimed; /* last time; INT64_MIN: never */
	uint8_t claimant[6];     /* of the last claim */
	instant disputed; /* since when a live speaker answers, too, and does not talk to this one; 0 */
	bool contested;          /* a stranger answers for it, too: the agent was told */
	/* report */
	bool counted, claim_due; /* counts, a claimant to report */
	struct vip *dirty_next, **dirty_at; /* in the list of verdicts to report; NULL: not in it */
	/* announce: under way while due.place != 0 */
	struct heap_node due;
	unsigned round;
	uint64_t pending; /* links whose frames of this round are still to be sent */
	bool reply_next;  /* the next frame is a reply; in the first round all those that are pending */
	bool refreshing;  /* the rounds are over: single requests from time to time */
};

#endif
