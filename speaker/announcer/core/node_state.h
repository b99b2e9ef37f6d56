/*
 * node_state - what the parts of a node share, and nobody else sees
 *
 * Core: no sockets, no clock, no logging. node.c has the table and the
 * interfaces, node_judge.c who should answer, node_frames.c the wire,
 * node_ring.c the other speakers.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_NODE_STATE_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_NODE_STATE_H

#include "common/core/ipmap.h"
#include "speaker/announcer/core/claims.h"
#include "speaker/announcer/core/node.h"
#include "speaker/announcer/core/owner.h"
#include "speaker/announcer/core/report.h"

struct node {
	struct links links;
	struct cover cover;
	uint64_t cover_version, ports, ports_version;
	struct peers peers;
	struct peer *self; /* NULL before the first SETTINGS */
	struct ring_meta about;
	struct ipmap vips;
	struct owner owner;
	struct announce announce;
	struct claims claims;
	struct report report;
	bool configured, synced, stopped, paused;
	size_t peers_most; /* names that are kept before those are swept that nothing refers to */
	struct peer *doubt; /* to be found, or asked how it sees the ring; NULL: none */
	enum table_reason locked; /* TABLE_OK: it is not */
	uint64_t n_bad_settings;
	uint64_t claims_of_speakers, claims_of_strangers; /* frames of others about what is held */
	instant beats_until; /* nothing is answered from then on */
	struct vip *probe; /* to be asked for on the links of probe_on: nobody may answer */
	uint64_t probe_on;
};

void node_judge(struct node *n, struct vip *vip, instant now);
void node_judge_all(struct node *n, instant now);
/* What judging or the owner changed, to the agent and onto the wire. */
void node_show(struct node *n, struct vip *vip, instant now);
void node_choose_ports(struct node *n);
void node_tell_about(struct node *n); /* interfaces, table or intentions have changed */

#endif
