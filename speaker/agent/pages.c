/* pages - see pages.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/io/serve.h"
#include "common/api/wire/exposition.h"
#include "common/api/wire/status_page.h"
#include "common/io/log.h"

#define PAGE_MAX_BYTES (256u * 1024 * 1024)

struct pages {
	struct pages_user user;
	struct serve *all, *health; /* health: may be NULL */
};

static int write_metrics(void *ctx, struct text *out_body, const char **out_type)
{
	struct pages *p = ctx;

	*out_type = EXPOSITION_CONTENT_TYPE;
	p->user.metrics(p->user.ctx, out_body);
	return 200;
}

static int write_status(void *ctx, struct text *out_body, const char **out_type)
{
	struct pages *p = ctx;

	*out_type = "application/json";
	p->user.status(p->user.ctx, out_body);
	return 200;
}

static int write_page(void *ctx, struct text *out_body, const char **out_type)
{
	struct pages *p = ctx;
	struct text json;
	int rc;

	text_init(&json, PAGE_MAX_BYTES);
	p->user.status(p->user.ctx, &json);
	*out_type = STATUS_PAGE_CONTENT_TYPE;
	rc = status_page_write(json.s, json.n, out_body);
	text_done(&json);
	return rc == 0 ? 200 : 500;
}

static int write_health(void *ctx, struct text *out_body, const char **out_type)
{
	(void)ctx;
	(void)out_type;
	text_add(out_body, "ok\n");
	return 200;
}

static int write_ready(void *ctx, struct text *out_body, const char **out_type)
{
	struct pages *p = ctx;

	(void)out_type;
	if (!p->user.is_ready(p->user.ctx, out_body))
		return 503;
	text_add(out_body, "ok\n");
	return 200;
}

static const struct serve_page page[] = {
	{ "/healthz", write_health, NULL },
	{ "/readyz", write_ready, NULL },
	{ "/metrics", write_metrics, NULL },
	{ "/status", write_status, NULL },
	{ "/", write_page, STATUS_PAGE_POLICY },
	{ "/status.html", write_page, STATUS_PAGE_POLICY },
};

static void on_bind(void *ctx, const char *host, uint16_t port, const char *why)
{
	char address[128];

	(void)ctx;
	snprintf(address, sizeof(address), "%.100s:%u", host, port);
	if (why)
		log_line(LOG_ERROR, { "op", "listen" }, { "address", address }, { "error", why },
			 { "msg", "pages cannot be served here; trying again each second" });
	else
		log_line(LOG_INFO, { "op", "listen" }, { "address", address },
			 { "msg", "pages are served here now" });
}

static void on_stale(void *ctx, const char *why)
{
	(void)ctx;
	log_line(LOG_ERROR, { "op", "listen" }, { "error", why },
		 { "msg", "the new certificate cannot be used, the former one stays" });
}

static struct serve *serve_health(struct pages *p, struct loop *loop, uint16_t port)
{
	const struct serve_config config = {
		.host = "127.0.0.1", .port = port, .page = page, .n_page = 2, .on_bind = on_bind,
		.ctx = p,
	};

	return port != 0 ? serve_new(loop, &config) : NULL;
}

struct pages *pages_new(struct loop *loop, const struct speaker_flags *flags,
			const struct pages_user *user)
{
	struct pages *p = mem_new(1, sizeof(*p));
	const char *host = speaker_flags_text(flags, "host");
	const struct serve_config config = {
		.host = host && *host ? host : "0.0.0.0",
		.port = (uint16_t)speaker_flags_number(flags, "port"),
		.page = page, .n_page = ARRAY_LEN(page),
		.cert_folder = speaker_flags_text(flags, "metrics-cert-dir"),
		.tls12 = strcmp(speaker_flags_text(flags, "tls-min-version"), "VersionTLS12") == 0,
		.token_file = speaker_flags_text(flags, "metrics-token-file"),
		.on_bind = on_bind, .on_stale = on_stale, .ctx = p,
	};

	p->user = *user;
	p->all = serve_new(loop, &config);
	p->health = serve_health(p, loop, (uint16_t)speaker_flags_number(flags, "health-probe-port"));
	return p;
}

void pages_free(struct pages *p)
{
	if (!p)
		return;
	serve_free(p->all);
	serve_free(p->health);
	free(p);
}
