/*
 * status_page - what /status says, as a page for people
 *
 * Wire: JSON (docs/status.md) in, HTML out; jansson. Whatever the JSON holds is
 * text on the page, never markup. The page needs nothing from elsewhere: no
 * script, no picture, and its one style sheet is inside.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_STATUS_PAGE_H
#define TINLB_COMMON_API_WIRE_STATUS_PAGE_H

#include "common/core/text.h"

#define STATUS_PAGE_CONTENT_TYPE "text/html; charset=utf-8"

/* The Content-Security-Policy of the page: only its own style sheet, by hash. */
#define STATUS_PAGE_POLICY                                                                         \
	"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "        \
	"style-src 'sha256-" STATUS_PAGE_STYLE_SHA256 "'"
#define STATUS_PAGE_STYLE_SHA256 "3m3gs2dLAANpZT58tbO/RtT/xN1Hqmajbg8I3sHO4S0="

extern const char status_page_style[]; /* the style sheet */

/* 0, or -EPROTO: it is no JSON object; then nothing is written. */
int status_page_write(const char *json, size_t n, struct text *out_html) MUST_CHECK;

#endif
