/*
 * right - may this node answer for an address, and until when
 *
 * Core: no sockets, no clock, no logging. The one question that ownership asks
 * of a plane. The membership is the slow plane: it says "for ever" while this
 * node ranks first among the living, and is asked again when that may have
 * changed. A faster plane grants leases that end by themselves: every answer
 * on the wire is held against the instant that it gave.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_RIGHT_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_RIGHT_H

#include "speaker/announcer/core/vip.h"

#define RIGHT_NONE INT64_MIN

/* RIGHT_NONE: it may not. INSTANT_NEVER: until told otherwise. */
static inline instant right_until(const struct vip *vip, const struct peer *self)
{
	return vip->best && vip->best == self ? INSTANT_NEVER : RIGHT_NONE;
}

#endif
