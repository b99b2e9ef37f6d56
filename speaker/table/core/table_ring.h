/*
 * table_ring - what agent and announcer say to each other about the ring of speakers
 *
 * Core: structs only; they travel as messages of table.h.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_TABLE_CORE_TABLE_RING_H
#define TINLB_SPEAKER_TABLE_CORE_TABLE_RING_H

#include "common/core/ip.h"

#define TABLE_NODE_NAME_MAX 254 /* RFC 1123 subdomain and NUL */
#define TABLE_MAX_PEERS 256 /* addresses of one message */
#define TABLE_KEY_IDS_MAX 40
#define TABLE_RING_TROUBLES 8
#define TABLE_MAX_INDIRECT 16

struct table_member { /* a speaker that this one knows of */
	char name[TABLE_NODE_NAME_MAX];
	bool alive, self;
};

enum table_timing { /* of the ring, by memberlist's names */
	TABLE_PROBE_INTERVAL_MS,
	TABLE_PROBE_TIMEOUT_MS,
	TABLE_GOSSIP_INTERVAL_MS,
	TABLE_GOSSIP_TO_DEAD_MS,
	TABLE_PUSH_PULL_MS,
	TABLE_TCP_TIMEOUT_MS,
	TABLE_N_TIMES_MS,
	TABLE_INDIRECT_CHECKS = TABLE_N_TIMES_MS,
	TABLE_GOSSIP_NODES,
	TABLE_RETRANSMIT_MULT,
	TABLE_SUSPICION_MULT,
	TABLE_SUSPICION_MAX_MULT,
	TABLE_AWARENESS_MAX,
	TABLE_N_TIMINGS
};

struct table_peers {
	bool more; /* this list goes on in the next PEERS */
	uint16_t n;
	struct ip ip[TABLE_MAX_PEERS];
};

enum table_ring_state { /* words in /status */
	TABLE_RING_OFF,     /* not configured: who lives is the API's word */
	TABLE_RING_WAITING, /* for the first whole table */
	TABLE_RING_PORT,    /* its port cannot be opened */
	TABLE_RING_SECRET,  /* peers cannot be understood, and nobody could so far */
	TABLE_RING_REFUSED, /* the others know another address by this name */
	TABLE_RING_ALONE,   /* no other member lives */
	TABLE_RING_JOINED,
	TABLE_N_RING_STATES
};

const char *table_ring_word(enum table_ring_state state);

/* What went wrong with peers; words in /status and labels of a metric. */
const char *table_ring_trouble_word(size_t trouble);

struct table_ring {
	enum table_ring_state state;
	char key_ids[TABLE_KEY_IDS_MAX]; /* "": it gossips in plain */
	uint16_t n_differ;               /* members that have other rows than this node */
	uint64_t sent, received;         /* packets */
	uint64_t trouble[TABLE_RING_TROUBLES];
	/* Live members whose own packets do not arrive; the first of them. */
	char indirect[TABLE_MAX_INDIRECT][TABLE_NODE_NAME_MAX];
	uint8_t n_indirect;
};

#endif
