/* test_kube_watch - LIST and WATCH in virtual time */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/api/core/kube_watch.h"

#define T(ms) ((instant)(ms)*NS_PER_MS)

struct fixture {
	struct kube_watch w;
	struct text target;
};

static int setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof(*f));

	kube_watch_init(&f->w, "/api/v1/services", "", 1);
	text_init(&f->target, 4096);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kube_watch_done(&f->w);
	text_done(&f->target);
	free(f);
	return 0;
}

/* The request that is due: 'L' for a LIST, 'W' for a WATCH, '-' for none. */
static char next(struct fixture *f, instant now)
{
	if (!kube_watch_next(&f->w, now, &f->target))
		return '-';
	return f->w.state == KUBE_WATCH_STREAMING ? 'W' : 'L';
}

static void list(struct fixture *f, instant now, const char *version)
{
	assert_int_equal(next(f, now), 'L');
	assert_true(kube_watch_on_page(&f->w, version, NULL));
	kube_watch_on_end(&f->w, now, KUBE_END_OK);
}

static void pages_are_asked_for_one_after_the_other_and_then_the_watch(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(next(f, T(0)), 'L');
	assert_string_equal(f->target.s, "/api/v1/services?limit=500");
	assert_int_equal(next(f, T(0)), '-'); /* one at a time */
	assert_int_equal(kube_watch_deadline(&f->w), INSTANT_NEVER);
	assert_false(kube_watch_on_page(&f->w, "17", "a b/="));
	kube_watch_on_end(&f->w, T(1), KUBE_END_OK);
	assert_int_equal(next(f, T(1)), 'L');
	assert_non_null(strstr(f->target.s, "&continue=a%20b%2F%3D"));
	assert_true(kube_watch_on_page(&f->w, "17", ""));
	kube_watch_on_end(&f->w, T(2), KUBE_END_OK);
	assert_int_equal(next(f, T(2)), 'W');
	assert_non_null(strstr(f->target.s, "watch=true&allowWatchBookmarks=true"));
	assert_non_null(strstr(f->target.s, "&resourceVersion=17"));
}

static void a_watch_goes_on_from_the_last_version_seen(void **state)
{
	struct fixture *f = *state;
	instant due;

	list(f, T(0), "17");
	assert_int_equal(next(f, T(0)), 'W');
	kube_watch_on_version(&f->w, "23");
	kube_watch_on_version(&f->w, NULL);
	kube_watch_on_end(&f->w, T(5), KUBE_END_FAILED);
	due = kube_watch_deadline(&f->w);
	assert_in_range(due, T(105), T(205));
	assert_int_equal(next(f, due - 1), '-');
	assert_int_equal(next(f, due), 'W');
	assert_non_null(strstr(f->target.s, "&resourceVersion=23"));
}

static void a_forgotten_version_leads_to_a_new_list(void **state)
{
	struct fixture *f = *state;

	list(f, T(0), "17");
	assert_int_equal(next(f, T(0)), 'W');
	kube_watch_on_end(&f->w, T(5), KUBE_END_EXPIRED);
	assert_int_equal(next(f, kube_watch_deadline(&f->w)), 'L');
	assert_null(strstr(f->target.s, "continue"));
}

static void an_expired_page_begins_the_list_anew(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(next(f, T(0)), 'L');
	assert_false(kube_watch_on_page(&f->w, "17", "token"));
	kube_watch_on_end(&f->w, T(1), KUBE_END_OK);
	assert_int_equal(next(f, T(1)), 'L');
	kube_watch_on_end(&f->w, T(2), KUBE_END_EXPIRED);
	assert_int_equal(next(f, kube_watch_deadline(&f->w)), 'L');
	assert_string_equal(f->target.s, "/api/v1/services?limit=500");
}

static void failures_wait_longer_and_longer_up_to_a_limit(void **state)
{
	struct fixture *f = *state;
	instant now = 0, waited = 0;

	for (int i = 0; i < 20; i++) {
		assert_int_equal(next(f, now), 'L');
		kube_watch_on_end(&f->w, now, KUBE_END_FAILED);
		waited = kube_watch_deadline(&f->w) - now;
		assert_in_range(waited, T(100), T(30000));
		now = kube_watch_deadline(&f->w);
	}
	assert_in_range(waited, T(15000), T(30000));
	list(f, now, "1");
	assert_int_equal(next(f, now), 'W');
	kube_watch_on_version(&f->w, "2"); /* it works again: the next failure waits shortly */
	kube_watch_on_end(&f->w, now, KUBE_END_FAILED);
	assert_in_range(kube_watch_deadline(&f->w) - now, T(100), T(200));
}

static void what_the_role_forbids_is_asked_ever_more_rarely(void **state)
{
	struct fixture *f = *state;
	instant now = 0;

	/* An API server that has just started refuses everybody for a moment. */
	assert_int_equal(next(f, 0), 'L');
	kube_watch_on_end(&f->w, 0, KUBE_END_DENIED);
	assert_in_range(kube_watch_deadline(&f->w), T(500), T(1000));
	for (size_t i = 0; i < 8; i++) {
		now = kube_watch_deadline(&f->w);
		assert_int_equal(next(f, now), 'L');
		kube_watch_on_end(&f->w, now, KUBE_END_DENIED);
	}
	assert_in_range(kube_watch_deadline(&f->w) - now, T(30000), T(60000));
}

