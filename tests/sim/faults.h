/*
 * faults - what each kind of fault does to the world, when it begins and when it ends
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_FAULTS_H
#define TINLB_TESTS_SIM_FAULTS_H

#include "tests/sim/world.h"

struct fault_event {
	struct event event;
	const struct fault *fault;
	bool active;
};

void faults_start(struct world *w); /* puts those of the plan into the heap */
void faults_on_event(struct world *w, struct fault_event *f);
void faults_done(struct world *w);

#endif
