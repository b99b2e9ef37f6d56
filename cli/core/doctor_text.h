/*
 * doctor_text - findings as people read them
 *
 * Core: no sockets, no clock, no logging. A line for each finding, in their
 * order, with the remedy indented below it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_DOCTOR_TEXT_H
#define TINLB_CLI_CORE_DOCTOR_TEXT_H

#include "cli/core/doctor.h"
#include "common/core/text.h"

void doctor_format(const struct doctor *doctor, const struct view *view, bool colour,
		   struct text *out_text);

/* The line alone. */
void doctor_format_finding(const struct doctor_finding *finding, bool colour, struct text *out_text);

#endif