static void a_list_that_is_allowed_does_not_hasten_a_watch_that_is_not(void **state)
{
	struct fixture *f = *state;
	instant now = 0;

	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(next(f, now), 'L');
		assert_true(kube_watch_on_page(&f->w, "5", NULL));
		kube_watch_on_end(&f->w, now, KUBE_END_OK);
		assert_int_equal(next(f, now), 'W');
		kube_watch_on_end(&f->w, now, KUBE_END_DENIED);
		if (i < 7)
			now = kube_watch_deadline(&f->w);
	}
	assert_in_range(kube_watch_deadline(&f->w) - now, T(30000), T(60000));
}

static void a_kind_that_is_missing_is_looked_for_in_seconds(void **state)
{
	struct fixture *f = *state;
	instant now = 0;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(next(f, now), 'L');
		kube_watch_on_end(&f->w, now, KUBE_END_MISSING);
		assert_in_range(kube_watch_deadline(&f->w) - now, T(5000), T(10000));
		now = kube_watch_deadline(&f->w);
	}
}

static void a_list_that_is_asked_for_anew_comes_at_once(void **state)
{
	struct fixture *f = *state;

	list(f, T(0), "7");
	assert_int_equal(next(f, T(0)), 'W');
	kube_watch_relist(&f->w);
	assert_int_equal(next(f, T(1)), 'L');
	kube_watch_on_end(&f->w, T(1), KUBE_END_DENIED);
	kube_watch_relist(&f->w);
	assert_int_equal(next(f, T(2)), 'L');
}

static void a_server_that_asks_for_a_pause_gets_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(next(f, T(0)), 'L');
	kube_watch_on_end(&f->w, T(0), KUBE_END_FAILED);
	kube_watch_hold(&f->w, T(9000));
	assert_int_equal(kube_watch_deadline(&f->w), T(9000));
	kube_watch_hold(&f->w, T(100)); /* never earlier */
	assert_int_equal(next(f, T(8999)), '-');
	assert_int_equal(next(f, T(9000)), 'L');
}

static void a_server_that_closes_every_watch_is_not_asked_in_a_loop(void **state)
{
	struct fixture *f = *state;
	instant now = T(1);

	list(f, T(0), "17");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(next(f, now), 'W');
		kube_watch_on_end(&f->w, now, KUBE_END_OK);
		assert_true(kube_watch_deadline(&f->w) >= now + T(100));
		now = kube_watch_deadline(&f->w);
	}
}

/* Quiet kinds: no event comes, which would say the same. */
static void a_watch_that_is_cut_every_two_seconds_is_soon_asked_for_again(void **state)
{
	struct fixture *f = *state;
	instant now = T(1);

	list(f, T(0), "17");
	for (int i = 0; i < 30; i++) {
		assert_int_equal(next(f, now), 'W');
		kube_watch_on_stream(&f->w, now);
		kube_watch_on_stream(&f->w, now + T(1500));
		now += T(2000);
		kube_watch_on_end(&f->w, now, i % 2 ? KUBE_END_FAILED : KUBE_END_OK);
		assert_true(kube_watch_deadline(&f->w) <= now + T(200));
		now = kube_watch_deadline(&f->w);
	}
}

static void a_watch_that_waits_in_vain_for_its_answer_makes_nothing_shorter(void **state)
{
	struct fixture *f = *state;
	instant now = T(1);

	list(f, T(0), "17");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(next(f, now), 'W');
		now += T(10000);
		kube_watch_on_end(&f->w, now, KUBE_END_FAILED);
		now = kube_watch_deadline(&f->w);
	}
	assert_int_equal(next(f, now), 'W');
	kube_watch_on_end(&f->w, now, KUBE_END_FAILED);
	assert_true(kube_watch_deadline(&f->w) >= now + T(15000));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pages_are_asked_for_one_after_the_other_and_then_the_watch),
		TEST(a_watch_goes_on_from_the_last_version_seen),
		TEST(a_forgotten_version_leads_to_a_new_list),
		TEST(an_expired_page_begins_the_list_anew),
		TEST(failures_wait_longer_and_longer_up_to_a_limit),
		TEST(what_the_role_forbids_is_asked_ever_more_rarely),
		TEST(a_list_that_is_allowed_does_not_hasten_a_watch_that_is_not),
		TEST(a_kind_that_is_missing_is_looked_for_in_seconds),
		TEST(a_list_that_is_asked_for_anew_comes_at_once),
		TEST(a_server_that_asks_for_a_pause_gets_it),
		TEST(a_server_that_closes_every_watch_is_not_asked_in_a_loop),
		TEST(a_watch_that_is_cut_every_two_seconds_is_soon_asked_for_again),
		TEST(a_watch_that_waits_in_vain_for_its_answer_makes_nothing_shorter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
