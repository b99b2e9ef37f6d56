/*
 * refusal - whether the others know another speaker by this one's name
 *
 * Core: no sockets, no clock, no logging.
 *
 * A member's address may only change after it has left. So a second speaker of
 * one name, or one whose node got another address, is known to nobody: it has
 * to ask again until that one is gone.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_REFUSAL_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_REFUSAL_H

#include "speaker/announcer/core/swim.h"

struct refusal {
	int64_t ask_every_ms;
	bool refused;
	instant ask_at; /* INSTANT_NEVER: not refused */
};

void refusal_init(struct refusal *r, int64_t ask_every_ms);

/* What a member says that it knows. A namesake, which says of itself what others say of this one, decides nothing. */
void refusal_on_state(struct refusal *r, instant now, const struct swim_config *self,
		      const struct swim_dest *from, const struct swim_push_pull *state);

/* True: ask some member again. */
bool refusal_tick(struct refusal *r, instant now) MUST_CHECK;

#endif
