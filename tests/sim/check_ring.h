/*
 * check_ring - who the speakers believe to be alive
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_CHECK_RING_H
#define TINLB_TESTS_SIM_CHECK_RING_H

#include "tests/sim/world.h"

void check_ring(struct world *w);
/* So long after the last fault all who are well know of it. */
instant check_ring_limit(const struct world *w);

#endif
