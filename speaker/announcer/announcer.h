/*
 * announcer - answers ARP for the addresses that this node owns
 *
 * Hallway: wires the brain to interfaces, packet ports, gossip and the agent.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_ANNOUNCER_H
#define TINLB_SPEAKER_ANNOUNCER_ANNOUNCER_H

#include "common/io/loop.h"
#include "speaker/announcer/gossip.h"

struct announcer;

struct announcer_config {
	const char *agent_path;
	char *const *agent_argv;
	size_t ring_bytes;
	struct brain_config brain;
	struct seal_ring ring;       /* keys of the gossip, copied: wipe yours; n == 0: in plain */
	struct gossip_peer bind_to;  /* when the brain gossips */
	const char *state_dir;       /* NULL or "": none */
};

/* 0 or -errno. */
int announcer_start(struct loop *loop, const struct announcer_config *config,
		    struct announcer **out_announcer) MUST_CHECK;
void announcer_on_sigchld(struct announcer *announcer, instant now);

/* Answer no more and end the agent; loop_stop() once it has ended. */
void announcer_stop(struct announcer *announcer, instant now);

/* After the loop: the exit status that the agent asked for, or 0. */
int announcer_exit_status(const struct announcer *announcer);
void announcer_free(struct announcer *announcer); /* NULL is fine */

#endif
