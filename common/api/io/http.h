/*
 * http - requests to one HTTP server, many at a time
 *
 * I/O: libcurl's multi-socket interface on our loop; HTTP/1.1 over kept
 * connections. Moves bytes, knows nothing of Kubernetes. Callbacks come from
 * the loop, never from inside http_send().
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_IO_HTTP_H
#define TINLB_COMMON_API_IO_HTTP_H

#include "common/io/loop.h"

#define HTTP_ANSWER_MAX_BYTES (64u * 1024 * 1024)

struct http;
struct http_request;

/* Where and as whom; strings are copied. File names and PEM texts exclude each other. */
struct http_server {
	const char *base; /* https://host:port */
	const char *ca_file, *ca_pem; /* the file is read again for each connection */
	const char *cert_file, *cert_pem, *key_file, *key_pem;
	const char *tls_name, *proxy_url;
	bool insecure;
	const char *user_agent;
};

struct http_answer {
	int error;        /* 0, or -errno: no answer came (-ETIMEDOUT, -ECONNREFUSED, -EPROTO, ...) */
	const char *what; /* for error: what went wrong, in libcurl's words */
	long status;      /* HTTP status when error is 0 */
	int64_t retry_after_ms; /* the server asked to be left alone for so long; 0: it did not */
	const char *bytes; /* the body, terminated; "" for a stream */
	size_t n;
};

struct http_call {
	const char *method; /* GET, POST, PUT, PATCH, DELETE */
	const char *target; /* path and query */
	const char *content_type, *body; /* NULL: none; copied */
	int64_t timeout_ms; /* 0: a stream, ended when it was silent for silence_s */
	int64_t silence_s;
	/* For streams: bytes as they come, with the status; none (n is 0) once the headers are
	 * here and no byte yet. May cancel the request. */
	void (*on_bytes)(void *ctx, long status, const char *bytes, size_t n);
	void (*on_done)(void *ctx, const struct http_answer *answer);
	void *ctx;
};

struct http *http_new(struct loop *loop, const struct http_server *server) MUST_CHECK;
void http_free(struct http *http); /* drops requests without calling back; NULL is fine */

/* Sent with each request from now on as bearer token; NULL: none. */
void http_set_token(struct http *http, const char *token);

struct http_request *http_send(struct http *http, const struct http_call *call) MUST_CHECK;
void http_cancel(struct http_request *request); /* on_done is not called */

#endif
