/*
 * check_json - the answer of `tinlb check` as JSON (docs/tinlb-json.md)
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_CHECK_JSON_H
#define TINLB_CLI_WIRE_CHECK_JSON_H

#include "cli/core/joined.h"
#include "config/core/config_errors.h"
#include "config/wire/convert_yaml.h"

void check_json_write(const struct joined *files, const struct config_errors *errors,
		      const struct convert_counts *counts, struct text *out_json);

#endif
