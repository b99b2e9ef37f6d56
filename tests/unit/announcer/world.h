/* world - a few speakers in virtual time on a network that loses nothing, for unit tests */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_UNIT_ANNOUNCER_WORLD_H
#define TINLB_TESTS_UNIT_ANNOUNCER_WORLD_H

#include "speaker/announcer/talk.h"

#define WORLD_MAX 8
#define WORLD_IFINDEX 7
#define WORLD_ROWS 4 /* 10.0.0.100 and up: candidates in the order of nodes, turned by one each */

struct world_node {
	struct talk *talk;   /* NULL: it crashed */
	bool cut;            /* no gossip gets to it or from it */
	bool deaf;           /* no gossip gets to it */
	bool no_udp;         /* no datagram does, streams do */
	bool no_stream;      /* the other way round: none to it, none from it */
	bool unplugged;      /* no frame does */
	bool open;           /* it has its port */
	uint64_t datagrams, streams, frames;
	struct talk_note note; /* the last one */
};

struct world {
	instant now;
	size_t n;
	struct world_node node[WORLD_MAX];
	struct talk_config config;
	uint32_t timing[TABLE_N_TIMINGS]; /* as the agent's settings have it */
	unsigned unnamed; /* a bit for each whom the agents do not name (yet) */
	const char *name_of_3; /* NULL: node3 */
	uint64_t nonce;
	unsigned row; /* that is watched: */
	int64_t none_ns, two_ns, last_answered; /* longest without an answer, time with two or more */
};

void world_init(struct world *w, size_t n); /* config may be changed before world_start() */
void world_start(struct world *w, size_t i); /* with links, a table of WORLD_ROWS and its peers */
void world_start_all(struct world *w); /* and five seconds more */
void world_crash(struct world *w, size_t i);
void world_done(struct world *w);
void world_run(struct world *w, int64_t ms);
void world_settle(struct world *w); /* what is to be done now */

/* How many of them answer a question for 10.0.0.(100 + row), and who was the last such one. */
void world_watch(struct world *w, unsigned row); /* from now on */
size_t world_answers(struct world *w, unsigned row, size_t *out_who);
void world_assert_owner(struct world *w, unsigned row, size_t who); /* it answers, and nobody else */
void world_carrier(struct world *w, size_t i, bool carrier);

void world_stop(struct world *w, size_t i); /* SIGTERM */

#endif
