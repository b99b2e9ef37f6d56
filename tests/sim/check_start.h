/*
 * check_start - speakers that start at once do not answer for one address together
 *
 * Looks more often than the oracle samples; only until the first fault of a
 * run, and where nothing is lost.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_CHECK_START_H
#define TINLB_TESTS_SIM_CHECK_START_H

#include "tests/sim/world.h"

void check_start(struct world *w); /* an event is over */

#endif
