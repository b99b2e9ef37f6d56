/* events - see events.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/events.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"
#include "common/api/wire/kube_encode.h"
#include "common/core/hash.h"
#include "common/core/limiter.h"
#include "common/io/files.h"
#include "common/io/log.h"

#define MAX_QUEUED 2000
#define MAX_ACTIVE 4
#define EVERY_MS 20 /* and a burst of BURST before that counts */
#define BURST 100
#define TIMEOUT_MS 10000
#define BODY_MAX_BYTES 16384
#define CONFLICT 409

struct queued {
	struct queued *next;
	char *target, *body;
	char *another; /* body where one of that name is there already; NULL: then it was told */
};

struct sending {
	struct events *events;
	struct http_request *request; /* NULL: free */
	struct queued *queued;	      /* what it asks for */
};

struct events {
	struct kube_client *client;
	struct loop_timer *timer;
	struct limiter rate, complaints;
	struct sending sending[MAX_ACTIVE];
	struct queued *first, **last;
	size_t n_queued;
	uint64_t n_sent, n_dropped;
	char *component, *host;
};

static void send_some(struct events *e);

static void free_queued(struct queued *q)
{
	free(q->target);
	free(q->body);
	free(q->another);
	free(q);
}

static void put_first(struct events *e, struct queued *q)
{
	q->next = e->first;
	e->first = q;
	if (!q->next)
		e->last = &q->next;
	e->n_queued++;
}

/* The same was so before, and is so again: it gets a name of its own. */
static void send_another(struct events *e, struct queued *q)
{
	free(q->body);
	q->body = q->another;
	q->another = NULL;
	put_first(e, q);
	send_some(e);
}

static void complain(struct events *e, const char *error)
{
	uint64_t suppressed;
	instant now = loop_now(kube_client_loop(e->client));

	e->n_dropped++;
	if (limiter_allows(&e->complaints, now, &suppressed))
		log_line(LOG_WARN, { "op", "postEvent" }, { "error", error },
			 { "msg", "an Event could not be written; announcing goes on" });
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct sending *sending = ctx;
	struct events *e = sending->events;
	struct queued *q = sending->queued;
	struct text why;

	sending->request = NULL;
	sending->queued = NULL;
	if (!answer->error && answer->status == CONFLICT && q->another) {
		send_another(e, q);
		return;
	}
	free_queued(q);
	text_init(&why, 512);
	if (answer->error || (answer->status >= 300 && answer->status != CONFLICT))
		kube_client_explain(e->client, answer, &why);
	if (why.n > 0)
		complain(e, why.s);
	else if (answer->status != CONFLICT) /* else it was told before */
		e->n_sent++;
	text_done(&why);
	send_some(e);
}

static struct sending *free_slot(struct events *e)
{
	for (size_t i = 0; i < MAX_ACTIVE; i++)
		if (!e->sending[i].request)
			return &e->sending[i];
	return NULL;
}

static void send_one(struct events *e, struct sending *slot)
{
	struct queued *q = e->first;
	struct http_call call = {
		.method = "POST", .target = q->target, .content_type = "application/json",
		.body = q->body, .timeout_ms = TIMEOUT_MS, .on_done = on_done, .ctx = slot,
	};

	e->first = q->next;
	if (!e->first)
		e->last = &e->first;
	e->n_queued--;
	slot->queued = q;
	slot->request = kube_client_send(e->client, &call);
}

static void send_some(struct events *e)
{
	instant now = loop_now(kube_client_loop(e->client));
	struct sending *slot;
	uint64_t suppressed;

	while (e->first && (slot = free_slot(e)) != NULL) {
		if (!limiter_allows(&e->rate, now, &suppressed)) {
			loop_timer_set(e->timer, limiter_ready_at(&e->rate, now));
			return;
		}
		send_one(e, slot);
	}
}

static void on_timer(void *ctx, instant now)
{
	(void)now;
	send_some(ctx);
}

/* Of what makes it the same Event. */
static uint64_t hash_of(const struct events_about *about)
{
	const char *const text[] = { about->uid ? about->uid : about->service, about->reason,
				     about->message };
	uint64_t hash = HASH_EMPTY;

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		hash = hash_text(hash, text[i]);
	return hash;
}

static char *encode_as(struct kube_note *note, const uint64_t *unique)
{
	struct text text;

	if (unique)
		note->unique = *unique;
	else
		files_random(&note->unique, sizeof(note->unique));
	text_init(&text, BODY_MAX_BYTES);
	kube_encode_event(note, &text);
	return text_take(&text);
}

/* The Event of one note, with the service's namespace and name taken apart. */
static struct queued *encode(const struct events *e, const struct events_about *about)
{
	const char *slash = strchr(about->service, '/');
	struct queued *q = mem_new(1, sizeof(*q));
	const uint64_t known = hash_of(about);
	struct text text;
	char *namespace;
	struct kube_note note = {
		.kind = "Service", .api_version = "v1", .name = slash + 1,
		.uid = about->uid && about->uid[0] ? about->uid : NULL,
		.reason = about->reason, .message = about->message, .type = about->type,
		.component = e->component, .host = e->host, .now_us = loop_wall_us(),
	};

	namespace = mem_strndup(about->service, (size_t)(slash - about->service));
	note.namespace = namespace;
	q->body = encode_as(&note, about->lasts ? &known : NULL);
	if (about->lasts && !about->once)
		q->another = encode_as(&note, NULL);
	text_init(&text, BODY_MAX_BYTES);
	text_addf(&text, "/api/v1/namespaces/%s/events", namespace);
	q->target = text_take(&text);
	free(namespace);
	return q;
}

void events_post(struct events *e, const struct events_about *about)
{
	struct queued *q;

	if (e->n_queued == MAX_QUEUED) {
		complain(e, "too many at once");
		return;
	}
	q = encode(e, about);
	*e->last = q;
	e->last = &q->next;
	e->n_queued++;
	send_some(e);
}

struct events *events_new(struct kube_client *client, const char *component, const char *host)
{
	struct events *e = mem_new(1, sizeof(*e));

	e->client = client;
	e->component = mem_strdup(component);
	e->host = mem_strdup(host);
	e->last = &e->first;
	e->rate = limiter_new(EVERY_MS, BURST);
	e->complaints = limiter_new(60000, 1);
	e->timer = loop_timer_new(kube_client_loop(client), on_timer, e);
	for (size_t i = 0; i < MAX_ACTIVE; i++)
		e->sending[i].events = e;
	return e;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < MAX_ACTIVE; i++) {
		if (!e->sending[i].request)
			continue;
		http_cancel(e->sending[i].request);
		free_queued(e->sending[i].queued);
	}
	while (e->first) {
		struct queued *q = e->first;

		e->first = q->next;
		free_queued(q);
	}
	loop_timer_free(e->timer);
	free(e->component);
	free(e->host);
	free(e);
}

uint64_t events_n_sent(const struct events *e)
{
	return e->n_sent;
}

uint64_t events_n_dropped(const struct events *e)
{
	return e->n_dropped;
}

size_t events_n_waiting(const struct events *e)
{
	return e->n_queued;
}
