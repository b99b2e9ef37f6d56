/*
 * shrink - fewer faults that still show the same failure
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_SHRINK_H
#define TINLB_TESTS_SIM_SHRINK_H

#include "tests/sim/world.h"

/* Two runs fail alike when the same property does not hold. */
bool shrink_is_same(const char *why, const char *other);

/* Makes *plan smaller as long as it fails alike; *out_why is how it fails then. */
void shrink(struct plan *plan, struct outcome *inout);

#endif
