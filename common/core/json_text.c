/* json_text - see json_text.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/json_text.h"

#include <inttypes.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t utf8_length(const uint8_t *s)
{
	static const struct {
		uint8_t lead_first, lead_last, second_first, second_last, n;
	} form[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(form); i++) {
		if (s[0] < form[i].lead_first || s[0] > form[i].lead_last)
			continue;
		if (s[1] < form[i].second_first || s[1] > form[i].second_last)
			return 0;
		for (size_t k = 2; k < form[i].n; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return form[i].n;
	}
	return 0;
}

static void add_escaped(struct text *t, uint8_t c)
{
	static const char named[] = "\"\"\\\\\nn\tt\rr\bb\ff";

	for (size_t i = 0; i + 1 < sizeof(named); i += 2) {
		if (named[i] == (char)c) {
			char pair[3] = { '\\', named[i + 1], '\0' };

			text_add(t, pair);
			return;
		}
	}
	text_addf(t, "\\u%04x", c);
}

static void add_quoted(struct text *t, const char *value)
{
	const uint8_t *s = (const uint8_t *)value;
	const uint8_t *plain = s;

	text_add(t, "\"");
	while (*s) {
		size_t n = utf8_length(s);

		if (n > 1 || (n == 1 && *s >= 0x20 && *s != '"' && *s != '\\')) {
			s += n;
			continue;
		}
		text_add_n(t, (const char *)plain, (size_t)(s - plain));
		if (n == 0)
			text_add(t, "\xef\xbf\xbd");
		else
			add_escaped(t, *s);
		plain = ++s;
	}
	text_add_n(t, (const char *)plain, (size_t)(s - plain));
	text_add(t, "\"");
}

static void begin(struct text *t, const char *key)
{
	char last = t->n > 0 ? t->s[t->n - 1] : '{';

	if (last != '{' && last != '[' && last != '\n')
		text_add(t, ",");
	if (key) {
		add_quoted(t, key);
		text_add(t, ":");
	}
}

void json_text_open(struct text *t, const char *key, char bracket)
{
	begin(t, key);
	text_add_n(t, &bracket, 1);
}

void json_text_close(struct text *t, char bracket)
{
	text_add_n(t, &bracket, 1);
}

void json_text_string(struct text *t, const char *key, const char *value)
{
	if (!value) {
		json_text_null(t, key);
		return;
	}
	begin(t, key);
	add_quoted(t, value);
}

void json_text_number(struct text *t, const char *key, int64_t value)
{
	begin(t, key);
	text_addf(t, "%" PRId64, value);
}

void json_text_bool(struct text *t, const char *key, bool value)
{
	json_text_raw(t, key, value ? "true" : "false");
}

void json_text_null(struct text *t, const char *key)
{
	json_text_raw(t, key, "null");
}

void json_text_raw(struct text *t, const char *key, const char *value)
{
	begin(t, key);
	text_add(t, value);
}
