/* backoff - see backoff.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/backoff.h"

int64_t backoff_failed(struct backoff *b, struct prng *prng)
{
	CHECK(b->first_ms > 0 && b->first_ms <= b->max_ms);
	if (b->step_ms == 0)
		b->step_ms = b->first_ms;
	else
		b->step_ms = b->step_ms > b->max_ms / 2 ? b->max_ms : b->step_ms * 2;
	return prng_between(prng, (b->step_ms + 1) / 2, b->step_ms);
}

void backoff_succeeded(struct backoff *b)
{
	b->step_ms = 0;
}
