/*
 * moves_json - the lines of `tinlb watch` as JSON (docs/tinlb-json.md)
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_MOVES_JSON_H
#define TINLB_CLI_WIRE_MOVES_JSON_H

#include "cli/core/moves.h"

/* One object and a line end; now_us: of the look that saw it. */
void moves_json_write(const struct move *move, int64_t now_us, struct text *out_json);

#endif
