/* kube_feed - see kube_feed.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/kube_feed.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/core/kube_watch.h"
#include "common/api/wire/kube_objects.h"
#include "common/api/wire/kube_stream.h"
#include "common/core/strmap.h"
#include "common/io/files.h"

#define LIST_TIMEOUT_MS 60000
#define SILENCE_S 660         /* longer than any watch that we ask for */
#define LINE_MAX_BYTES (16u * 1024 * 1024)
#define FAILURE_MAX_BYTES 4096

struct seen {
	uint32_t epoch; /* of the LIST in which it was last found */
	char version[];
};

struct kube_feed {
	struct kube_client *client;
	struct kube_feed_config config;
	struct kube_watch watch;
	struct kube_stream stream;
	struct loop_timer *timer;
	struct http_request *request;
	struct kube_group_wait wait;
	struct strmap seen;
	uint32_t epoch;
	bool synced;
	enum kube_watch_end end; /* what the stream itself said */
	struct text failure;     /* body of a failed watch */
	enum kube_trouble trouble;
	bool of_watch; /* KUBE_TROUBLE_DENIED: it is the WATCH that the role forbids */
	bool anew; /* a trouble that is still there is told once more */
};

static void schedule(struct kube_feed *f)
{
	loop_timer_set(f->timer, kube_watch_deadline(&f->watch));
}

static void say(struct kube_feed *f, enum kube_trouble trouble, const char *text)
{
	if (f->config.user.on_trouble)
		f->config.user.on_trouble(f->config.user.ctx, trouble, text);
}

/* The state of the feed as a whole; said when it changes, and of each LIST that the user asked for. */
static void set_trouble(struct kube_feed *f, enum kube_trouble trouble, const char *text)
{
	bool again = f->anew && trouble != KUBE_TROUBLE_NONE;

	f->anew = false;
	if (f->trouble == trouble && !again)
		return;
	f->trouble = trouble;
	say(f, trouble, text);
}

/* ---- objects ---- */

/* Note that the object was seen. False: in this very version it was before. */
static bool remember(struct kube_feed *f, const char *key, const char *version)
{
	struct seen *seen = strmap_get(&f->seen, key);
	size_t n = version ? strlen(version) : 0;

	if (seen && version && strcmp(seen->version, version) == 0) {
		seen->epoch = f->epoch;
		return false;
	}
	free(seen);
	seen = mem_new(1, sizeof(*seen) + n + 1);
	seen->epoch = f->epoch;
	if (n > 0)
		memcpy(seen->version, version, n);
	strmap_put(&f->seen, key, seen);
	return true;
}

/* Of an object that may not be readable otherwise. The caller frees; NULL: it has no name. */
static char *key_of(const json_t *json)
{
	struct kube_meta meta = { 0 };
	struct text error;
	char *key = NULL;

	text_init(&error, FAILURE_MAX_BYTES);
	if (kube_decode_meta(json, &meta, &error) == 0)
		key = kube_key(&meta);
	kube_meta_done(&meta);
	text_done(&error);
	return key;
}

static void report_unreadable(struct kube_feed *f, const json_t *json, const struct text *error)
{
	char *key = key_of(json);
	struct text t;

	text_init(&t, FAILURE_MAX_BYTES);
	text_addf(&t, "%s cannot be read and is left out: %s", key ? key : "an object without a name",
		  error->s);
	say(f, KUBE_TROUBLE_OBJECT, t.s);
	text_done(&t);
	free(key);
}

static void take_object(struct kube_feed *f, const json_t *json)
{
	const json_t *meta = json_object_get(json, "metadata");
	const char *version = json_string_value(json_object_get(meta, "resourceVersion"));
	char *key = key_of(json);
	struct text error;
	void *object;

	text_init(&error, FAILURE_MAX_BYTES);
	if (!key || remember(f, key, version)) {
		if (kube_decode(f->config.kind, json, &object, &error) == 0)
			f->config.user.on_object(f->config.user.ctx, object);
		else
			report_unreadable(f, json, &error);
	}
	text_done(&error);
	free(key);
}

static void forget(struct kube_feed *f, const char *key)
{
	struct seen *seen = strmap_remove(&f->seen, key);

	if (!seen)
		return;
	free(seen);
	f->config.user.on_gone(f->config.user.ctx, key);
}

