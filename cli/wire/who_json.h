/*
 * who_json - the answer of `tinlb who` as JSON (docs/tinlb-json.md)
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_WHO_JSON_H
#define TINLB_CLI_WIRE_WHO_JSON_H

#include "cli/core/who.h"

void who_json_write(const struct who *who, const struct view_words *gaps, struct text *out_json);

#endif
