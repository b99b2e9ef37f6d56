/* ring_secret - see ring_secret.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/ring_secret.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/json_text.h"
#include "common/io/files.h"
#include "common/io/log.h"

#define KEY_BYTES 64
#define TIMEOUT_MS 10000
#define RETRY_MS 5000

struct ring_secret {
	struct kube_client *client;
	struct loop_timer *timer;
	struct http_request *request;
	char *target, *name;
};

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct ring_secret *s = ctx;
	bool answered = answer->error == 0;
	struct text why;

	s->request = NULL;
	if (answered && answer->status == 409)
		return; /* it is there */
	if (answered && answer->status == 201) {
		log_line(LOG_INFO, { "event", "secretCreated" }, { "secret", s->name },
			 { "msg", "the speakers' ring has a key" });
		return;
	}
	text_init(&why, 1024);
	kube_client_explain(s->client, answer, &why);
	log_line(LOG_WARN, { "op", "createSecret" }, { "secret", s->name }, { "error", why.s },
		 { "msg", "the key of the speakers' ring could not be made" });
	text_done(&why);
	if (!answered || answer->status != 403)
		loop_timer_set(s->timer,
			       instant_add_ms(loop_now(kube_client_loop(s->client)), RETRY_MS));
}

/* The Secret with a key that nobody has seen. */
static void write_body(const struct ring_secret *s, struct text *out)
{
	uint8_t key[KEY_BYTES];
	char hex[2 * KEY_BYTES + 1];

	files_random(key, sizeof(key));
	for (size_t i = 0; i < sizeof(key); i++) {
		hex[2 * i] = "0123456789abcdef"[key[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
	}
	hex[2 * KEY_BYTES] = '\0';
	json_text_open(out, NULL, '{');
	json_text_string(out, "apiVersion", "v1");
	json_text_string(out, "kind", "Secret");
	json_text_open(out, "metadata", '{');
	json_text_string(out, "name", s->name);
	json_text_close(out, '}');
	json_text_open(out, "stringData", '{');
	json_text_string(out, "secretkey", hex);
	json_text_close(out, '}');
	json_text_close(out, '}');
	explicit_bzero(key, sizeof(key));
	explicit_bzero(hex, sizeof(hex));
}

static void on_timer(void *ctx, instant now)
{
	struct ring_secret *s = ctx;
	struct http_call call = { .method = "POST", .target = s->target,
				  .content_type = "application/json", .timeout_ms = TIMEOUT_MS,
				  .on_done = on_done, .ctx = s };
	struct text body;

	(void)now;
	text_init(&body, 4096);
	write_body(s, &body);
	call.body = body.s;
	s->request = kube_client_send(s->client, &call);
	explicit_bzero(body.s, body.n);
	text_done(&body);
}

struct ring_secret *ring_secret_new(struct kube_client *client, const char *namespace,
				    const char *name)
{
	struct ring_secret *s = mem_new(1, sizeof(*s));
	struct text target;

	text_init(&target, 1024);
	text_addf(&target, "/api/v1/namespaces/%s/secrets", namespace);
	s->client = client;
	s->target = text_take(&target);
	s->name = mem_strdup(name);
	s->timer = loop_timer_new(kube_client_loop(client), on_timer, s);
	loop_timer_set(s->timer, loop_now(kube_client_loop(client)));
	return s;
}

void ring_secret_free(struct ring_secret *s)
{
	if (!s)
		return;
	if (s->request)
		http_cancel(s->request);
	loop_timer_free(s->timer);
	free(s->target);
	free(s->name);
	free(s);
}
