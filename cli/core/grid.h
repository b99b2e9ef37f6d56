/*
 * grid - rows of words in aligned columns, with colours where they are wanted
 *
 * Core: no sockets, no clock, no logging. What comes from a cluster is not
 * trusted: control characters in it are shown as '?', so that no page of a
 * daemon can speak to the terminal.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_GRID_H
#define TINLB_CLI_CORE_GRID_H

#include "common/core/text.h"

#define GRID_MAX_COLUMNS 8

enum grid_style { GRID_PLAIN, GRID_GOOD, GRID_BAD, GRID_DOUBTFUL, GRID_FAINT, GRID_STRONG };

struct grid {
	char **cell; /* row by row, n_column each */
	enum grid_style *style;
	size_t n_column, n, cap, cap_style;
};

void grid_init(struct grid *g, size_t n_column);
void grid_done(struct grid *g);
void grid_add(struct grid *g, const char *cell, enum grid_style style); /* NULL or "": "-" */
void grid_format(const struct grid *g, bool colour, struct text *out_text);

/* One text with a style, harmless to a terminal; lines end where it says so. */
void grid_paint(struct text *out_text, const char *words, enum grid_style style, bool colour);

#endif
