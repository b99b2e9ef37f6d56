/*
 * silence - when it is told that nobody answers for a service's address
 *
 * Core: no sockets, no clock, no logging. A reason that lasts is told once,
 * until it becomes another one or is over: endpoints come a moment after their
 * service, and a rollout may have a gap.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_SILENCE_H
#define TINLB_SPEAKER_AGENT_CORE_SILENCE_H

#include "speaker/table/core/table.h"

#define SILENCE_TOLD_AFTER_MS 3000

struct silence { /* all zero: somebody may answer */
	uint8_t reason, told; /* enum table_reason, TABLE_OK: none; what was told last */
	int64_t since_ms;     /* when the reason was first looked at; 0: not yet */
};

/*
 * Why nobody answers as of now; TABLE_OK: somebody may. What passes by itself
 * or is told by others (the controller tells of IPv6 and of missing
 * advertisements) counts as that. True: silence_is_due() is to be asked.
 */
bool silence_set(struct silence *s, enum table_reason reason);

enum silence_due { SILENCE_NOTHING, SILENCE_LATER, SILENCE_NOW };

/* SILENCE_NOW comes once. */
enum silence_due silence_is_due(struct silence *s, int64_t now_ms);

/* Of the speakers that live the one with the smallest weight tells. */
uint64_t silence_weight(const char *node, const char *service);

#endif
