/*
 * pages - /metrics, /status, the page for people, /healthz and /readyz of a speaker
 *
 * Hallway: wires the HTTP server to functions of the agent.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_PAGES_H
#define TINLB_SPEAKER_AGENT_PAGES_H

#include "common/core/text.h"
#include "common/io/loop.h"
#include "speaker/table/core/speaker_flags.h"

struct pages;

struct pages_user {
	void (*metrics)(void *ctx, struct text *out_text);
	void (*status)(void *ctx, struct text *out_json);
	bool (*is_ready)(void *ctx, struct text *out_why_not);
	void *ctx;
};

struct pages *pages_new(struct loop *loop, const struct speaker_flags *flags,
			const struct pages_user *user) MUST_CHECK;
void pages_free(struct pages *p); /* NULL is fine */

#endif
