/*
 * who - which node answers for each address, since when, and who is next
 *
 * Core: no sockets, no clock, no logging. Rows borrow from the view.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_WHO_H
#define TINLB_CLI_CORE_WHO_H

#include "cli/core/target.h"
#include "cli/core/together.h"

struct who_row {
	struct together t;
	char *services;    /* by commas; NULL: none is known */
	const char *owner; /* who says it answers; else, where that page is missing, who is said to */
	bool is_hearsay;   /* the latter */
	const char *reason; /* why nobody answers, a word: the gravest; NULL: somebody does, or none is given */
	char *trouble;     /* what is amiss, a sentence; NULL: one node answers and all agree */
};

struct who {
	struct who_row *row;
	size_t n;
};

/* target NULL: every address that some daemon knows. */
void who_of(const struct view *view, const struct target *target, struct who *out_who);
void who_done(struct who *who);

/* For people; ages as of now_us since 1970. */
void who_format(const struct who *who, int64_t now_us, bool colour, struct text *out_text);

bool who_is_well(const struct who *who); /* no row has trouble */

/* The node that answers, or is said to by all that could be read; NULL: nobody does. */
const char *who_owner(const struct view *view, const struct together *t, bool *out_hearsay);

#endif
