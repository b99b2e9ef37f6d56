/*
 * history_json - the last changes as a list of a status page (docs/status.md)
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_HISTORY_JSON_H
#define TINLB_COMMON_API_WIRE_HISTORY_JSON_H

#include "common/core/history.h"
#include "common/core/text.h"

/* As the value of the key "history", newest first. */
void history_json_write(struct text *out_json, const struct history *history);

#endif
