/* test_kube_feed - a feed of objects from a server of ours, whose watch ends badly and stays open */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/api/kube_feed.h"
#include "tests/shell/api.h"
#include "tests/shell/world.h"

#define CONFIG_MAP(name, version) \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}"
#define ADDED(name, version) "{\"type\":\"ADDED\",\"object\":" CONFIG_MAP(name, version) "}\n"
#define FAILURE(code) "{\"type\":\"ERROR\",\"object\":{\"code\":" code "}}\n"

#define MISSING "HTTP/1.1 404 Not Found\r\nContent-Length: 18\r\n\r\n{\"message\":\"gone\"}"

struct fixture {
	struct loop *loop;
	struct kube_client *client;
	struct kube_feed *feed;
	struct kube_group *group;
	struct api api;
	int stream; /* the last watch, left open */
	bool synced, troubled;
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
	struct fixture *f = ctx;

	f->troubled = trouble != KUBE_TROUBLE_NONE;
	tell(f, f->troubled ? "trouble:" : "well", text);
}

static int setup(void **state)
{
	static struct fixture f;
	const struct kube_client_config client = { .server = API_BASE, .user_agent = "test" };
	const struct kube_feed_config feed = {
		KUBE_RAW, "/things", "", { on_object, on_gone, on_synced, on_trouble, &f }, NULL
	};
	struct text error;

	f = (struct fixture){ .loop = loop_new(), .stream = -1 };
	api_open(&f.api, f.loop);
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
	kube_group_free(f->group);
	kube_client_free(f->client);
	loop_free(f->loop);
	close(f->stream);
	api_close(&f->api);
	return 0;
}

static void list(struct fixture *f, const char *items, const char *version)
{
	char answered[1024];

	snprintf(answered, sizeof(answered), API_OK "{\"metadata\":{\"resourceVersion\":\"%s\"},\"items\":[%s]}",
		 version, items);
	f->synced = false;
	close(api_answer(&f->api, "GET /things?limit=", answered));
	world_until(f->loop, &f->synced);
}

/* The next watch gets these lines, and its connection stays open. */
static void watch(struct fixture *f, const char *version, const char *lines)
{
	char target[64];

	snprintf(target, sizeof(target), "&resourceVersion=%s ", version);
	f->stream = api_answer(&f->api, target, lines);
}

static void assert_hung_up(struct fixture *f)
{
	char byte;

	api_wait(&f->api, f->stream);
	assert_int_equal(read(f->stream, &byte, 1), 0);
	close(f->stream);
	f->stream = -1;
}

static void a_line_that_cannot_be_read_ends_the_watch_and_everything_is_listed_anew(void **state)
{
	struct fixture *f = *state;

	list(f, CONFIG_MAP("a", "3"), "5");
	watch(f, "5", API_OK ADDED("b", "6") "nonsense\n" ADDED("c", "8"));
	assert_hung_up(f);
	list(f, CONFIG_MAP("b", "6") "," CONFIG_MAP("c", "8"), "9");
	assert_non_null(strstr(f->log, "has a; synced; has b; trouble: "));
	assert_non_null(strstr(f->log, "; has c; lost a; well; synced"));
	watch(f, "9", API_OK);
}

static void a_version_that_expired_is_listed_anew_though_the_server_leaves_the_watch_open(void **state)
{
	struct fixture *f = *state;

	list(f, "", "5");
	watch(f, "5", API_OK FAILURE("410"));
	assert_hung_up(f);
	list(f, CONFIG_MAP("a", "7"), "9");
	assert_string_equal(f->log, "synced; has a; synced");
}

static void another_failure_in_the_watch_begins_it_again_where_it_was(void **state)
{
	struct fixture *f = *state;

	list(f, "", "5");
	watch(f, "5", API_OK ADDED("a", "6") FAILURE("500"));
	assert_hung_up(f);
	watch(f, "6", API_OK);
}

/* Who asks anew waits for an answer, and a trouble that lasts is one. */
static void a_list_that_was_asked_for_is_answered_also_by_the_trouble_of_before(void **state)
{
	struct fixture *f = *state;

	list(f, "", "5");
	watch(f, "5", API_OK FAILURE("410"));
	assert_hung_up(f);
	close(api_answer(&f->api, "GET /things?limit=", MISSING));
	world_until(f->loop, &f->troubled);
	f->troubled = false;
	kube_feed_relist(f->feed);
	close(api_answer(&f->api, "GET /things?limit=", MISSING));
	world_until(f->loop, &f->troubled);
	kube_feed_relist(f->feed);
	list(f, "", "7");
	kube_feed_relist(f->feed);
	list(f, "", "8");
	assert_string_equal(f->log, "synced; trouble: gone; trouble: gone; well; synced; synced");
}

