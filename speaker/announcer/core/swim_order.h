/*
 * swim_order - in which order members are probed
 *
 * Core: no sockets, no clock, no logging. All of them in a random order, then
 * all of them in another one, so that none waits for more than two rounds.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_ORDER_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_ORDER_H

#include "common/core/prng.h"
#include "speaker/announcer/core/swim_members.h"

struct swim_order { /* all zero: a round is over */
	char (*name)[SWIM_NAME_MAX];
	size_t n, cap, at;
};

void swim_order_done(struct swim_order *order);

/* The next member to probe, or NULL when there is none. A new round forgets who is long dead. */
const struct swim_member *swim_order_next(struct swim_order *order, struct swim_members *members,
					  struct prng *prng, instant now);

#endif
