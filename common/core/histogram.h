/*
 * histogram - how long things took, counted by classes that are the same everywhere
 *
 * Core: no sockets, no clock, no logging. From a millisecond to a minute.
 *
 * Always true: a time is counted once, in the first class whose bound is not
 * below it; the last class has no bound.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_HISTOGRAM_H
#define TINLB_COMMON_CORE_HISTOGRAM_H

#include "common/core/base.h"

#define HISTOGRAM_CLASSES 16

struct histogram { /* all zero: empty */
	uint64_t n[HISTOGRAM_CLASSES];
	uint64_t sum_us;
};

void histogram_add(struct histogram *h, int64_t us); /* below 0: counts as 0 */

/* The bound of a class in milliseconds; of the last one 0: none. */
uint32_t histogram_bound_ms(size_t class);

#endif
