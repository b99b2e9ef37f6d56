/* kube_writer - see kube_writer.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/kube_writer.h"

#include <stdlib.h>

#include "common/core/limiter.h"
#include "common/io/files.h"
#include "common/io/log.h"

#define TIMEOUT_MS 15000
#define COMPLAINT_MS 60000

struct job { /* one wish under way */
	struct job *next;
	struct kube_writer *w;
	struct http_request *request;
	const char *key; /* the queue's */
	const struct kube_wish *wish;
	size_t step;
};

struct kube_writer {
	struct kube_client *client;
	struct kube_writer_config config;
	struct kube_queue queue;
	struct loop_timer *timer;
	struct limiter complaints;
	struct job *jobs;
};

static void pump(struct kube_writer *w);
static void send_step(struct job *job);

static instant now_of(const struct kube_writer *w)
{
	return loop_now(kube_client_loop(w->client));
}

static void job_free(struct job *job)
{
	struct job **at = &job->w->jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	free(job);
}

static void complain(struct job *job, const struct http_answer *answer)
{
	struct kube_writer *w = job->w;
	uint64_t suppressed;
	struct text why;

	text_init(&why, 1024);
	kube_client_explain(w->client, answer, &why);
	if (limiter_allows(&w->complaints, now_of(w), &suppressed))
		log_line(LOG_WARN, { "op", w->config.what }, { "object", job->key },
			 { "error", why.s },
			 { "msg", "it could not be written and is tried again; nothing depends on it" });
	text_done(&why);
}

/* What is to be deleted and is not there is as it should be. */
static bool is_good(const struct job *job, const struct http_answer *answer)
{
	if (answer->error)
		return false;
	return (answer->status >= 200 && answer->status <= 299) ||
	       (answer->status == 404 && !job->wish->step[job->step].body);
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct job *job = ctx;
	struct kube_writer *w = job->w;
	bool good = is_good(job, answer);

	job->request = NULL;
	if (good && ++job->step < job->wish->n) {
		send_step(job);
		return;
	}
	if (!good)
		complain(job, answer);
	kube_queue_on_end(&w->queue, now_of(w), job->key, good);
	job_free(job);
	pump(w);
}

static void send_step(struct job *job)
{
	const struct kube_step *step = &job->wish->step[job->step];
	const struct http_call call = {
		.method = step->method, .target = step->target, .content_type = step->type,
		.body = step->body, .timeout_ms = TIMEOUT_MS, .on_done = on_done, .ctx = job,
	};

	job->request = kube_client_send(job->w->client, &call);
}

static void pump(struct kube_writer *w)
{
	const struct kube_wish *wish;
	const char *key;

	while (kube_queue_next(&w->queue, now_of(w), &key, &wish)) {
		struct job *job = mem_new(1, sizeof(*job));

		*job = (struct job){ .next = w->jobs, .w = w, .key = key, .wish = wish };
		w->jobs = job;
		send_step(job);
	}
	loop_timer_set(w->timer, kube_queue_deadline(&w->queue));
}

static void on_timer(void *ctx, instant now)
{
	(void)now;
	pump(ctx);
}

struct kube_writer *kube_writer_new(struct kube_client *client,
				    const struct kube_writer_config *config)
{
	struct kube_writer *w = mem_new(1, sizeof(*w));
	uint64_t seed;

	files_random(&seed, sizeof(seed));
	w->client = client;
	w->config = *config;
	w->complaints = limiter_new(COMPLAINT_MS, 3);
	kube_queue_init(&w->queue, config->pace_ms, config->max_active, seed);
	w->timer = loop_timer_new(kube_client_loop(client), on_timer, w);
	return w;
}

void kube_writer_free(struct kube_writer *w)
{
	if (!w)
		return;
	while (w->jobs) {
		http_cancel(w->jobs->request);
		job_free(w->jobs);
	}
	kube_queue_done(&w->queue);
	loop_timer_free(w->timer);
	free(w);
}

/* From a timer, so that many wishes of one turn are one look, and none calls back into its caller. */
static void pump_soon(struct kube_writer *w)
{
	loop_timer_set(w->timer, kube_queue_deadline(&w->queue));
}

void kube_writer_want(struct kube_writer *w, const char *key, struct kube_wish *wish)
{
	kube_queue_want(&w->queue, now_of(w), key, wish);
	pump_soon(w);
}

void kube_writer_drop(struct kube_writer *w, const char *key)
{
	kube_queue_drop(&w->queue, key);
}

void kube_writer_drop_all(struct kube_writer *w)
{
	kube_queue_drop_all(&w->queue);
}

void kube_writer_saw(struct kube_writer *w, const char *key)
{
	kube_queue_saw(&w->queue, key);
}

void kube_writer_gone(struct kube_writer *w, const char *key)
{
	kube_queue_gone(&w->queue, key);
}

size_t kube_writer_n_waiting(const struct kube_writer *w)
{
	return w->queue.due.n + w->queue.n_sending;
}

void kube_wish_add(struct kube_wish *wish, const char *method, const char *type, char *target,
		   char *body)
{
	CHECK(wish->n < KUBE_QUEUE_STEPS);
	wish->step[wish->n++] = (struct kube_step){ method, target, mem_strdup(type), body };
}
