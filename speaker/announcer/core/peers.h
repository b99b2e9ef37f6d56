/*
 * peers - the nodes of the cluster, and which of them live
 *
 * Core: no sockets, no clock, no logging. A peer keeps its place for ever, so
 * that rows may point to it; the indexes by which an agent names peers are
 * forgotten with the agent.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_PEERS_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_PEERS_H

#include "common/core/strmap.h"
#include "speaker/table/core/table.h"

struct peer {
	char *name;
	bool alive_by_api;
	bool gossips, alive_by_gossip; /* gossip knows better than the API */
	uint16_t index;                /* of the present agent, UINT16_MAX: none */
};

struct peers { /* all zero: none */
	struct strmap by_name;
	struct peer *by_index[TABLE_MAX_NODES];
};

void peers_done(struct peers *peers);
struct peer *peers_get(struct peers *peers, const char *name); /* made when it is not there */
void peers_forget_indexes(struct peers *peers);
void peers_set_index(struct peers *peers, struct peer *peer, uint16_t index);

static inline bool peer_is_alive(const struct peer *peer)
{
	return peer->gossips ? peer->alive_by_gossip : peer->alive_by_api;
}

#endif
