/* test_kube_queue - as few writes as possible */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/api/core/kube_queue.h"

#define T(ms) ((ms) * NS_PER_MS)

static void want(struct kube_queue *q, instant now, const char *key, const char *body)
{
	struct kube_wish wish = { .n = 1 };

	wish.step[0] = (struct kube_step){ "PATCH", mem_strdup(key), NULL, mem_strdup(body) };
	kube_queue_want(q, now, key, &wish);
	kube_wish_done(&wish);
}

/* The body that is to be sent now, or "". */
static const char *next(struct kube_queue *q, instant now)
{
	const struct kube_wish *wish;
	const char *key;

	return kube_queue_next(q, now, &key, &wish) ? wish->step[0].body : "";
}

static void what_is_wanted_last_is_written_once(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 1000, 8, 1);
	want(&q, 0, "a", "1");
	want(&q, 0, "a", "2");
	assert_string_equal(next(&q, 0), "2");
	assert_string_equal(next(&q, 0), "");
	want(&q, 0, "a", "2"); /* is under way */
	kube_queue_on_end(&q, T(5), "a", true);
	assert_string_equal(next(&q, T(5000)), "");
	want(&q, T(5000), "a", "2"); /* was written */
	assert_string_equal(next(&q, T(5000)), "");
	kube_queue_saw(&q, "a"); /* somebody else wrote it */
	want(&q, T(5000), "a", "2");
	assert_string_equal(next(&q, T(5000)), "2");
	kube_queue_done(&q);
}

static void the_next_write_of_an_object_keeps_its_distance(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 1000, 8, 1);
	want(&q, 0, "a", "1");
	assert_string_equal(next(&q, 0), "1");
	kube_queue_on_end(&q, T(10), "a", true);
	want(&q, T(20), "a", "2");
	assert_string_equal(next(&q, T(20)), "");
	assert_int_equal(kube_queue_deadline(&q), T(1010));
	want(&q, T(30), "b", "1"); /* another need not wait */
	assert_string_equal(next(&q, T(30)), "1");
	want(&q, T(40), "a", "1"); /* it is so again: nothing is to be done */
	assert_string_equal(next(&q, T(2000)), "");
	kube_queue_done(&q);
}

static void a_failure_is_tried_again_with_the_latest_wish(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 0, 8, 1);
	want(&q, 0, "a", "1");
	assert_string_equal(next(&q, 0), "1");
	kube_queue_on_end(&q, 0, "a", false);
	assert_in_range(kube_queue_deadline(&q), T(500), T(1000));
	want(&q, T(1), "a", "2");
	assert_string_equal(next(&q, T(1)), "");
	assert_string_equal(next(&q, T(1000)), "2");
	kube_queue_on_end(&q, T(1000), "a", false);
	assert_string_equal(next(&q, T(3000)), "2");
	kube_queue_on_end(&q, T(3000), "a", true);
	assert_int_equal(kube_queue_deadline(&q), INSTANT_NEVER);
	kube_queue_done(&q);
}

static void so_many_are_under_way_and_no_more(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 0, 2, 1);
	want(&q, 0, "a", "1");
	want(&q, 0, "b", "2");
	want(&q, 0, "c", "3");
	assert_string_equal(next(&q, 0), "1");
	assert_string_equal(next(&q, 0), "2");
	assert_string_equal(next(&q, 0), "");
	assert_int_equal(kube_queue_deadline(&q), INSTANT_NEVER);
	kube_queue_on_end(&q, 0, "a", true);
	assert_string_equal(next(&q, 0), "3");
	kube_queue_done(&q);
}

static void what_is_dropped_is_not_sent(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 0, 8, 1);
	want(&q, 0, "a", "1");
	kube_queue_drop(&q, "a");
	kube_queue_drop(&q, "unknown");
	kube_queue_saw(&q, "unknown");
	kube_queue_gone(&q, "unknown");
	assert_string_equal(next(&q, 0), "");
	assert_int_equal(q.items.n, 0);
	kube_queue_done(&q);
}

