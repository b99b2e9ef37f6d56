/*
 * overview_json - the answer of `tinlb status` as JSON (docs/tinlb-json.md)
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_OVERVIEW_JSON_H
#define TINLB_CLI_WIRE_OVERVIEW_JSON_H

#include "cli/core/overview.h"

void overview_json_write(const struct overview *overview, const struct view_words *gaps,
			 struct text *out_json);

#endif
