/*
 * effects - log lines and Events about who announces what, and who lives
 *
 * Hallway: the words are MetalLB's, so dashboards and searches carry over.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_EFFECTS_H
#define TINLB_SPEAKER_AGENT_EFFECTS_H

#include "common/core/limiter.h"
#include "speaker/agent/core/plan.h"
#include "speaker/agent/events.h"

#define EFFECTS_MEMBERS	  200 /* lines about members at once, then one in: */
#define EFFECTS_MEMBER_MS 1000

/* One log line, and for what people wait for one Event. */
void effects_tell(const struct plan_effect *effect, const char *node, struct events *events);

/* That a member came or went; `say` holds back what would fill the log. */
void effects_tell_member(const struct table_member *member, struct limiter *say, instant now);

#endif
