/*
 * serve - a small HTTP server for pages that the daemon writes
 *
 * I/O: libevent's HTTP server on our loop, with TLS and a token where that is
 * wanted. GET and HEAD only; short requests, idle connections are closed; answers
 * are not to be stored. A port that is taken, or a certificate that is not there,
 * is tried again each second.
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
	const char *policy; /* its Content-Security-Policy, or NULL */
};

struct serve_config {
	const char *host; /* address to bind */
	uint16_t port;
	const struct serve_page *page; /* must outlive the server */
	size_t n_page;
	const char *cert_folder; /* serve_tls.h; NULL or "": plain HTTP */
	bool tls12;              /* TLS 1.2 as well as 1.3 */
	/* Whoever asks has to send its first line as bearer token; read for each request.
	 * NULL or "": anybody may ask. */
	const char *token_file;
	/* Why the pages cannot be served, or NULL: they are, after a failure; may be NULL. */
	void (*on_bind)(void *ctx, const char *host, uint16_t port, const char *why);
	/* A changed certificate cannot be used, the former one stays; with TLS only. */
	void (*on_stale)(void *ctx, const char *why);
	void *ctx;
};

struct serve *serve_new(struct loop *loop, const struct serve_config *config) MUST_CHECK;
void serve_free(struct serve *serve); /* NULL is fine */

#endif
