/*
 * notes - what reconcile has to tell: events for the API, lines for the log
 *
 * Core: no sockets, no clock, no logging. A queue in the order of what happened.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_NOTES_H
#define TINLB_CONTROLLER_CORE_NOTES_H

#include "controller/core/decide.h"

struct reconcile_note { /* an event for the API, and a log line */
	const char *key;
	const char *uid;
	bool warning;
	const char *reason;
	const char *taken; /* addresses were taken back: the log's word for why; else NULL */
	const char *message;
	/*
	 * Names the Event: the same for the same words about the same state of the
	 * object, so that a restart does not tell a second time what still holds.
	 */
	uint64_t unique;
	const char *ip;   /* IPAllocated: the addresses, separated by commas */
	const char *pool;
};

struct notes_entry;

struct notes {
	struct notes_entry *first, **last, *given; /* given: the one handed out last */
};

void notes_init(struct notes *notes);
void notes_done(struct notes *notes);
void notes_add(struct notes *notes, const struct service *about, const struct decide_event *event);

/*
 * All of a decision's events; a failure is told once, until it changes or is over, and so is that
 * addresses are taken.
 */
void notes_tell(struct notes *notes, struct service *about, const struct decide_result *result);

/* Strings are valid until the next call. */
bool notes_next(struct notes *notes, struct reconcile_note *out) MUST_CHECK;

#endif