/* It is told once, and over when the watch works. */
static void a_watch_that_is_forbidden_is_no_news_after_each_list(void **state)
{
	struct fixture *f = *state;
	bool over = false;

	list(f, "", "5");
	watch(f, "5", "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{\"message\":\"no\"}");
	close(f->stream);
	list(f, "", "7");
	assert_string_equal(f->log, "synced; trouble: no; synced");
	watch(f, "7", API_OK ADDED("a", "8"));
	for (unsigned i = 0; i < 100 && !over; i++) {
		world_turn(f->loop, 20);
		over = strstr(f->log, "has a") != NULL;
	}
	assert_string_equal(f->log, "synced; trouble: no; synced; well; has a");
}

#define GROUP(kinds) API_OK "{\"resources\":[" kinds "]}"
#define KIND(plural) "{\"name\":\"" plural "\"}"
#define READ_GROUP "GET /group HTTP"

static struct kube_feed *feed_of_group(struct fixture *f, const char *path)
{
	const struct kube_feed_config feed = {
		KUBE_RAW, path, "", { on_object, on_gone, on_synced, on_trouble, f }, f->group
	};

	return kube_feed_new(f->client, &feed);
}

/* The feed of the fixture waits for a kind `as`. */
static void wait_for_as(struct fixture *f)
{
	f->group = kube_group_new(f->client, "/group", 50);
	kube_feed_free(f->feed);
	f->feed = feed_of_group(f, "/group/as");
	close(api_answer(&f->api, "GET /group/as?limit=", MISSING));
	world_until(f->loop, &f->troubled);
}

static void kinds_that_are_missing_are_looked_for_by_one_request_for_all(void **state)
{
	struct fixture *f = *state;
	struct kube_feed *other;

	wait_for_as(f);
	f->troubled = false;
	other = feed_of_group(f, "/group/bs");
	close(api_answer(&f->api, "GET /group/bs?limit=", MISSING));
	world_until(f->loop, &f->troubled);
	close(api_answer(&f->api, READ_GROUP, MISSING));
	close(api_answer(&f->api, READ_GROUP, GROUP(KIND("as/status"))));
	close(api_answer(&f->api, READ_GROUP, GROUP(KIND("other") "," KIND("bs"))));
	close(api_answer(&f->api, "GET /group/bs?limit=", API_OK "{\"metadata\":{\"resourceVersion\":\"5\"}}"));
	world_until(f->loop, &f->synced);
	watch(f, "5", API_OK);
	close(api_answer(&f->api, READ_GROUP, GROUP(KIND("as"))));
	close(api_answer(&f->api, "GET /group/as?limit=", MISSING)); /* it is not served yet, after all */
	close(api_answer(&f->api, READ_GROUP, MISSING));
	kube_feed_free(other);
}

static void where_a_group_cannot_be_read_each_kind_is_asked_for(void **state)
{
	static const char *const answers[] = { "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
					       API_OK "nonsense", API_OK "{}", "" };
	struct fixture *f = *state;

	wait_for_as(f);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		close(api_answer(&f->api, READ_GROUP, answers[i]));
		close(api_answer(&f->api, "GET /group/as?limit=", MISSING));
	}
	close(api_answer(&f->api, READ_GROUP, MISSING));
}

static void who_waits_for_a_kind_may_ask_at_once_and_may_go(void **state)
{
	struct fixture *f = *state;

	wait_for_as(f);
	kube_feed_relist(f->feed);
	close(api_answer(&f->api, "GET /group/as?limit=", MISSING));
	close(api_answer(&f->api, READ_GROUP, MISSING));
	kube_feed_free(f->feed);
	f->feed = feed_of_group(f, "/group/bs");
	close(api_answer(&f->api, "GET /group/bs?limit=", MISSING));
	close(api_answer(&f->api, READ_GROUP, GROUP(KIND("as"))));
	close(api_answer(&f->api, READ_GROUP, GROUP(KIND("bs"))));
	close(api_answer(&f->api, "GET /group/bs?limit=", MISSING));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_that_cannot_be_read_ends_the_watch_and_everything_is_listed_anew),
		TEST(a_version_that_expired_is_listed_anew_though_the_server_leaves_the_watch_open),
		TEST(another_failure_in_the_watch_begins_it_again_where_it_was),
		TEST(a_list_that_was_asked_for_is_answered_also_by_the_trouble_of_before),
		TEST(a_watch_that_is_forbidden_is_no_news_after_each_list),
		TEST(kinds_that_are_missing_are_looked_for_by_one_request_for_all),
		TEST(where_a_group_cannot_be_read_each_kind_is_asked_for),
		TEST(who_waits_for_a_kind_may_ask_at_once_and_may_go),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
