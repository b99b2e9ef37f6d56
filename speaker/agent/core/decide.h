/*
 * decide - who may answer for an address, or why nobody does
 *
 * Core: no sockets, no clock, no logging. Pure functions of a snapshot.
 *
 * A service counts when all its addresses lie in one pool and it has a
 * servable endpoint (policy Local: on a node that the API knows), and when
 * an advertisement is for it; not when it shares its address and one of them
 * selects services, for its partners could then have other announcers. The
 * candidates for an address are the nodes of all its services that count:
 * every known node under policy Cluster, those with endpoints under Local; of
 * these the ones that an advertisement for the service covers, by the sum of
 * the weights by which the advertisements prefer them, then by hash.
 * NetworkUnavailable takes a node out. Nodes with the exclude label stand behind
 * all others: they answer when of those nobody lives, which the announcer sees.
 *
 * Always true: a decision has either a reason or candidates.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_DECIDE_H
#define TINLB_SPEAKER_AGENT_CORE_DECIDE_H

#include "speaker/agent/core/snapshot.h"

struct decision {
	enum table_reason withheld; /* TABLE_OK: candidates may answer */
	const char *pool;           /* whose address it is, the config's; or NULL */
	bool uncovers_self;         /* this node could answer, had an advertisement not left it out */
	uint8_t n_interface;        /* on which this node may answer; 0: on every one */
	char interface[TABLE_MAX_INTERFACES][TABLE_INTERFACE_NAME_MAX];
	uint16_t n_candidate;
	uint16_t n_first; /* of them, those without the exclude label */
	uint16_t candidate[TABLE_MAX_NODES]; /* best first */
};

/* TABLE_OK: the service counts for its addresses. */
enum table_reason decide_service(const struct snapshot *s, const struct snapshot_service *service);

void decide_row(const struct snapshot *s, const struct snapshot_row *row,
		struct decision *out_decision);

/* Is the node a candidate only for want of others? */
bool decide_is_last_resort(const struct decision *decision, uint16_t node);

/* Why this node is no candidate, for a row with candidates; TABLE_OK: it is one. */
enum table_reason decide_absence(const struct snapshot *s, const struct decision *decision);

#endif
