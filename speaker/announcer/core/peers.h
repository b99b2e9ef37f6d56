/*
 * peers - the nodes of the cluster, which of them live, and what they say of themselves
 *
 * Core: no sockets, no clock, no logging. A peer keeps its place as long as
 * anything refers to it, so that rows may point to it; the indexes by which an
 * agent names peers are forgotten with the agent.
 *
 * Without a ring a node lives when the API says so; in a ring, when it is a
 * member there, whatever the API says.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_PEERS_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_PEERS_H

#include "common/core/strmap.h"
#include "speaker/announcer/core/ring_meta.h"
#include "speaker/table/core/table.h"

struct peer {
	char *name;
	bool alive_by_api;
	bool member;            /* it lives in the ring */
	struct ring_meta *meta; /* owned; NULL: a speaker of another kind, or never heard of */
	struct ring_meta *had;  /* owned; the last one that said more interfaces; NULL: none */
	uint16_t index;         /* of the present agent, UINT16_MAX: none */
	bool was_member, report_due; /* worth telling; not told yet */
	instant doubted; /* the first sign that it is gone, as long as it is; 0: none is known */
	instant died;    /* when it was found to live no more; 0: never */
	bool left;       /* and it said so itself */
	bool used;       /* since peers_begin_sweep() */
};

struct peers { /* all zero: none, and no ring */
	struct strmap by_name;
	struct peer *by_index[TABLE_MAX_NODES];
	bool ring;
	size_t n_member; /* this node too */
	size_t n_foreign; /* members that are of another kind */
};

void peers_done(struct peers *peers);
struct peer *peers_get(struct peers *peers, const char *name); /* made when it is not there */
void peers_forget_indexes(struct peers *peers);
void peers_set_index(struct peers *peers, struct peer *peer, uint16_t index);

/*
 * Names come and go for years. Between the two calls the caller sets `used` of
 * every peer that it refers to; the second one frees the others, but for
 * members, those that the agent named, and those that are worth telling.
 */
void peers_begin_sweep(struct peers *peers);
void peers_end_sweep(struct peers *peers);

/* meta is copied; NULL: it says nothing that we understand. */
void peers_set_member(struct peers *peers, struct peer *peer, bool live,
		      const struct ring_meta *meta);

static inline bool peers_lives(const struct peers *peers, const struct peer *peer)
{
	return peers->ring ? peer->member : peer->alive_by_api;
}

/* Some member is of another kind: its rules of election are everybody's. */
static inline bool peers_are_mixed(const struct peers *peers)
{
	return peers->ring && peers->n_foreign > 0;
}

#endif
