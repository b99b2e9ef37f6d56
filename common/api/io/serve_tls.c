/* serve_tls - see serve_tls.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/io/serve_tls.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_MAX_BYTES 4096

enum { CHAIN, KEY, N_FILES };

struct stamp { /* by which a file is known to be the same */
	bool there;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct serve_tls {
	char *path[N_FILES];
	bool tls12;
	struct stamp seen[N_FILES]; /* at the last try */
	bool tried, failed;
	SSL_CTX *context; /* NULL: none yet */
};

static char *path_of(const char *folder, const char *name)
{
	struct text path;

	text_init(&path, PATH_MAX_BYTES);
	text_addf(&path, "%s/%s", folder, name);
	return text_take(&path);
}

struct serve_tls *serve_tls_new(const char *folder, bool tls12)
{
	struct serve_tls *tls = mem_new(1, sizeof(*tls));

	tls->path[CHAIN] = path_of(folder, "tls.crt");
	tls->path[KEY] = path_of(folder, "tls.key");
	tls->tls12 = tls12;
	return tls;
}

void serve_tls_free(struct serve_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	free(tls->path[CHAIN]);
	free(tls->path[KEY]);
	free(tls);
}

static struct stamp look(const char *path)
{
	struct stat found;

	if (stat(path, &found) != 0)
		return (struct stamp){ 0 };
	return (struct stamp){ true, found.st_dev, found.st_ino, found.st_size, found.st_mtim };
}

static bool same(const struct stamp *a, const struct stamp *b)
{
	return a->there == b->there && a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool changed(struct serve_tls *tls)
{
	bool any = !tls->tried;

	for (size_t i = 0; i < N_FILES; i++) {
		struct stamp now = look(tls->path[i]);

		any = any || !same(&now, &tls->seen[i]);
		tls->seen[i] = now;
	}
	tls->tried = true;
	return any;
}

static int explain(const char *path, struct text *out_error)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	text_addf(out_error, "%s: %s", path, why ? why : "it cannot be used");
	ERR_clear_error();
	return -EINVAL;
}

static int fill(const struct serve_tls *tls, SSL_CTX *context, struct text *out_error)
{
	ERR_clear_error();
	if (SSL_CTX_set_min_proto_version(context, tls->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) != 1 ||
	    SSL_CTX_use_certificate_chain_file(context, tls->path[CHAIN]) != 1)
		return explain(tls->path[CHAIN], out_error);
	if (SSL_CTX_use_PrivateKey_file(context, tls->path[KEY], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1)
		return explain(tls->path[KEY], out_error);
	(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return 0;
}

int serve_tls_refresh(struct serve_tls *tls, struct text *out_error)
{
	SSL_CTX *context;
	int rc;

	if (!changed(tls) && !tls->failed)
		return 0;
	context = SSL_CTX_new(TLS_server_method());
	CHECK(context != NULL);
	rc = fill(tls, context, out_error);
	tls->failed = rc != 0;
	if (rc != 0) {
		SSL_CTX_free(context);
		return rc;
	}
	SSL_CTX_free(tls->context);
	tls->context = context;
	return 0;
}

bool serve_tls_is_ready(const struct serve_tls *tls)
{
	return tls->context != NULL;
}

struct ssl_st *serve_tls_accept(const struct serve_tls *tls)
{
	return tls->context ? SSL_new(tls->context) : NULL;
}

bool serve_tls_same_secret(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strlen(b) == n && CRYPTO_memcmp(a, b, n) == 0;
}
