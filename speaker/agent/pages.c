/* pages - see pages.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/io/serve.h"
#include "common/api/wire/exposition.h"
#include "common/io/log.h"

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
	{ "/healthz", write_health },
	{ "/readyz", write_ready },
	{ "/metrics", write_metrics },
	{ "/status", write_status },
};

static void on_bind(void *ctx, const char *host, uint16_t port, int error)
{
	char address[128];

	(void)ctx;
	snprintf(address, sizeof(address), "%.100s:%u", host, port);
	if (error)
		log_line(LOG_ERROR, { "op", "listen" }, { "address", address },
			 { "error", strerror(-error) },
			 { "msg", "pages cannot be served here; trying again each second" });
	else
		log_line(LOG_INFO, { "op", "listen" }, { "address", address },
			 { "msg", "pages are served here now" });
}

static struct serve *serve_at(struct pages *p, struct loop *loop, const char *host, uint16_t port,
			      size_t n_page)
{
	struct serve_config config = {
		.host = host, .port = port, .page = page, .n_page = n_page, .on_bind = on_bind,
		.ctx = p,
	};

	return serve_new(loop, &config);
}

struct pages *pages_new(struct loop *loop, const struct speaker_flags *flags,
			const struct pages_user *user)
{
	struct pages *p = mem_new(1, sizeof(*p));
	const char *host = speaker_flags_text(flags, "host");
	uint16_t port = (uint16_t)speaker_flags_number(flags, "port");
	uint16_t health_port = (uint16_t)speaker_flags_number(flags, "health-probe-port");

	p->user = *user;
	p->all = serve_at(p, loop, host && *host ? host : "0.0.0.0", port, ARRAY_LEN(page));
	if (health_port != 0)
		p->health = serve_at(p, loop, "127.0.0.1", health_port, 2);
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
