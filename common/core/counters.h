/*
 * counters - metric families and their series
 *
 * Core: no sockets, no clock, no logging. common/api/wire/exposition writes
 * them as text. Families come out in the order in which they were added, their
 * series sorted by labels.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_COUNTERS_H
#define TINLB_COMMON_CORE_COUNTERS_H

#include "common/core/strmap.h"

enum counters_type { COUNTERS_COUNTER, COUNTERS_GAUGE };

struct counters_family {
	const char *name, *help; /* literals */
	enum counters_type type;
	struct strmap series; /* labels as `a="x",b="y"` (escaped) -> double */
	struct counters_family *next;
};

struct counters { /* all zero: empty */
	struct counters_family *first;
};

void counters_done(struct counters *c);

/* A family to set series of; lives as long as c. name and help must outlive c. */
struct counters_family *counters_add(struct counters *c, const char *name,
				     enum counters_type type, const char *help);

struct counters_labels { /* one pair; a series is named by an array of them, in one order */
	const char *name, *value;
};

/* The series is made when it is not there. */
void counters_set(struct counters_family *f, const struct counters_labels *label, size_t n_label,
		  double value);
void counters_increase(struct counters_family *f, const struct counters_labels *label,
		       size_t n_label, double by);

#endif
