/*
 * check_owners - who answers for which address
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_CHECK_OWNERS_H
#define TINLB_TESTS_SIM_CHECK_OWNERS_H

#include "tests/sim/world.h"

void check_owners(struct world *w);
/* Should a speaker of this side answer for the address, one that is well. */
bool check_owners_wants(const struct world *w, unsigned address, unsigned side);
/* Node `at` says that it has the address, after a gap of its loop and before a push/pull. */
void check_silence(struct world *w, unsigned at, unsigned address);

#endif
