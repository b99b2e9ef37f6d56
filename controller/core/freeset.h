/*
 * freeset - which offsets of a range are taken
 *
 * Core: no sockets, no clock, no logging. Sorted runs of taken offsets: memory
 * grows with the holes between them, not with the range, so a /64 costs nothing.
 *
 * Always true: runs are disjoint, not adjacent, and in ascending order.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_FREESET_H
#define TINLB_CONTROLLER_CORE_FREESET_H

#include "common/core/base.h"

struct freeset_run {
	uint64_t first, last;
};

struct freeset { /* all zero: everything is free */
	struct freeset_run *run;
	size_t n, cap;
};

void freeset_done(struct freeset *set);
void freeset_take(struct freeset *set, uint64_t offset);    /* taken already: no-op */
void freeset_release(struct freeset *set, uint64_t offset); /* free already: no-op */

/* The lowest free offset that is not below `from`; false when there is none. */
bool freeset_next(const struct freeset *set, uint64_t from, uint64_t *out_offset) MUST_CHECK;

#endif
