/* test_http - our client against our server, over loopback: answers, streams, failures, a taken port */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/api/io/http.h"
#include "common/api/io/serve.h"
#include "tests/shell/api.h"
#include "tests/shell/world.h"

#define PORT 7472

struct seen {
	bool done, bound, refused, begun;
	int error;
	char why[128];
	long status;
	char body[256];
	size_t n_stream;
};

static int write_hello(void *ctx, struct text *out_body, const char **out_type)
{
	(void)ctx;
	*out_type = "application/json";
	text_add(out_body, "{\"hello\":1}");
	return 200;
}

static int write_not_ready(void *ctx, struct text *out_body, const char **out_type)
{
	(void)ctx;
	(void)out_type;
	text_add(out_body, "services were not listed yet");
	return 503;
}

static const struct serve_page pages[] = { { "/hello", write_hello, "default-src 'none'" },
					   { "/readyz", write_not_ready, NULL } };

static void on_bind(void *ctx, const char *host, uint16_t port, const char *why)
{
	struct seen *seen = ctx;

	(void)host;
	(void)port;
	seen->refused |= why != NULL;
	seen->bound |= why == NULL;
	if (why)
		snprintf(seen->why, sizeof(seen->why), "%s", why);
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct seen *seen = ctx;

	seen->done = true;
	seen->error = answer->error;
	seen->status = answer->status;
	seen->body[0] = '\0';
	if (answer->error == 0)
		strncpy(seen->body, answer->bytes, sizeof(seen->body) - 1);
}

static void on_bytes(void *ctx, long status, const char *bytes, size_t n)
{
	struct seen *seen = ctx;

	(void)bytes;
	seen->begun = true;
	seen->status = status;
	seen->n_stream += n;
}

struct fixture {
	struct loop *loop;
	struct http *http;
	struct serve *serve;
	struct seen seen;
};

static int setup(void **state)
{
	static struct fixture f;
	struct http_server server = { .base = API_BASE, .user_agent = "test" };
	struct serve_config config = { .host = "127.0.0.1", .port = PORT, .page = pages, .n_page = 2,
				       .on_bind = on_bind, .ctx = &f.seen };

	f = (struct fixture){ .loop = loop_new() };
	f.http = http_new(f.loop, &server);
	f.serve = serve_new(f.loop, &config);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	http_free(f->http);
	serve_free(f->serve);
	loop_free(f->loop);
	return 0;
}

static void ask(struct fixture *f, const char *method, const char *target)
{
	struct http_call call = { .method = method, .target = target, .timeout_ms = 5000,
				  .on_done = on_done, .ctx = &f->seen };

	f->seen.done = false;
	assert_non_null(http_send(f->http, &call));
	assert_false(f->seen.done); /* never from inside */
	world_until(f->loop, &f->seen.done);
}

static void a_page_is_fetched_with_its_status(void **state)
{
	struct fixture *f = *state;

	ask(f, "GET", "/hello");
	assert_int_equal(f->seen.error, 0);
	assert_int_equal(f->seen.status, 200);
	assert_string_equal(f->seen.body, "{\"hello\":1}");
	ask(f, "GET", "/readyz?verbose");
	assert_int_equal(f->seen.status, 503);
	assert_string_equal(f->seen.body, "services were not listed yet");
	ask(f, "GET", "/nothing");
	assert_int_equal(f->seen.status, 404);
	ask(f, "DELETE", "/hello");
	assert_int_equal(f->seen.status, 501); /* what libevent says to other methods */
}

static void many_requests_are_under_way_at_once(void **state)
{
	struct fixture *f = *state;
	struct seen seen[50] = { { 0 } };

	for (size_t i = 0; i < 50; i++) {
		struct http_call call = { .method = "GET", .target = "/hello", .timeout_ms = 5000,
					  .on_done = on_done, .ctx = &seen[i] };

		assert_non_null(http_send(f->http, &call));
	}
	for (size_t i = 0; i < 50; i++) {
		world_until(f->loop, &seen[i].done);
		assert_int_equal(seen[i].status, 200);
	}
}

