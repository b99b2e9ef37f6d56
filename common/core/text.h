/*
 * text - a growing string that cannot be made without a limit
 *
 * Core: no sockets, no clock, no logging.
 *
 * Always true: the string is terminated and never longer than its limit; what
 * would not fit is cut off and text_is_cut() says so from then on.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_TEXT_H
#define TINLB_COMMON_CORE_TEXT_H

#include "common/core/base.h"

struct text {
	char *s; /* owned; never NULL after text_init() */
	size_t n, cap, max;
	bool cut;
};

void text_init(struct text *t, size_t max_bytes);
void text_done(struct text *t); /* also after text_take() and for a zeroed struct */
void text_clear(struct text *t);
void text_add(struct text *t, const char *s);
void text_add_n(struct text *t, const char *s, size_t n);
void text_add_escaped(struct text *t, const char *s); /* for a URL: all but letters, digits, "-._~" as %XX */
void text_addf(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);
bool text_is_cut(const struct text *t);
char *text_take(struct text *t) MUST_CHECK; /* the caller frees; t is empty and done */

#endif
