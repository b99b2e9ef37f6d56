/*
 * serve_tls - the certificate of a server of ours, read again when its files change
 *
 * I/O: OpenSSL and files; no decision. The folder holds tls.crt (the chain) and
 * tls.key, as a Secret of type kubernetes.io/tls is mounted. TLS 1.3, or 1.2 as
 * well. When a changed file cannot be used the former certificate stays.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_IO_SERVE_TLS_H
#define TINLB_COMMON_API_IO_SERVE_TLS_H

#include "common/core/text.h"

struct serve_tls;
struct ssl_st;

struct serve_tls *serve_tls_new(const char *folder, bool tls12) MUST_CHECK; /* reads nothing yet */
void serve_tls_free(struct serve_tls *tls); /* NULL is fine; connections go on */

/* Read the files if they changed. 0, or -EINVAL with a sentence that names the file. */
int serve_tls_refresh(struct serve_tls *tls, struct text *out_error) MUST_CHECK;
bool serve_tls_is_ready(const struct serve_tls *tls); /* there is a certificate */

/* The server's side of a new connection; the caller's. NULL without a certificate. */
struct ssl_st *serve_tls_accept(const struct serve_tls *tls) MUST_CHECK;

/* Equal, in a time that depends on the lengths alone. */
bool serve_tls_same_secret(const char *a, const char *b) MUST_CHECK;

#endif
