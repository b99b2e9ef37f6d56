/* writes - see writes.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/writes.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_encode.h"
#include "common/io/log.h"
#include "controller/lead.h"

#define TIMEOUT_MS 15000
#define OBJECT_MAX_BYTES (8u * 1024 * 1024)

struct job { /* one status update */
	struct controller *c;
	struct job *next;
	struct http_request *request;
	char *key;
	uint64_t number; /* of the write, see reconcile.h */
};

static void job_free(struct job *job)
{
	struct job **at = &job->c->jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	job->c->n_writes--;
	free(job->key);
	free(job);
}

static void path_of(struct text *out, const char *key, const char *rest)
{
	const char *slash = strchr(key, '/');

	text_addf(out, "/api/v1/namespaces/%.*s/services/%s%s", (int)(slash - key), key, slash + 1,
		  rest);
}

static struct reconcile_write write_of(const struct job *job)
{
	return (struct reconcile_write){ .key = job->key, .number = job->number };
}

static void finish(struct job *job)
{
	struct controller *c = job->c;

	job_free(job);
	writes_pump(c);
	if (c->leave_by)
		lead_settle(c);
}

/* It has changed, or is gone, or we may no longer write: no failure. */
static void try_again(struct job *job)
{
	const struct reconcile_write write = write_of(job);

	reconcile_on_failed(job->c->reconcile, loop_now(job->c->loop), &write);
	finish(job);
}

static void log_failure(struct job *job, const char *error)
{
	job->c->state.update_errors++;
	log_line(LOG_ERROR, { "op", "updateServiceStatus" }, { "service", job->key },
		 { "error", error }, { "msg", "failed to update service status, will try again" });
}

/* If the server asks for it. */
static void make_pause(struct controller *c, const struct http_answer *answer)
{
	if (answer->retry_after_ms > 0)
		c->pause_until = instant_add_ms(loop_now(c->loop), answer->retry_after_ms);
}

static void fail(struct job *job, const struct http_answer *answer)
{
	struct text t;

	text_init(&t, 1024);
	kube_client_explain(job->c->client, answer, &t);
	make_pause(job->c, answer);
	log_failure(job, t.s);
	text_done(&t);
	try_again(job);
}

static void on_put(void *ctx, const struct http_answer *answer)
{
	struct job *job = ctx;
	const struct reconcile_write write = write_of(job);
	struct kube_service *service = NULL;
	struct text error;
	void *object = NULL;

	if (answer->error == 0 && (answer->status == 409 || answer->status == 404)) {
		job->c->state.conflicts += answer->status == 409;
		try_again(job);
		return;
	}
	if (answer->error != 0 || answer->status < 200 || answer->status > 299) {
		fail(job, answer);
		return;
	}
	text_init(&error, 1024);
	job->c->state.writes++;
	log_line(LOG_INFO, { "event", "serviceUpdated" }, { "service", job->key },
		 { "msg", "updated service object" });
	if (kube_decode_bytes(KUBE_SERVICE, answer->bytes, answer->n, &object, &error) == 0)
		service = object;
	text_done(&error);
	reconcile_on_written(job->c->reconcile, loop_now(job->c->loop), &write,
			     service ? service->meta.resource_version : NULL);
	kube_service_free(service);
	finish(job);
}

/* 0, or -EINVAL: said, and the job is still there. */
static int put(struct job *job, const char *raw, const struct reconcile_write *write)
{
	/* It is not changed, though the type would allow it. */
	const struct kube_label note = { (char[]){ SERVICE_NOTE }, (char *)(uintptr_t)write->pool };
	char text[ALLOC_MAX_IPS][IP_TEXT_MAX];
	const char *ip[ALLOC_MAX_IPS];
	struct kube_status_change change = { .ip = ip, .n_ip = write->n_ip, .annotation = &note,
					     .n_annotation = 1 };
	struct http_call call = { .method = "PUT", .content_type = "application/json",
				  .timeout_ms = TIMEOUT_MS, .on_done = on_put, .ctx = job };
	struct text target, body;
	int rc;

	for (size_t i = 0; i < write->n_ip; i++)
		ip[i] = ip_format(&write->ip[i], text[i]);
	text_init(&target, 2048);
	text_init(&body, OBJECT_MAX_BYTES);
	path_of(&target, job->key, "/status");
	rc = kube_encode_service_status(raw, &change, &body);
	call.target = target.s;
	call.body = body.s;
	if (rc == 0)
		job->request = kube_client_send(job->c->client, &call);
	else
		log_failure(job, "the service cannot be written back as it was read");
	text_done(&target);
	text_done(&body);
	return rc;
}

/* The object as it is now: judge it anew, and write upon it what is decided. */
static void on_get(void *ctx, const struct http_answer *answer)
{
	struct job *job = ctx;
	struct controller *c = job->c;
	struct reconcile_write write = write_of(job);
	struct text error;
	void *object;

	if ((answer->error == 0 && answer->status == 404) || !lead_may_write(c)) {
		try_again(job);
		return;
	}
	if (answer->error != 0 || answer->status != 200) {
		fail(job, answer);
		return;
	}
	text_init(&error, 1024);
	if (kube_decode_bytes(KUBE_SERVICE, answer->bytes, answer->n, &object, &error) != 0) {
		log_failure(job, error.s);
		try_again(job);
	} else if (!reconcile_on_reread(c->reconcile, loop_now(c->loop), object, &write)) {
		finish(job);
	} else if (put(job, answer->bytes, &write) != 0) {
		try_again(job);
	}
	text_done(&error);
}

