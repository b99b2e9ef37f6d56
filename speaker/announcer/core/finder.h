/*
 * finder - where other speakers may be, and which of them are no members yet
 *
 * Core: no sockets, no clock, no logging.
 *
 * Always true: a search that began lasts for FINDER_ROUNDS intervals of gossip,
 * and on until all that the agent named are members, or FINDER_MS are over.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_FINDER_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_FINDER_H

#include "speaker/announcer/core/swim_members.h"
#include "speaker/table/core/table.h"

#define FINDER_MAX_PEERS 1024 /* addresses at which speakers may be; more are not looked at */
#define FINDER_AT_ONCE 4      /* streams that find nobody stay for ten seconds */
#define FINDER_ROUNDS 2       /* the agent may not know all pods' addresses yet: gossip does */
#define FINDER_MS 1000        /* some of those that the agent named may be dead */

struct finder {
	struct ip *peer; /* as the agent named them */
	size_t n, next;
	size_t n_found; /* so many, from the first on, were members at the last look */
	bool whole;     /* the list is complete; the next one begins anew */
	instant from, until; /* the search ends then, at the earliest and latest; INSTANT_NEVER: none */
};

void finder_init(struct finder *f);
void finder_done(struct finder *f);

/* A part of the list. True: that was its end. */
bool finder_on_peers(struct finder *f, const struct table_peers *peers);

bool finder_has(const struct finder *f, const struct ip *ip);
bool finder_has_others(const struct finder *f, const struct swim_addr *self);

/* Up to FINDER_AT_ONCE addresses where no live member is; each time others of them. */
size_t finder_strangers(struct finder *f, const struct swim_members *members,
			struct swim_addr out[FINDER_AT_ONCE]);

/* This speaker enters the ring, and should know who else is in it before it takes anything. */
void finder_begin(struct finder *f, instant now, int64_t gossip_interval_ms);
bool finder_is_searching(const struct finder *f);
void finder_tick(struct finder *f, instant now, const struct swim_members *members);
instant finder_deadline(const struct finder *f, instant now);

#endif