static void all_are_dropped_whatever_became_of_them(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 1000, 8, 1);
	want(&q, 0, "sent", "1");
	assert_string_equal(next(&q, 0), "1");
	want(&q, 0, "failed", "1");
	assert_string_equal(next(&q, 0), "1");
	kube_queue_on_end(&q, 0, "failed", false);
	want(&q, 0, "waits", "1");
	kube_queue_drop_all(&q);
	kube_queue_on_end(&q, 0, "sent", false);
	assert_string_equal(next(&q, T(60000)), "");
	want(&q, T(60000), "failed", "1");
	assert_string_equal(next(&q, T(60000)), "1");
	kube_queue_done(&q);
}

static void what_is_dropped_while_it_is_sent_does_not_come_back_after_a_failure(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 0, 8, 1);
	want(&q, 0, "a", "1");
	assert_string_equal(next(&q, 0), "1");
	kube_queue_drop(&q, "a");
	kube_queue_on_end(&q, 0, "a", false);
	assert_int_equal(kube_queue_deadline(&q), INSTANT_NEVER);
	want(&q, T(1), "a", "1"); /* it is wanted again, and the wait is kept */
	assert_string_equal(next(&q, T(1)), "");
	assert_string_equal(next(&q, T(1000)), "1");
	kube_queue_drop(&q, "a");
	want(&q, T(1001), "a", "1"); /* is under way */
	kube_queue_on_end(&q, T(1002), "a", false);
	assert_string_equal(next(&q, T(4000)), "1");
	kube_queue_on_end(&q, T(4000), "a", true);
	kube_queue_done(&q);
}

static void an_object_that_went_is_forgotten_as_soon_as_nothing_is_sent(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 1000, 8, 1);
	for (int written = 0; written < 2; written++) {
		want(&q, T(written), "a", "1");
		assert_string_equal(next(&q, T(written)), "1");
		kube_queue_drop(&q, "a");
		kube_queue_gone(&q, "a");
		assert_int_equal(q.items.n, 1);
		kube_queue_on_end(&q, T(written), "a", written);
		assert_int_equal(q.items.n, 0);
	}
	want(&q, T(2), "a", "1");
	assert_string_equal(next(&q, T(2)), "1");
	kube_queue_gone(&q, "a");
	want(&q, T(3), "a", "1"); /* it is made anew */
	kube_queue_on_end(&q, T(4), "a", true);
	assert_string_equal(next(&q, T(1004)), "1");
	kube_queue_on_end(&q, T(1005), "a", true);
	kube_queue_gone(&q, "a");
	assert_int_equal(q.items.n, 0);
	kube_queue_done(&q);
}

static void what_is_seen_during_a_write_counts_after_it_and_the_distance_is_kept(void **state)
{
	struct kube_queue q;

	(void)state;
	kube_queue_init(&q, 1000, 8, 1);
	want(&q, 0, "a", "1");
	assert_string_equal(next(&q, 0), "1");
	kube_queue_saw(&q, "a"); /* perhaps after ours */
	kube_queue_on_end(&q, 0, "a", true);
	want(&q, T(1), "a", "1");
	kube_queue_saw(&q, "a");
	assert_string_equal(next(&q, T(999)), "");
	assert_string_equal(next(&q, T(1000)), "1");
	kube_queue_done(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_last_is_written_once),
		cmocka_unit_test(the_next_write_of_an_object_keeps_its_distance),
		cmocka_unit_test(a_failure_is_tried_again_with_the_latest_wish),
		cmocka_unit_test(so_many_are_under_way_and_no_more),
		cmocka_unit_test(what_is_dropped_is_not_sent),
		cmocka_unit_test(all_are_dropped_whatever_became_of_them),
		cmocka_unit_test(what_is_dropped_while_it_is_sent_does_not_come_back_after_a_failure),
		cmocka_unit_test(an_object_that_went_is_forgotten_as_soon_as_nothing_is_sent),
		cmocka_unit_test(what_is_seen_during_a_write_counts_after_it_and_the_distance_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
