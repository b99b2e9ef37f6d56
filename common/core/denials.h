/*
 * denials - what a role was lately found not to allow
 *
 * Core: no sockets, no clock, no logging. Who is refused asks again in about a
 * minute, so what was not said for DENIALS_KEPT_MS holds no more.
 *
 * Always true: a sentence is held once; never more than DENIALS_MAX, the oldest
 * gives way.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_DENIALS_H
#define TINLB_COMMON_CORE_DENIALS_H

#include "common/core/base.h"

#define DENIALS_MAX 16
#define DENIALS_KEPT_MS 150000

struct denials {
	struct {
		char *sentence;
		instant at;
	} held[DENIALS_MAX];
	size_t n;
};

/*
 * The API server's message of a refusal. What it says before `User "..."` names
 * one object and is left out, so that many objects make one sentence.
 */
void denials_add(struct denials *d, instant now, const char *message);

/* One after the other, as begun with *at = 0; NULL after the last one. */
const char *denials_next(const struct denials *d, instant now, size_t *at);
void denials_done(struct denials *d);

#endif