static void a_stream_gives_bytes_as_they_come(void **state)
{
	struct fixture *f = *state;
	struct http_call call = { .method = "GET", .target = "/hello", .silence_s = 5,
				  .on_bytes = on_bytes, .on_done = on_done, .ctx = &f->seen };

	assert_non_null(http_send(f->http, &call));
	world_until(f->loop, &f->seen.done);
	assert_int_equal(f->seen.n_stream, strlen("{\"hello\":1}"));
	assert_string_equal(f->seen.body, "");
}

static void a_cancelled_request_is_silent(void **state)
{
	struct fixture *f = *state;
	struct http_call call = { .method = "GET", .target = "/hello", .timeout_ms = 5000,
				  .on_done = on_done, .ctx = &f->seen };

	http_cancel(http_send(f->http, &call));
	world_turn(f->loop, 50);
	assert_false(f->seen.done);
}

static void who_is_not_there_refuses(void **state)
{
	struct fixture *f = *state;

	serve_free(f->serve);
	f->serve = NULL;
	ask(f, "GET", "/hello");
	assert_int_equal(f->seen.error, -ECONNREFUSED);
}

static void a_stream_that_has_nothing_to_say_yet_is_known_to_have_begun(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct fixture *f = *state;
	struct http_call call = { .method = "GET", .target = "/watch", .silence_s = 5,
				  .on_bytes = on_bytes, .on_done = on_done, .ctx = &f->seen };
	struct api api;
	int fd;

	serve_free(f->serve);
	f->serve = NULL;
	api_open(&api, f->loop);
	assert_non_null(http_send(f->http, &call));
	api_wait(&api, api.listener);
	fd = accept(api.listener, NULL, NULL);
	world_turn(f->loop, 20);
	assert_false(f->seen.begun);
	assert_int_equal(write(fd, head, strlen(head)), strlen(head));
	world_until(f->loop, &f->seen.begun);
	assert_int_equal(f->seen.status, 200);
	assert_int_equal(f->seen.n_stream, 0);
	assert_false(f->seen.done);
	close(fd);
	api_close(&api);
}

/* Somebody takes the connection and says nothing. */
static void times_out(struct fixture *f, const struct http_call *call)
{
	struct api api;

	serve_free(f->serve);
	f->serve = NULL;
	api_open(&api, f->loop);
	assert_non_null(http_send(f->http, call));
	world_until(f->loop, &f->seen.done);
	assert_int_equal(f->seen.error, -ETIMEDOUT);
	api_close(&api);
}

static void a_stream_that_falls_silent_is_ended(void **state)
{
	struct fixture *f = *state;
	struct http_call call = { .method = "GET", .target = "/watch", .silence_s = 1,
				  .on_bytes = on_bytes, .on_done = on_done, .ctx = &f->seen };

	times_out(f, &call);
}

static void a_request_that_nobody_answers_times_out(void **state)
{
	struct fixture *f = *state;
	struct http_call call = { .method = "GET", .target = "/hello", .timeout_ms = 50,
				  .on_done = on_done, .ctx = &f->seen };

	times_out(f, &call);
}

static void a_taken_port_is_tried_again_until_it_is_free(void **state)
{
	struct fixture *f = *state;
	struct serve_config config = { .host = "127.0.0.1", .port = PORT, .page = pages, .n_page = 2,
				       .on_bind = on_bind, .ctx = &f->seen };
	struct api api;

	serve_free(f->serve);
	api_open(&api, f->loop);
	f->serve = serve_new(f->loop, &config);
	world_until(f->loop, &f->seen.refused);
	assert_string_equal(f->seen.why, strerror(EADDRINUSE));
	api_close(&api);
	f->seen.bound = false;
	world_until(f->loop, &f->seen.bound);
	ask(f, "GET", "/hello");
	assert_int_equal(f->seen.status, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_fetched_with_its_status),
		TEST(many_requests_are_under_way_at_once),
		TEST(a_stream_gives_bytes_as_they_come),
		TEST(a_cancelled_request_is_silent),
		TEST(who_is_not_there_refuses),
		TEST(a_stream_that_has_nothing_to_say_yet_is_known_to_have_begun),
		TEST(a_stream_that_falls_silent_is_ended),
		TEST(a_request_that_nobody_answers_times_out),
		TEST(a_taken_port_is_tried_again_until_it_is_free),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