static void take_deletion(struct kube_feed *f, const json_t *json)
{
	char *key = key_of(json);

	if (key)
		forget(f, key);
	free(key);
}

/* ---- LIST ---- */

/* What the complete LIST did not hold is gone. */
static void sweep(struct kube_feed *f)
{
	const char **key = strmap_sorted_keys(&f->seen);
	size_t n = f->seen.n;

	for (size_t i = 0; i < n; i++) {
		const struct seen *seen = strmap_get(&f->seen, key[i]);

		if (seen->epoch != f->epoch) {
			char *copy = mem_strdup(key[i]);

			forget(f, copy);
			free(copy);
		}
	}
	free(key);
}

static int take_page(struct kube_feed *f, const struct http_answer *answer)
{
	struct kube_page page;
	struct text error;
	const json_t *item;
	size_t i;
	bool last;

	text_init(&error, FAILURE_MAX_BYTES);
	if (kube_decode_page(answer->bytes, answer->n, &page, &error) != 0) {
		set_trouble(f, KUBE_TROUBLE_AWAY, error.s);
		text_done(&error);
		return -EINVAL;
	}
	text_done(&error);
	json_array_foreach (page.items, i, item)
		take_object(f, item);
	last = kube_watch_on_page(&f->watch, page.version, page.next);
	kube_page_done(&page);
	if (last) {
		sweep(f);
		f->synced = true;
		malloc_trim(0); /* pages come and go; what they took is not needed again soon */
		if (f->trouble != KUBE_TROUBLE_DENIED || !f->of_watch)
			set_trouble(f, KUBE_TROUBLE_NONE, "");
		f->anew = false;
		f->config.user.on_synced(f->config.user.ctx);
	}
	return 0;
}

/* ---- WATCH ---- */

/* What the stream says cannot be read, and from the same version it would come again. */
static void lose_track(struct kube_feed *f, const char *why)
{
	f->end = KUBE_END_EXPIRED;
	set_trouble(f, KUBE_TROUBLE_AWAY, why);
}

static void on_line(void *ctx, const char *bytes, size_t n)
{
	struct kube_feed *f = ctx;
	struct kube_event event;
	struct text error;

	if (n == 0 || f->end != KUBE_END_OK)
		return;
	text_init(&error, FAILURE_MAX_BYTES);
	if (kube_decode_event(bytes, n, &event, &error) != 0) {
		lose_track(f, error.s);
		text_done(&error);
		return;
	}
	text_done(&error);
	if (event.type == KUBE_STREAM_ERROR) {
		f->end = event.code == 410 ? KUBE_END_EXPIRED : KUBE_END_FAILED;
	} else {
		if (event.type == KUBE_ADDED_OR_CHANGED)
			take_object(f, event.object);
		else if (event.type == KUBE_DELETED)
			take_deletion(f, event.object);
		kube_watch_on_version(&f->watch, event.version);
	}
	kube_event_done(&event);
}

static void on_bytes(void *ctx, long status, const char *bytes, size_t n)
{
	struct kube_feed *f = ctx;
	instant now = loop_now(kube_client_loop(f->client));

	if (status != 200) {
		text_add_n(&f->failure, bytes, n);
		return;
	}
	set_trouble(f, KUBE_TROUBLE_NONE, "");
	kube_watch_on_stream(&f->watch, now);
	if (kube_stream_push(&f->stream, bytes, n, on_line, f) != 0)
		lose_track(f, "a line of the watch is too long");
	if (f->end == KUBE_END_OK)
		return;
	http_cancel(f->request); /* the server may leave it open for minutes */
	f->request = NULL;
	kube_watch_on_end(&f->watch, now, f->end);
	schedule(f);
}

/* ---- requests ---- */

static bool is_watch(const struct kube_feed *f)
{
	return f->watch.state == KUBE_WATCH_STREAMING;
}

static enum kube_watch_end judge(struct kube_feed *f, const struct http_answer *answer)
{
	enum kube_watch_end end = KUBE_END_FAILED;
	struct http_answer whole = *answer; /* a watch's failure came as a stream */
	struct text message;

