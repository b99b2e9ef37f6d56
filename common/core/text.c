/* text - see text.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_init(struct text *t, size_t max_bytes)
{
	*t = (struct text){ .s = mem_new(1, 1), .cap = 1, .max = max_bytes };
}

void text_done(struct text *t)
{
	free(t->s);
	*t = (struct text){ 0 };
}

void text_clear(struct text *t)
{
	t->n = 0;
	t->cut = false;
	t->s[0] = '\0';
}

/* Room for n more bytes and the terminator. */
static void reserve(struct text *t, size_t n)
{
	size_t need = t->n + n + 1;

	if (need <= t->cap)
		return;
	t->cap = need > t->cap * 2 ? need : t->cap * 2;
	t->s = mem_resize(t->s, t->cap, 1);
}

void text_add_n(struct text *t, const char *s, size_t n)
{
	if (n > t->max - t->n) {
		n = t->max - t->n;
		t->cut = true;
	}
	reserve(t, n);
	memcpy(t->s + t->n, s, n);
	t->n += n;
	t->s[t->n] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_n(t, s, strlen(s));
}

void text_add_escaped(struct text *t, const char *s)
{
	for (; *s; s++) {
		uint8_t c = (uint8_t)*s;
		bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
			     c == '-' || c == '.' || c == '_' || c == '~';

		text_addf(t, plain ? "%c" : "%%%02X", c);
	}
}

void text_addf(struct text *t, const char *format, ...)
{
	char small[256];
	char *all = small;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	CHECK(n >= 0);
	if ((size_t)n >= sizeof(small)) {
		all = mem_new((size_t)n + 1, 1);
		va_start(args, format);
		vsnprintf(all, (size_t)n + 1, format, args);
		va_end(args);
	}
	text_add_n(t, all, (size_t)n);
	if (all != small)
		free(all);
}

bool text_is_cut(const struct text *t)
{
	return t->cut;
}

char *text_take(struct text *t)
{
	char *s = t->s;

	*t = (struct text){ 0 };
	return s;
}
