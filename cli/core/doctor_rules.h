/*
 * doctor_rules - the rules of doctor, for its own files only
 *
 * Core: no sockets, no clock, no logging. Rules may ask what was found before them.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_DOCTOR_RULES_H
#define TINLB_CLI_CORE_DOCTOR_RULES_H

#include "cli/core/doctor.h"

struct doctor_about { /* borrowed; NULL where there is none */
	const char *subject, *node, *reason;
};

void doctor_add(struct doctor *d, enum doctor_word word, struct doctor_about about,
		const char *format, ...) PRINTF_LIKE(4, 5);
bool doctor_has(const struct doctor *d, enum doctor_word word);

/* All rules, in the order in which they are asked. */
void doctor_cluster(const struct view *view, struct doctor *d);  /* API, controllers, configuration */
void doctor_speakers(const struct view *view, struct doctor *d); /* speakers, nodes, kernels */
void doctor_ring(const struct view *view, struct doctor *d);     /* secrets and gossip */
void doctor_services(const struct view *view, int64_t now_us, struct doctor *d);

#endif
