/*
 * fixture - a plan for a small cluster, and what comes out of it as text
 *
 * The plan is of node "b". There are three nodes, a pool 10.0.0.0/24, another
 * one 10.1.0.0/24, and a service "d/web" at 10.0.0.1 with an endpoint on "a".
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_UNIT_AGENT_FIXTURE_H
#define TINLB_TESTS_UNIT_AGENT_FIXTURE_H

#include "tests/unit/agent/world.h"

#define START_MS INT64_C(1700000000000)

struct fixture {
	struct plan *p;
	struct snapshot *s;
	struct config *config;
	int64_t now_ms;
	char log[4096]; /* what came out, one word or phrase after the other */
};

void fixture_set_up(struct fixture *f);
void fixture_tear_down(struct fixture *f);

/* Everything to send, as a line; and everything to tell. */
const char *fixture_sent(struct fixture *f);
const char *fixture_told(struct fixture *f);

/* The announcer says: reason for ip, for age_ms already. */
void fixture_verdict(struct fixture *f, const char *ip, enum table_reason reason, int64_t age_ms);

#endif