	if (answer->error == 0 && answer->status == 200)
		return is_watch(f) || take_page(f, answer) == 0 ? KUBE_END_OK : KUBE_END_FAILED;
	if (is_watch(f) && answer->error == -ETIMEDOUT && answer->status == 200)
		return KUBE_END_OK; /* silent for longer than it should be: begin again where it was */
	if (is_watch(f)) {
		whole.bytes = f->failure.s;
		whole.n = f->failure.n;
	}
	text_init(&message, FAILURE_MAX_BYTES);
	kube_client_explain(f->client, &whole, &message);
	if (answer->error == 0 && answer->status == 410) {
		end = KUBE_END_EXPIRED;
	} else if (answer->error == 0 && answer->status == 403) {
		end = KUBE_END_DENIED;
		f->of_watch = is_watch(f);
		set_trouble(f, KUBE_TROUBLE_DENIED, message.s);
	} else if (answer->error == 0 && answer->status == 404) {
		end = KUBE_END_MISSING;
		set_trouble(f, KUBE_TROUBLE_MISSING, message.s);
	} else {
		set_trouble(f, KUBE_TROUBLE_AWAY, message.s);
	}
	text_done(&message);
	return end;
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct kube_feed *f = ctx;
	instant now = loop_now(kube_client_loop(f->client));
	enum kube_watch_end end;

	f->request = NULL;
	end = judge(f, answer);
	kube_watch_on_end(&f->watch, now, end);
	if (end == KUBE_END_MISSING && f->config.group) {
		kube_watch_hold(&f->watch, INSTANT_NEVER);
		kube_group_wait(f->config.group, &f->wait);
	}
	if (answer->retry_after_ms > 0)
		kube_watch_hold(&f->watch, instant_add_ms(now, answer->retry_after_ms));
	schedule(f);
}

static void on_timer(void *ctx, instant now)
{
	struct kube_feed *f = ctx;
	struct http_call call = { .method = "GET", .on_done = on_done, .ctx = f };
	bool new_list = !f->watch.listed && !f->watch.page;
	struct text target;

	text_init(&target, 16384);
	if (kube_watch_next(&f->watch, now, &target)) {
		f->epoch += new_list;
		f->end = KUBE_END_OK;
		kube_stream_done(&f->stream);
		text_clear(&f->failure);
		call.target = target.s;
		if (is_watch(f)) {
			call.on_bytes = on_bytes;
			call.silence_s = SILENCE_S;
		} else {
			call.timeout_ms = LIST_TIMEOUT_MS;
		}
		f->request = kube_client_send(f->client, &call);
	}
	text_done(&target);
	schedule(f);
}

/* The kind may be there now. */
static void on_group(void *ctx)
{
	struct kube_feed *f = ctx;

	kube_watch_relist(&f->watch);
	schedule(f);
}

/* Nothing is under way any more, nor waited for. */
static void stop(struct kube_feed *f)
{
	if (f->request)
		http_cancel(f->request);
	f->request = NULL;
	if (f->config.group)
		kube_group_leave(f->config.group, &f->wait);
}

struct kube_feed *kube_feed_new(struct kube_client *client, const struct kube_feed_config *config)
{
	struct kube_feed *f = mem_new(1, sizeof(*f));
	uint64_t seed;

	files_random(&seed, sizeof(seed));
	*f = (struct kube_feed){ .client = client, .config = *config };
	f->wait = (struct kube_group_wait){ strrchr(config->path, '/') + 1, on_group, f, NULL };
	f->stream.max = LINE_MAX_BYTES;
	text_init(&f->failure, FAILURE_MAX_BYTES);
	kube_watch_init(&f->watch, config->path, config->selectors, seed);
	f->timer = loop_timer_new(kube_client_loop(client), on_timer, f);
	loop_timer_set(f->timer, loop_now(kube_client_loop(client)));
	return f;
}

void kube_feed_free(struct kube_feed *f)
{
	if (!f)
		return;
	stop(f);
	strmap_done_values(&f->seen);
	loop_timer_free(f->timer);
	kube_watch_done(&f->watch);
	kube_stream_done(&f->stream);
	text_done(&f->failure);
	free(f);
}

void kube_feed_relist(struct kube_feed *f)
{
	stop(f);
	f->anew = true;
	kube_watch_relist(&f->watch);
	schedule(f);
}

bool kube_feed_is_synced(const struct kube_feed *f)
{
	return f->synced;
}
