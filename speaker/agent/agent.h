/*
 * agent - the API's side of a speaker, wired together
 *
 * Hallway: feeds and configuration go into the plan, the plan's messages to the
 * announcer, its effects into log lines and Events, everything onto the pages.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_AGENT_H
#define TINLB_SPEAKER_AGENT_AGENT_H

#include "common/core/text.h"
#include "common/io/loop.h"
#include "speaker/table/core/speaker_flags.h"

struct agent;

/* 0, or -errno with a sentence: the command line, the credentials or a file is wrong. */
int agent_new(struct loop *loop, const struct speaker_flags *flags, int table_fd,
	      struct agent **out_agent, struct text *out_error) MUST_CHECK;
void agent_free(struct agent *a); /* NULL is fine */

#endif
