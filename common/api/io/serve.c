/* serve - see serve.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/io/serve.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/api/io/creds.h"
#include "common/api/io/serve_tls.h"

#define PAGE_MAX_BYTES (256u * 1024 * 1024)
#define REQUEST_MAX_BYTES 16384
#define IDLE_S 60
#define RETRY_MS 1000
#define WHY_MAX 1024
#define BEARER "Bearer "

struct serve {
	struct loop *loop;
	struct serve_config config;
	char *host;
	char *token_file; /* NULL: none */
	struct serve_tls *tls; /* NULL: plain */
	struct evhttp *http;
	struct loop_timer *timer;
	bool failed, stale;
};

static void free_body(const void *bytes, size_t n, void *body)
{
	(void)bytes;
	(void)n;
	free(body);
}

static void answer(struct evhttp_request *request, int status, const char *type, struct text *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *out = evhttp_request_get_output_buffer(request);
	size_t n = body->n;
	char *bytes = text_take(body);

	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evbuffer_add_reference(out, bytes, n, free_body, bytes);
	evhttp_send_reply(request, status, NULL, NULL);
}

static bool may_ask(const struct serve *serve, struct evhttp_request *request)
{
	const char *sent = evhttp_find_header(evhttp_request_get_input_headers(request),
					      "Authorization");
	char *token;
	bool may;

	if (!serve->token_file)
		return true;
	if (!sent || strncasecmp(sent, BEARER, strlen(BEARER)) != 0 ||
	    creds_read_word(serve->token_file, &token) != 0)
		return false;
	may = *token && serve_tls_same_secret(sent + strlen(BEARER), token);
	explicit_bzero(token, strlen(token));
	free(token);
	return may;
}

static void refuse(struct evhttp_request *request)
{
	struct text body;

	text_init(&body, PAGE_MAX_BYTES);
	text_add(&body, "send the token of this server: Authorization: Bearer ...\n");
	evhttp_add_header(evhttp_request_get_output_headers(request), "WWW-Authenticate", "Bearer");
	answer(request, 401, "text/plain; charset=utf-8", &body);
}

static void on_request(struct evhttp_request *request, void *ctx)
{
	struct serve *serve = ctx;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	const char *type = "text/plain; charset=utf-8";
	struct text body;

	if (!may_ask(serve, request)) {
		refuse(request);
		return;
	}
	text_init(&body, PAGE_MAX_BYTES);
	for (size_t i = 0; path && i < serve->config.n_page; i++) {
		const struct serve_page *page = &serve->config.page[i];

		if (strcmp(page->path, path) == 0) {
			int status = page->write(serve->config.ctx, &body, &type);

			if (page->policy)
				evhttp_add_header(evhttp_request_get_output_headers(request),
						  "Content-Security-Policy", page->policy);
			answer(request, status, type, &body);
			return;
		}
	}
	text_add(&body, "there is no such page; try one of:");
	for (size_t i = 0; i < serve->config.n_page; i++)
		text_addf(&body, " %s", serve->config.page[i].path);
	text_add(&body, "\n");
	answer(request, 404, type, &body);
}

/* Why there is no certificate at all; false: there is one. One that cannot be renewed is told once. */
static bool lacks_certificate(struct serve *serve, struct text *out_why)
{
	bool fresh;

	if (!serve->tls)
		return false;
	fresh = serve_tls_refresh(serve->tls, out_why) == 0;
	if (!serve_tls_is_ready(serve->tls))
		return true;
	if (!fresh && !serve->stale && serve->config.on_stale)
		serve->config.on_stale(serve->config.ctx, out_why->s);
	serve->stale = !fresh;
	return false;
}

/* A new connection that was accepted, with the certificate as it is now. */
static struct bufferevent *begin_tls(struct event_base *base, void *ctx)
{
	struct serve *serve = ctx;
	struct bufferevent *connection;
	struct text why;

	text_init(&why, WHY_MAX);
	(void)lacks_certificate(serve, &why);
	text_done(&why);
	connection = bufferevent_openssl_socket_new(base, -1, serve_tls_accept(serve->tls),
						    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	CHECK(connection != NULL);
	bufferevent_openssl_set_allow_dirty_shutdown(connection, 1);
	return connection;
}

static bool bound(struct serve *serve, struct text *out_why)
{
	if (lacks_certificate(serve, out_why))
		return false;
	if (evhttp_bind_socket(serve->http, serve->host, serve->config.port) == 0)
		return true;
	text_add(out_why, strerror(errno ? errno : EADDRINUSE));
	return false;
}

static void try_to_bind(void *ctx, instant now)
{
	struct serve *serve = ctx;
	struct text why;
	bool ok;

	text_init(&why, WHY_MAX);
	ok = bound(serve, &why);
	if (ok == serve->failed) { /* it changed */
		if (serve->config.on_bind)
			serve->config.on_bind(serve->config.ctx, serve->host, serve->config.port,
					      ok ? NULL : why.s);
		serve->failed = !ok;
	}
	if (!ok)
		loop_timer_set(serve->timer, instant_add_ms(now, RETRY_MS));
	text_done(&why);
}

struct serve *serve_new(struct loop *loop, const struct serve_config *config)
{
	struct serve *serve = mem_new(1, sizeof(*serve));

	*serve = (struct serve){ .loop = loop, .config = *config };
	serve->host = mem_strdup(config->host);
	if (config->token_file && *config->token_file)
		serve->token_file = mem_strdup(config->token_file);
	serve->http = evhttp_new(loop_base(loop));
	CHECK(serve->http != NULL);
	evhttp_set_allowed_methods(serve->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(serve->http, REQUEST_MAX_BYTES);
	evhttp_set_max_body_size(serve->http, 0);
	evhttp_set_timeout(serve->http, IDLE_S);
	evhttp_set_gencb(serve->http, on_request, serve);
	if (config->cert_folder && *config->cert_folder) {
		serve->tls = serve_tls_new(config->cert_folder, config->tls12);
		evhttp_set_bevcb(serve->http, begin_tls, serve);
	}
	serve->timer = loop_timer_new(loop, try_to_bind, serve);
	try_to_bind(serve, loop_now(loop));
	return serve;
}

void serve_free(struct serve *serve)
{
	if (!serve)
		return;
	evhttp_free(serve->http);
	loop_timer_free(serve->timer);
	serve_tls_free(serve->tls);
	free(serve->token_file);
	free(serve->host);
	free(serve);
}
