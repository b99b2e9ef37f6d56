/*
 * head_json - how every answer in JSON begins: schema, command, what is missing
 *
 * Wire: writes only, no state. The schema is described in docs/tinlb-json.md;
 * within its number fields are only ever added.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_HEAD_JSON_H
#define TINLB_CLI_WIRE_HEAD_JSON_H

#include "cli/core/view.h"
#include "common/core/text.h"

#define HEAD_JSON_SCHEMA 1

/* Opens the object; the caller adds its own and ends with head_json_close(). */
void head_json_open(struct text *out_json, const char *command, const struct view_words *gaps);
void head_json_close(struct text *out_json);

void head_json_words(struct text *out_json, const char *key, const struct view_words *words);
void head_json_time(struct text *out_json, const char *key, int64_t us); /* 0: null */

#endif
