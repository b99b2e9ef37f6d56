/*
 * overview - the state of a whole installation, and what is wrong with it
 *
 * Core: no sockets, no clock, no logging. Borrows from the view.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_OVERVIEW_H
#define TINLB_CLI_CORE_OVERVIEW_H

#include "cli/core/doctor.h"
#include "common/core/text.h"

struct overview_speaker {
	const struct view_daemon *daemon;
	size_t n_announced;
	struct view_words sees; /* members it says are alive, itself too */
	struct view_words misses; /* nodes with a speaker that runs and that it does not see */
};

struct overview {
	const struct view *view;
	const struct view_daemon *leader; /* NULL: no controller was read */
	const struct view_service **waiting; /* services without all that they want */
	size_t n_waiting;
	struct overview_speaker *speaker;
	size_t n_speaker;
	size_t n_address, n_answered; /* addresses that are known, and answered by one node */
	struct doctor doctor; /* but for services that wait, which stand above */
};

/* now_us: since 1970. The caller ends it with overview_done(). */
void overview_of(const struct view *view, int64_t now_us, struct overview *out_overview);
void overview_done(struct overview *overview);
void overview_format(const struct overview *overview, bool colour, struct text *out_text);

/* What a pool still has to give, never negative. */
int64_t overview_free(const struct view_pool *pool);

#endif
