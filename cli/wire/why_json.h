/*
 * why_json - the answer of `tinlb why` as JSON (docs/tinlb-json.md)
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_WHY_JSON_H
#define TINLB_CLI_WIRE_WHY_JSON_H

#include "cli/core/why.h"

void why_json_write(const struct why *why, size_t n, const struct view_words *gaps,
		    struct text *out_json);

#endif
