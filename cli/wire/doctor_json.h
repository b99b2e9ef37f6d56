/*
 * doctor_json - findings in JSON, docs/doctor.md
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_DOCTOR_JSON_H
#define TINLB_CLI_WIRE_DOCTOR_JSON_H

#include "cli/core/doctor.h"
#include "common/core/text.h"

void doctor_json_write(const struct doctor *doctor, const struct view_words *gaps,
		       struct text *out_json);

#endif
