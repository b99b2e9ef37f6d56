/* limiter - see limiter.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/limiter.h"

#include <inttypes.h>
#include <stdio.h>

struct limiter limiter_new(int64_t every_ms, int64_t burst)
{
	CHECK(every_ms > 0 && burst > 0);
	return (struct limiter){ .every_ns = every_ms * NS_PER_MS, .burst = burst, .full_at = INT64_MIN };
}

struct limiter limiter_per_s(int64_t per_s, int64_t part)
{
	int64_t burst = per_s > part ? per_s / part : 1;
	int64_t evenly = per_s > burst ? per_s - burst : 1;
	struct limiter l = limiter_new(1, burst);

	l.every_ns = (NS_PER_S + evenly - 1) / evenly;
	return l;
}

bool limiter_allows_line(struct limiter *l, instant now, char out_held[static LIMITER_HELD_MAX])
{
	uint64_t suppressed;

	if (!limiter_allows(l, now, &suppressed))
		return false;
	snprintf(out_held, LIMITER_HELD_MAX, "%" PRIu64, suppressed);
	return true;
}

instant limiter_ready_at(const struct limiter *l, instant now)
{
	/* One token is there as soon as the bucket is at most burst - 1 tokens from full. */
	int64_t slack = (l->burst - 1) * l->every_ns;

	if (l->full_at <= now || l->full_at - now <= slack)
		return now;
	return l->full_at - slack;
}

bool limiter_allows(struct limiter *l, instant now, uint64_t *out_suppressed)
{
	if (limiter_ready_at(l, now) > now) {
		l->suppressed++;
		return false;
	}
	l->full_at = (l->full_at > now ? l->full_at : now) + l->every_ns;
	*out_suppressed = l->suppressed;
	l->suppressed = 0;
	return true;
}
