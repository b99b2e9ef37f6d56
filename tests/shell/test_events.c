/* test_events - which Events are written once more: what happens anew, and not what only went on over a restart */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "speaker/agent/events.h"
#include "tests/shell/api.h"
#include "tests/shell/world.h"

#define CREATED "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n{}"
#define EXISTS "HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n{}"
#define NAME_MAX_BYTES 64

struct agent { /* as much of one as it takes */
	struct loop *loop;
	struct api api;
	struct kube_client *client;
	struct events *events;
};

static int setup(void **state)
{
	static struct agent a;
	const struct kube_client_config client = { .server = API_BASE, .user_agent = "test" };
	struct text error;

	a = (struct agent){ .loop = loop_new() };
	api_open(&a.api, a.loop);
	text_init(&error, 256);
	assert_int_equal(kube_client_new(a.loop, &client, &a.client, &error), 0);
	text_done(&error);
	a.events = events_new(a.client, "speaker", "node1");
	*state = &a;
	return 0;
}

static int teardown(void **state)
{
	struct agent *a = *state;

	events_free(a->events);
	kube_client_free(a->client);
	api_close(&a->api);
	loop_free(a->loop);
	return 0;
}

static void post(struct agent *a, bool lasts, bool once)
{
	const struct events_about about = { .service = "d/web", .uid = "u", .type = "Warning",
					    .reason = "nobodyAnnounces", .message = "so it is",
					    .lasts = lasts, .once = once };

	events_post(a->events, &about);
}

/* The next Event gets this answer; its name. */
static void answer(struct agent *a, const char *bytes, char out_name[static NAME_MAX_BYTES])
{
	static const char key[] = "\"name\":\"web.";
	const char *at;

	close(api_answer(&a->api, "POST /api/v1/namespaces/d/events", bytes));
	at = strstr(a->api.request, key);
	assert_non_null(at);
	at += sizeof(key) - 1;
	memcpy(out_name, at, strcspn(at, "\""));
	out_name[strcspn(at, "\"")] = '\0';
}

static void wait_sent(struct agent *a, uint64_t n)
{
	for (int i = 0; i < 10000 && events_n_sent(a->events) < n; i++)
		world_turn(a->loop, 1);
	assert_int_equal(events_n_sent(a->events), n);
}

static void what_lasts_is_found_by_who_starts_later(void **state)
{
	struct agent *a = *state;
	char told[NAME_MAX_BYTES], again[NAME_MAX_BYTES];

	post(a, true, false);
	answer(a, CREATED, told);
	wait_sent(a, 1);
	post(a, true, true);
	answer(a, EXISTS, again);
	assert_string_equal(again, told);
	post(a, false, false); /* and this one comes next: nothing else was written */
	answer(a, CREATED, again);
	assert_string_not_equal(again, told);
	wait_sent(a, 2);
	assert_int_equal(events_n_dropped(a->events), 0);
}

static void what_is_so_again_is_told_again(void **state)
{
	struct agent *a = *state;
	char first[NAME_MAX_BYTES], second[NAME_MAX_BYTES];

	post(a, true, false);
	answer(a, EXISTS, first);
	answer(a, CREATED, second);
	assert_string_not_equal(second, first);
	wait_sent(a, 1);
	assert_int_equal(events_n_waiting(a->events), 0);
}

static void what_happens_has_a_name_of_its_own_each_time(void **state)
{
	struct agent *a = *state;
	char first[NAME_MAX_BYTES], second[NAME_MAX_BYTES];

	post(a, false, false);
	answer(a, CREATED, first);
	post(a, false, false);
	answer(a, CREATED, second);
	assert_string_not_equal(second, first);
	wait_sent(a, 2);
}

static void what_waits_for_its_answer_at_the_end_is_let_go(void **state)
{
	struct agent *a = *state;

	post(a, true, false);
	post(a, false, false);
	world_turn(a->loop, 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_lasts_is_found_by_who_starts_later),
		TEST(what_is_so_again_is_told_again),
		TEST(what_happens_has_a_name_of_its_own_each_time),
		TEST(what_waits_for_its_answer_at_the_end_is_let_go),
	};
	int skipped = world_enter();

	return skipped ? skipped : cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
