/*
 * json_read - JSON of others, with every text in it one that C can hold
 *
 * Wire: jansson, no state. A NUL (\u0000) is allowed in JSON and in most texts
 * of the API; a C text would end there, and what follows would be lost without
 * a word. It is read as U+FFFD, which no name, label or address may hold.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_JSON_READ_H
#define TINLB_COMMON_API_WIRE_JSON_READ_H

#include <jansson.h>

#include "common/core/base.h"

#define JSON_READ_NUL "\xEF\xBF\xBD" /* U+FFFD */

/* The caller releases; NULL: it is no JSON, and out_error (may be NULL) says why. */
json_t *json_read(const char *bytes, size_t n, json_error_t *out_error) MUST_CHECK;

/* Of a tree that was read with JSON_ALLOW_NUL. The caller frees; NULL: it is no text. */
char *json_read_text(const json_t *json) MUST_CHECK;

#endif