static void get(struct job *job)
{
	struct http_call call = { .method = "GET", .timeout_ms = TIMEOUT_MS, .on_done = on_get,
				  .ctx = job };
	struct text target;

	text_init(&target, 2048);
	path_of(&target, job->key, "");
	call.target = target.s;
	job->request = kube_client_send(job->c->client, &call);
	text_done(&target);
}

static void start(struct controller *c, const struct reconcile_write *write)
{
	struct job *job = mem_new(1, sizeof(*job));

	c->n_writes++;
	*job = (struct job){ .c = c, .next = c->jobs, .key = mem_strdup(write->key),
			     .number = write->number };
	c->jobs = job;
	if (!write->raw) {
		get(job);
	} else if (put(job, write->raw, write) != 0) {
		reconcile_on_failed(c->reconcile, loop_now(c->loop), write);
		job_free(job);
	}
}

void writes_cancel(struct controller *c)
{
	while (c->jobs) {
		http_cancel(c->jobs->request);
		job_free(c->jobs);
	}
}

/* ---- Events ---- */

static void on_posted(void *ctx, const struct http_answer *answer)
{
	struct controller *c = ctx;

	c->n_events--;
	if (answer->error == 0 && answer->status == 409) {
		; /* told before a restart, and it still holds */
	} else if (answer->error != 0 || answer->status < 200 || answer->status > 299) {
		struct text t;

		text_init(&t, 1024);
		kube_client_explain(c->client, answer, &t);
		make_pause(c, answer);
		log_line(LOG_WARN, { "op", "event" }, { "error", t.s },
			 { "msg", "an Event could not be written" });
		text_done(&t);
	} else {
		c->state.events++;
	}
	writes_pump(c);
}

static void post(struct controller *c, const struct kube_note *event)
{
	struct http_call call = { .method = "POST", .content_type = "application/json",
				  .timeout_ms = TIMEOUT_MS, .on_done = on_posted, .ctx = c };
	struct text target, body;

	text_init(&target, 1024);
	text_init(&body, 64 * 1024);
	text_addf(&target, "/api/v1/namespaces/%s/events", event->namespace);
	kube_encode_event(event, &body);
	call.target = target.s;
	call.body = body.s;
	c->n_events++;
	(void)!kube_client_send(c->client, &call);
	text_done(&target);
	text_done(&body);
}

static void post_event(struct controller *c, const struct reconcile_note *note)
{
	const char *slash = strchr(note->key, '/');
	char *namespace = mem_strndup(note->key, (size_t)(slash - note->key));
	const struct kube_note event = {
		.kind = "Service", .api_version = "v1", .namespace = namespace, .name = slash + 1,
		.uid = note->uid, .reason = note->reason, .message = note->message,
		.type = note->warning ? "Warning" : "Normal", .component = "metallb-controller",
		.now_us = loop_wall_us(), .unique = note->unique,
	};

	post(c, &event);
	free(namespace);
}

/* On the ConfigMap: custom resources are there, too, and win. */
static void post_doubled(struct controller *c)
{
	const char *uid = config_source_map_uid(c->source);
	const char *doubled = config_source_state(c->source).doubled;
	const struct kube_note event = {
		.kind = "ConfigMap", .api_version = "v1", .namespace = c->config.namespace,
		.name = c->config.config_map, .uid = uid, .reason = "ConfigMapNotRead",
		.message = doubled, .type = "Warning", .component = "metallb-controller",
		.now_us = loop_wall_us(), .unique = uid ? strtoull(uid, NULL, 16) : 0,
	};

	c->tell_doubled = false;
	if (doubled) /* still: a standby may have known of it for long */
		post(c, &event);
}

static void log_note(const struct reconcile_note *note)
{
	if (note->ip)
		log_line(LOG_INFO, { "event", "ipAllocated" }, { "ip", note->ip },
			 { "service", note->key },
			 { "msg", "IP address assigned by controller" });
	else if (note->taken)
		log_line(LOG_INFO, { "event", "clearAssignment" }, { "service", note->key },
			 { "reason", note->taken }, { "error", note->message },
			 { "msg", "current IP is taken back" });
	else
		log_line(note->warning ? LOG_WARN : LOG_INFO, { "op", "allocateIPs" },
			 { "service", note->key }, { "reason", note->reason }, { "error", note->message },
			 { "msg", "IP allocation" });
}

void writes_pump(struct controller *c)
{
	struct reconcile_write write;
	struct reconcile_note note;

	if (!lead_may_write(c))
		return;
	if (loop_now(c->loop) < c->pause_until) {
		loop_timer_set(c->timer, c->pause_until);
		return;
	}
	if (c->tell_doubled)
		post_doubled(c);
	while (c->n_events < CONTROLLER_MAX_EVENTS && reconcile_next_note(c->reconcile, &note)) {
		log_note(&note);
		history_add(&c->history, loop_wall_us() / 1000, note.key, note.reason, note.message);
		post_event(c, &note);
	}
	while (c->n_writes < CONTROLLER_MAX_WRITES &&
	       reconcile_next_write(c->reconcile, loop_now(c->loop), &write))
		start(c, &write);
	/* At the limit the next answer is what to wait for. */
	loop_timer_set(c->timer, c->n_writes == CONTROLLER_MAX_WRITES ?
					 INSTANT_NEVER :
					 reconcile_deadline(c->reconcile));
}
