/* test_kube_feed - a feed of objects from a server of ours, whose watch ends badly and stays open */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
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

#include "common/api/kube_feed.h"
#include "tests/shell/world.h"

#define PORT 7472
#define STREAM "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define CONFIG_MAP(name, version) \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define ADDED(name, version) "{\"type\":\"ADDED\",\"object\":" CONFIG_MAP(name, version) "}\n"
#define FAILURE(code) "{\"type\":\"ERROR\",\"object\":{\"code\":" code "}}\n"

struct fixture {
	struct loop *loop;
	struct kube_client *client;
	struct kube_feed *feed;
	int listener, stream; /* stream: the last watch, left open */
	bool called, asked, synced;
	char request[2048];
	char log[512]; /* what the user was told */
};

static void tell(struct fixture *f, const char *word, const char *name)
{
	size_t n = strlen(f->log);

	snprintf(f->log + n, sizeof(f->log) - n, "%s%s%s%s", n ? "; " : "", word, *name ? " " : "", name);
}

static void on_object(void *ctx, void *object)
{
	struct kube_raw *raw = object;

	tell(ctx, "has", raw->meta.name);
	kube_object_free(KUBE_RAW, raw);
}

static void on_gone(void *ctx, const char *key)
{
	tell(ctx, "lost", key);
}

static void on_synced(void *ctx)
{
	struct fixture *f = ctx;

	f->synced = true;
	tell(f, "synced", "");
}

static void on_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	tell(ctx, trouble == KUBE_TROUBLE_NONE ? "well" : "trouble:", text);
}

static void on_call(void *ctx, instant now, unsigned events)
{
	(void)now;
	(void)events;
	*(bool *)ctx = true;
}

static int setup(void **state)
{
	static struct fixture f;
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const struct kube_client_config client = { .server = "http://127.0.0.1:7472", .user_agent = "test" };
	const struct kube_feed_config feed = {
		KUBE_RAW, "/things", "", { on_object, on_gone, on_synced, on_trouble, &f }
	};
	struct text error;
	int on = 1;

	f = (struct fixture){ .loop = loop_new(), .stream = -1 };
	f.listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(setsockopt(f.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(f.listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(f.listener, 8), 0);
	text_init(&error, 256);
	assert_int_equal(kube_client_new(f.loop, &client, &f.client, &error), 0);
	text_done(&error);
	f.feed = kube_feed_new(f.client, &feed);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kube_feed_free(f->feed);
	kube_client_free(f->client);
	loop_free(f->loop);
	close(f->stream);
	close(f->listener);
	return 0;
}

/* Turns the loop until the descriptor can be read. */
static void wait_for(struct fixture *f, int fd)
{
	bool ready = false;
	struct loop_watch *watch = loop_watch_new(f->loop, fd, LOOP_READ, on_call, &ready);

	world_until(f->loop, &ready);
	loop_watch_free(watch);
}

/* The next request, of which the target must contain this; the answer is sent. */
static int answer(struct fixture *f, const char *target, const char *bytes)
{
	ssize_t n;
	int fd;

	wait_for(f, f->listener);
	fd = accept(f->listener, NULL, NULL);
	assert_true(fd >= 0);
	wait_for(f, fd);
	n = read(fd, f->request, sizeof(f->request) - 1);
	assert_true(n > 0);
	f->request[n] = '\0';
	*strchr(f->request, '\r') = '\0';
	if (!strstr(f->request, target))
		fail_msg("asked for %s, not for %s", f->request, target);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	return fd;
}

static void list(struct fixture *f, const char *items, const char *version)
{
	char answered[1024];

	snprintf(answered, sizeof(answered), STREAM "{\"metadata\":{\"resourceVersion\":\"%s\"},\"items\":[%s]}",
		 version, items);
	f->synced = false;
	close(answer(f, "GET /things?limit=", answered));
	world_until(f->loop, &f->synced);
}

/* The next watch gets these lines, and its connection stays open. */
static void watch(struct fixture *f, const char *version, const char *lines)
{
	char target[64];

	snprintf(target, sizeof(target), "&resourceVersion=%s ", version);
	f->stream = answer(f, target, lines);
}

static void assert_hung_up(struct fixture *f)
{
	char byte;

	wait_for(f, f->stream);
	assert_int_equal(read(f->stream, &byte, 1), 0);
	close(f->stream);
	f->stream = -1;
}

static void a_line_that_cannot_be_read_ends_the_watch_and_everything_is_listed_anew(void **state)
{
	struct fixture *f = *state;

	list(f, CONFIG_MAP("a", "3"), "5");
	watch(f, "5", STREAM ADDED("b", "6") "nonsense\n" ADDED("c", "8"));
	assert_hung_up(f);
	list(f, CONFIG_MAP("b", "6") "," CONFIG_MAP("c", "8"), "9");
	assert_non_null(strstr(f->log, "has a; synced; has b; trouble: "));
	assert_non_null(strstr(f->log, "; has c; lost a; well; synced"));
	watch(f, "9", STREAM);
}

static void a_version_that_expired_is_listed_anew_though_the_server_leaves_the_watch_open(void **state)
{
	struct fixture *f = *state;

	list(f, "", "5");
	watch(f, "5", STREAM FAILURE("410"));
	assert_hung_up(f);
	list(f, CONFIG_MAP("a", "7"), "9");
	assert_string_equal(f->log, "synced; has a; synced");
}

static void another_failure_in_the_watch_begins_it_again_where_it_was(void **state)
{
	struct fixture *f = *state;

	list(f, "", "5");
	watch(f, "5", STREAM ADDED("a", "6") FAILURE("500"));
	assert_hung_up(f);
	watch(f, "6", STREAM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_that_cannot_be_read_ends_the_watch_and_everything_is_listed_anew),
		TEST(a_version_that_expired_is_listed_anew_though_the_server_leaves_the_watch_open),
		TEST(another_failure_in_the_watch_begins_it_again_where_it_was),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
