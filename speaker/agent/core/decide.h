/*
 * decide - who may answer for an address, or why nobody does
 *
 * Core: no sockets, no clock, no logging. Pure functions of a snapshot.
 *
 * A service counts when all its addresses lie in one pool and it has a
 * servable endpoint (policy Local: on a node that the API knows). The
 * candidates for an address are the nodes of all its services that count:
 * every known node under policy Cluster, those with endpoints under Local.
 * NetworkUnavailable takes a node out. The exclude label does too, unless no
 * node that is ready would be left: then the excluded ones stand behind the
 * others, and the decision says so.
 *
 * Always true: a decision has either a reason or candidates.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_DECIDE_H
#define TINLB_SPEAKER_AGENT_CORE_DECIDE_H

#include "speaker/agent/core/snapshot.h"

struct decision {
	enum table_reason withheld; /* TABLE_OK: candidates may answer */
	bool label_ignored;         /* excluded nodes are candidates for want of others */
	const char *pool;           /* whose address it is, the config's; or NULL */
	uint16_t n_candidate;
	uint16_t candidate[TABLE_MAX_NODES]; /* best first */
};

/* TABLE_OK: the service counts for its addresses. */
enum table_reason decide_service(const struct snapshot *s, const struct snapshot_service *service);

void decide_row(const struct snapshot *s, const struct snapshot_row *row,
		struct decision *out_decision);

/* Why a node that is no candidate is none, for a row with candidates. */
enum table_reason decide_absence(const struct snapshot *s, const struct decision *decision,
				 uint16_t node);

#endif
