/*
 * plan_view - what pages, metrics and status objects show of a plan
 *
 * Core: no sockets, no clock, no logging. Nothing changes by looking.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_PLAN_VIEW_H
#define TINLB_SPEAKER_AGENT_CORE_PLAN_VIEW_H

#include "speaker/agent/core/plan.h"

enum plan_state { PLAN_IS_ANNOUNCED, PLAN_IS_NOT_OWNER, PLAN_IS_WITHHELD };

struct plan_view { /* one address as people see it; everything is borrowed */
	const struct snapshot_row *row;
	enum plan_state state;
	enum table_reason reason; /* TABLE_OK when announced here */
	const char *pool, *owner, *next, *interfaces; /* NULL: none */
	const char *claimant; /* NULL: none */
	int64_t since_ms; /* since 1970, 0: never said */
	bool label_ignored;
};

void plan_view_row(const struct plan *p, const struct snapshot_row *row, struct plan_view *out_view);

/* How many addresses have each reason here; TABLE_OK: announced. */
void plan_view_count_reasons(const struct plan *p, size_t out_n[static TABLE_N_REASONS]);
size_t plan_view_n_claims(const struct plan *p); /* addresses that others answer for, too */

enum plan_announcing { PLAN_MAY_ANNOUNCE, PLAN_ANNOUNCES, PLAN_IS_SILENT };

/*
 * Is a service announced here, on any of its addresses? PLAN_MAY_ANNOUNCE: the
 * announcer has not said it yet. out_interfaces: by commas when advertisements
 * limit them, else "".
 */
enum plan_announcing plan_view_announcing(const struct plan *p, const char *service,
					  const char **out_interfaces);

#endif
