/* serve - see serve.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/io/serve.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX_BYTES (256u * 1024 * 1024)
#define REQUEST_MAX_BYTES 16384
#define IDLE_S 60
#define RETRY_MS 1000

struct serve {
	struct loop *loop;
	struct serve_config config;
	char *host;
	struct evhttp *http;
	struct loop_timer *timer;
	bool failed;
};

static void free_body(const void *bytes, size_t n, void *body)
{
	(void)bytes;
	(void)n;
	free(body);
}

static void answer(struct evhttp_request *request, int status, const char *type, struct text *body)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(request);
	size_t n = body->n;
	char *bytes = text_take(body);

	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
	evbuffer_add_reference(out, bytes, n, free_body, bytes);
	evhttp_send_reply(request, status, NULL, NULL);
}

static void on_request(struct evhttp_request *request, void *ctx)
{
	struct serve *serve = ctx;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	const char *type = "text/plain; charset=utf-8";
	struct text body;

	text_init(&body, PAGE_MAX_BYTES);
	for (size_t i = 0; path && i < serve->config.n_page; i++) {
		const struct serve_page *page = &serve->config.page[i];

		if (strcmp(page->path, path) == 0) {
			int status = page->write(serve->config.ctx, &body, &type);

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

static void try_to_bind(void *ctx, instant now)
{
	struct serve *serve = ctx;
	bool bound = evhttp_bind_socket(serve->http, serve->host, serve->config.port) == 0;
	int error = bound ? 0 : errno ? -errno : -EADDRINUSE;

	if (bound == serve->failed) { /* it changed */
		if (serve->config.on_bind)
			serve->config.on_bind(serve->config.ctx, serve->host, serve->config.port, error);
		serve->failed = !bound;
	}
	if (!bound)
		loop_timer_set(serve->timer, instant_add_ms(now, RETRY_MS));
}

struct serve *serve_new(struct loop *loop, const struct serve_config *config)
{
	struct serve *serve = mem_new(1, sizeof(*serve));

	*serve = (struct serve){ .loop = loop, .config = *config };
	serve->host = mem_strdup(config->host);
	serve->http = evhttp_new(loop_base(loop));
	CHECK(serve->http != NULL);
	evhttp_set_allowed_methods(serve->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(serve->http, REQUEST_MAX_BYTES);
	evhttp_set_max_body_size(serve->http, 0);
	evhttp_set_timeout(serve->http, IDLE_S);
	evhttp_set_gencb(serve->http, on_request, serve);
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
	free(serve->host);
	free(serve);
}
