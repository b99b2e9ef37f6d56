/*
 * limiter - a token bucket that counts what it held back
 *
 * Core: no sockets, no clock, no logging. For everything a remote can trigger.
 *
 * Always true: over any span of t at most burst + t / every_ns are allowed.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_LIMITER_H
#define TINLB_COMMON_CORE_LIMITER_H

#include "common/core/base.h"

struct limiter {
	int64_t every_ns; /* one token per so many nanoseconds, > 0 */
	int64_t burst;    /* tokens in a full bucket, > 0 */
	instant full_at;  /* when the bucket is (or was) full again */
	uint64_t suppressed;
};

struct limiter limiter_new(int64_t every_ms, int64_t burst);
/* At most per_s in any second: that part of them together, the others evenly (part >= 1; per_s: 1 or more). */
struct limiter limiter_per_s(int64_t per_s, int64_t part);

/* May it happen now? When yes, *out_suppressed says how many were held back before it. */
bool limiter_allows(struct limiter *l, instant now, uint64_t *out_suppressed) MUST_CHECK;

/* The same for a log line, which gives that number as text. */
#define LIMITER_HELD_MAX 24
bool limiter_allows_line(struct limiter *l, instant now, char out_held[static LIMITER_HELD_MAX]) MUST_CHECK;

/* The first instant from which limiter_allows() would say yes. */
instant limiter_ready_at(const struct limiter *l, instant now);

#endif
