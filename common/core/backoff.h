/*
 * backoff - how long to wait before the next try
 *
 * Core: no sockets, no clock, no logging.
 *
 * Always true: a wait lies between half of the present step and the step; the
 * step doubles from first_ms up to max_ms with each failure and falls back to
 * first_ms on success.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_BACKOFF_H
#define TINLB_COMMON_CORE_BACKOFF_H

#include "common/core/prng.h"

struct backoff {
	int64_t first_ms, max_ms; /* 0 < first_ms <= max_ms */
	int64_t step_ms;          /* 0: no failure since the last success */
};

int64_t backoff_failed(struct backoff *b, struct prng *prng); /* milliseconds to wait */
void backoff_succeeded(struct backoff *b);

#endif
