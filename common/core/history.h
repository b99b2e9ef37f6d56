/*
 * history - the last changes, for people who come later
 *
 * Core: no sockets, no clock, no logging. A ring of HISTORY_MAX entries: the
 * oldest gives way.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_HISTORY_H
#define TINLB_COMMON_CORE_HISTORY_H

#include "common/core/base.h"

#define HISTORY_MAX 100

struct history_entry { /* texts are owned */
	int64_t at_ms;     /* since 1970 */
	char *about;       /* an address or a service */
	const char *event; /* a word, static */
	char *message;     /* a sentence */
};

struct history { /* all zero: empty */
	struct history_entry entry[HISTORY_MAX];
	size_t n, next; /* entries; place of the next one */
};

/* Copies about and message. */
void history_add(struct history *h, int64_t at_ms, const char *about, const char *event,
		 const char *message);
void history_done(struct history *h);

/* The i-th last entry, 0 for the newest; NULL: there are not so many. */
const struct history_entry *history_last(const struct history *h, size_t i);

#endif
