/*
 * check_stop - what a speaker that is told to end held is answered for all the time
 *
 * Looks after every event, not only when the oracle samples; only in times
 * when nothing else is wrong.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_CHECK_STOP_H
#define TINLB_TESTS_SIM_CHECK_STOP_H

#include "tests/sim/world.h"

/* It is told to, now; `calm`: since the fault before. */
void check_stop_begin(struct world *w, unsigned node, instant calm);
void check_stop(struct world *w); /* an event is over */

#endif
