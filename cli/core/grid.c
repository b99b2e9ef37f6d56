/* grid - see grid.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/grid.h"

#include <stdlib.h>
#include <string.h>

#define GAP 2

void grid_init(struct grid *g, size_t n_column)
{
	CHECK(n_column > 0 && n_column <= GRID_MAX_COLUMNS);
	*g = (struct grid){ .n_column = n_column };
}

void grid_done(struct grid *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->cell[i]);
	free(g->cell);
	free(g->style);
	*g = (struct grid){ 0 };
}

void grid_add(struct grid *g, const char *cell, enum grid_style style)
{
	g->cell = mem_grow(g->cell, g->n, &g->cap, sizeof(*g->cell));
	g->style = mem_grow(g->style, g->n, &g->cap_style, sizeof(*g->style));
	g->cell[g->n] = mem_strdup(cell && *cell ? cell : "-");
	g->style[g->n++] = style;
}

/* Characters, not bytes: all that begin a UTF-8 sequence. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool is_control(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	return (c < 0x20 && c != '\n') || c == 0x7f ||
	       (c == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80); /* U+0080 to U+009f */
}

static void add_harmless(struct text *t, const char *s)
{
	while (*s) {
		size_t n = 0;

		while (s[n] && !is_control(s + n))
			n++;
		text_add_n(t, s, n);
		s += n;
		if (*s) {
			text_add(t, "?");
			s += (unsigned char)*s == 0xc2 ? 2 : 1;
		}
	}
}

void grid_paint(struct text *out_text, const char *words, enum grid_style style, bool colour)
{
	static const char *const code[] = {
		[GRID_GOOD] = "\033[32m",  [GRID_BAD] = "\033[1;31m", [GRID_DOUBTFUL] = "\033[33m",
		[GRID_FAINT] = "\033[2m", [GRID_STRONG] = "\033[1m",
	};
	bool painted = colour && style != GRID_PLAIN;

	text_add(out_text, painted ? code[style] : "");
	add_harmless(out_text, words);
	text_add(out_text, painted ? "\033[0m" : "");
}

void grid_format(const struct grid *g, bool colour, struct text *out_text)
{
	size_t width[GRID_MAX_COLUMNS] = { 0 };

	for (size_t i = 0; i < g->n; i++) {
		size_t n = width_of(g->cell[i]);

		if (n > width[i % g->n_column])
			width[i % g->n_column] = n;
	}
	for (size_t i = 0; i < g->n; i++) {
		size_t column = i % g->n_column, n = width_of(g->cell[i]);
		bool is_last = column + 1 == g->n_column;

		grid_paint(out_text, g->cell[i], g->style[i], colour);
		for (; !is_last && n < width[column] + GAP; n++)
			text_add(out_text, " ");
		text_add(out_text, is_last ? "\n" : "");
	}
}
