/* kube_client - see kube_client.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/kube_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/io/creds.h"
#include "common/api/wire/kube_decode.h"
#include "common/api/wire/kubeconfig.h"
#include "common/core/denials.h"
#include "common/io/files.h"

#define TOKEN_AGE_MS 60000
#define KUBECONFIG_MAX_BYTES (1024 * 1024)

struct kube_client {
	struct loop *loop;
	struct http *http;
	char *server, *namespace;
	char *token_file; /* NULL: the token does not change */
	instant token_until;
	struct denials denials;
};

/* A path in a kubeconfig is relative to the file. The caller frees; NULL stays NULL. */
static char *beside(const char *kubeconfig, const char *path)
{
	const char *slash = strrchr(kubeconfig, '/');
	struct text t;

	if (!path || *path == '/' || !slash)
		return mem_strdup(path);
	text_init(&t, 8192);
	text_add_n(&t, kubeconfig, (size_t)(slash - kubeconfig) + 1);
	text_add(&t, path);
	return text_take(&t);
}

static void read_token(struct kube_client *c, instant now)
{
	char *token;

	c->token_until = instant_add_ms(now, TOKEN_AGE_MS);
	if (!c->token_file || creds_read_word(c->token_file, &token) != 0)
		return; /* the old one may still do */
	http_set_token(c->http, token);
	explicit_bzero(token, strlen(token));
	free(token);
}

static void open_with(struct kube_client *c, const struct kubeconfig *k, const char *path,
		      const char *user_agent)
{
	char *ca = beside(path, k->ca_file), *cert = beside(path, k->cert_file);
	char *key = beside(path, k->key_file);
	struct http_server server = {
		.base = k->server, .ca_file = ca, .ca_pem = k->ca_data, .cert_file = cert,
		.cert_pem = k->cert_data, .key_file = key, .key_pem = k->key_data,
		.tls_name = k->tls_name, .proxy_url = k->proxy_url, .insecure = k->insecure,
		.user_agent = user_agent,
	};

	c->http = http_new(c->loop, &server);
	c->server = mem_strdup(k->server);
	c->namespace = mem_strdup(k->namespace);
	c->token_file = beside(path, k->token_file);
	http_set_token(c->http, k->token);
	free(ca);
	free(cert);
	free(key);
}

static int open_kubeconfig(struct kube_client *c, const struct kube_client_config *config,
			   struct text *error)
{
	struct kubeconfig k;
	char *bytes;
	size_t n;
	int rc = files_read(config->kubeconfig, KUBECONFIG_MAX_BYTES, &bytes, &n);

	if (rc != 0) {
		text_addf(error, "kubeconfig %s: %s", config->kubeconfig, strerror(-rc));
		return rc;
	}
	rc = kubeconfig_parse(bytes, n, config->context, &k, error);
	explicit_bzero(bytes, n);
	free(bytes);
	if (rc != 0)
		return rc;
	open_with(c, &k, config->kubeconfig, config->user_agent);
	kubeconfig_done(&k);
	return 0;
}

static int open_in_cluster(struct kube_client *c, const struct kube_client_config *config,
			   struct text *error)
{
	struct text base;
	struct http_server server = { .ca_file = CREDS_DIR "/ca.crt",
				      .user_agent = config->user_agent };

	text_init(&base, 1024);
	if (!creds_in_cluster(&base)) {
		text_done(&base);
		text_add(error, "not in a pod (KUBERNETES_SERVICE_HOST and _PORT are not set): name a "
				"kubeconfig file with --kubeconfig");
		return -ENOENT;
	}
	server.base = base.s;
	c->http = http_new(c->loop, &server);
	c->server = text_take(&base);
	c->token_file = mem_strdup(CREDS_DIR "/token");
	if (creds_read_word(CREDS_DIR "/namespace", &c->namespace) != 0)
		c->namespace = NULL;
	return 0;
}

static int open_plain(struct kube_client *c, const struct kube_client_config *config)
{
	const struct http_server server = { .base = config->server, .user_agent = config->user_agent };

	c->http = http_new(c->loop, &server);
	c->server = mem_strdup(config->server);
	return 0;
}

int kube_client_new(struct loop *loop, const struct kube_client_config *config,
		    struct kube_client **out_client, struct text *out_error)
{
	struct kube_client *c = mem_new(1, sizeof(*c));
	int rc;

	c->loop = loop;
	if (config->server)
		rc = open_plain(c, config);
	else if (config->kubeconfig && *config->kubeconfig)
		rc = open_kubeconfig(c, config, out_error);
	else
		rc = open_in_cluster(c, config, out_error);
	if (rc != 0) {
		free(c);
		return rc;
	}
	read_token(c, loop_now(loop));
	*out_client = c;
	return 0;
}

void kube_client_free(struct kube_client *c)
{
	if (!c)
		return;
	http_free(c->http);
	free(c->server);
	free(c->namespace);
	free(c->token_file);
	denials_done(&c->denials);
	free(c);
}

const char *kube_client_namespace(const struct kube_client *c)
{
	return c->namespace;
}

const char *kube_client_server(const struct kube_client *c)
{
	return c->server;
}

struct loop *kube_client_loop(const struct kube_client *c)
{
	return c->loop;
}

void kube_client_explain(struct kube_client *c, const struct http_answer *answer,
			 struct text *out_sentence)
{
	if (answer->error != 0) {
		text_addf(out_sentence, "%s: %s", c->server, answer->what);
		return;
	}
	kube_decode_failure(answer->bytes, answer->n, answer->status, out_sentence);
	if (answer->status == 401)
		c->token_until = INT64_MIN; /* it is read again before the next request */
	if (answer->status == 403)
		denials_add(&c->denials, loop_now(c->loop), out_sentence->s);
}

const char *kube_client_denied(const struct kube_client *c, size_t *at)
{
	return denials_next(&c->denials, loop_now(c->loop), at);
}

struct http_request *kube_client_send(struct kube_client *c, const struct http_call *call)
{
	if (loop_now(c->loop) >= c->token_until)
		read_token(c, loop_now(c->loop));
	return http_send(c->http, call);
}
