/*
 * report - what the announcer has to tell the agent
 *
 * Core: no sockets, no clock, no logging. Reports wait here until the socket
 * takes them: verdicts that changed, counts and totals when asked, interfaces.
 *
 * Always true: a verdict waits at most once, and is told as it is when taken.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_REPORT_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_REPORT_H

#include "common/core/ipmap.h"
#include "speaker/announcer/core/links.h"
#include "speaker/announcer/core/vip.h"

struct report {
	struct vip *first_dirty, **last_dirty;
	size_t counts_at; /* where the walk over vips stands */
	bool counts_due, totals_due, ring_due;
	uint64_t links_due; /* bits of links */
	struct link_news link_gone[LINKS_MAX]; /* from their slots; told before the others */
	size_t n_link_gone;
	bool claims_due;  /* vips whose claim_due is set */
	bool members_due; /* peers whose report_due is set */
	bool agent, repeated; /* there is one, and it has repeated the whole table */
};

struct report_sources { /* what is told about */
	const struct links *links;
	const struct ipmap *vips;
	const struct peers *peers;
	const struct peer *self;
};

void report_init(struct report *r);

void report_verdict(struct report *r, struct vip *vip); /* it has changed */
void report_forget(struct report *r, struct vip *vip);  /* it is going away */
void report_claim(struct report *r, struct vip *vip, bool contested); /* by a stranger */
void report_member(struct report *r, struct peer *peer);
void report_link_gone(struct report *r, const struct link_news *news);
void report_on_settings(struct report *r, const struct report_sources *from); /* a fresh agent */
void report_on_ask(struct report *r);

/* TABLE_TOTALS and TABLE_RING come out empty: the hallway fills them in. */
bool report_next(struct report *r, const struct report_sources *from, instant now,
		 struct table_message *out_m) MUST_CHECK;

#endif
