/* json_read - see json_read.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/json_read.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/text.h"

#define ESCAPE "\\u0000"
#define INSTEAD "\\ufffd"

static bool is_nul(const char *at, size_t n)
{
	return n >= strlen(ESCAPE) && memcmp(at, ESCAPE, strlen(ESCAPE)) == 0;
}

static void replace_nul(char *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i] != '\\')
			continue;
		if (is_nul(at + i, n - i))
			memcpy(at + i, INSTEAD, strlen(INSTEAD));
		i++; /* a backslash after a backslash begins nothing */
	}
}

json_t *json_read(const char *bytes, size_t n, json_error_t *out_error)
{
	char *copy = mem_new(n + 1, 1);
	json_t *root;

	if (n > 0)
		memcpy(copy, bytes, n);
	replace_nul(copy, n);
	root = json_loadb(copy, n, 0, out_error);
	free(copy);
	return root;
}

char *json_read_text(const json_t *json)
{
	const char *at = json_string_value(json), *end = at + json_string_length(json);
	struct text t;

	if (!at)
		return NULL;
	text_init(&t, SIZE_MAX);
	for (;;) {
		text_add(&t, at);
		at += strlen(at);
		if (at == end)
			return text_take(&t);
		text_add(&t, JSON_READ_NUL);
		at++;
	}
}
