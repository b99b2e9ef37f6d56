/*
 * json_text - writing JSON into a text, one value at a time
 *
 * Core: no sockets, no clock, no logging. Only writes; JSON is read by jansson
 * in wire rooms, which the announcer does not link.
 *
 * Commas are put where they belong. Inside an object every value needs a key,
 * inside an array the key is NULL. Strings are escaped; bytes that are not
 * UTF-8 come out as U+FFFD, so the result is always valid JSON.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_JSON_TEXT_H
#define TINLB_COMMON_CORE_JSON_TEXT_H

#include "common/core/text.h"

void json_text_open(struct text *t, const char *key, char bracket); /* '{' or '[' */
void json_text_close(struct text *t, char bracket);                 /* '}' or ']' */
void json_text_string(struct text *t, const char *key, const char *value); /* NULL: null */
void json_text_number(struct text *t, const char *key, int64_t value);
void json_text_bool(struct text *t, const char *key, bool value);
void json_text_null(struct text *t, const char *key);

/* `value` is JSON already. */
void json_text_raw(struct text *t, const char *key, const char *value);

#endif
