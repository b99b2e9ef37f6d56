/*
 * serve - a small HTTP server for pages that the daemon writes
 *
 * I/O: libevent's HTTP server on our loop. GET and HEAD only; short requests,
 * idle connections are closed, and a port that is taken is tried again
 * each second until it is free.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_IO_SERVE_H
#define TINLB_COMMON_API_IO_SERVE_H

#include "common/core/text.h"
#include "common/io/loop.h"

struct serve;

struct serve_page {
	const char *path; /* /metrics */
	/* Write the page; returns the HTTP status. out_type: content type, a literal. */
	int (*write)(void *ctx, struct text *out_body, const char **out_type);
};

struct serve_config {
	const char *host; /* address to bind */
	uint16_t port;
	const struct serve_page *page; /* must outlive the server */
	size_t n_page;
	/* Binding failed (-errno) or succeeded (0) after a failure; may be NULL. */
	void (*on_bind)(void *ctx, const char *host, uint16_t port, int error);
	void *ctx;
};

struct serve *serve_new(struct loop *loop, const struct serve_config *config) MUST_CHECK;
void serve_free(struct serve *serve); /* NULL is fine */

#endif
