/*
 * tally - counts over many runs, and whether they are what was promised
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_TALLY_H
#define TINLB_TESTS_SIM_TALLY_H

#include "tests/sim/world.h"

struct tally { /* all zero: empty */
	uint64_t n_run, n_failed, n_event, n_packet, n_handover, n_false_death;
	uint64_t n_by_nodes[PLAN_MAX_NODES + 1], n_by_faults[PLAN_MAX_FAULTS + 1];
	int64_t shortest_ms;
	double node_hours, lossy_hours;
};

void tally_add(struct tally *tally, const struct plan *plan, const struct outcome *outcome);
void tally_merge(struct tally *tally, const struct tally *other);
/* Prints them. False: fewer nodes, faults or minutes than promised, or more false deaths. */
bool tally_end(const struct tally *tally);

#endif
