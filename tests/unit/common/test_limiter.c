/* test_limiter - a burst, then one per interval, and what was held back is counted */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "common/core/limiter.h"
#include "common/core/prng.h"

static void a_burst_passes_and_the_next_one_waits_its_turn(void **state)
{
	struct limiter l = limiter_new(100, 3);
	uint64_t suppressed = 99;
	instant now = 50 * NS_PER_S;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(limiter_allows(&l, now, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(limiter_allows(&l, now, &suppressed));
	assert_true(limiter_ready_at(&l, now) == instant_add_ms(now, 100));
	assert_false(limiter_allows(&l, instant_add_ms(now, 100) - 1, &suppressed));
	assert_true(limiter_allows(&l, instant_add_ms(now, 100), &suppressed));
	assert_int_equal(suppressed, 2);
}

static void what_was_held_back_is_reported_once(void **state)
{
	struct limiter l = limiter_new(10, 1);
	uint64_t suppressed;

	(void)state;
	assert_true(limiter_allows(&l, 0, &suppressed));
	assert_false(limiter_allows(&l, 1, &suppressed));
	assert_true(limiter_allows(&l, instant_add_ms(0, 10), &suppressed));
	assert_int_equal(suppressed, 1);
	assert_true(limiter_allows(&l, instant_add_ms(0, 20), &suppressed));
	assert_int_equal(suppressed, 0);
}

static void a_long_pause_fills_the_bucket_only_once(void **state)
{
	struct limiter l = limiter_new(10, 2);
	uint64_t suppressed;
	instant later = 3600 * NS_PER_S;

	(void)state;
	assert_true(limiter_allows(&l, 0, &suppressed));
	assert_true(limiter_ready_at(&l, later) == later);
	assert_true(limiter_allows(&l, later, &suppressed));
	assert_true(limiter_allows(&l, later, &suppressed));
	assert_false(limiter_allows(&l, later, &suppressed));
}

static void no_second_has_more_than_a_rate_says(void **state)
{
	static const int64_t rate[] = { 1, 2, 7, 50, 200, 1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rate); i++) {
		struct limiter l = limiter_per_s(rate[i], 10);
		instant now = 10 * NS_PER_S, end = now + NS_PER_S;
		int64_t n = 0;
		uint64_t suppressed;

		for (; now < end; now = limiter_ready_at(&l, now))
			n += limiter_allows(&l, now, &suppressed);
		assert_in_range(n, rate[i] == 1 ? 1 : rate[i] - 1, rate[i] + 1); /* one more at the very start */
	}
}

static void it_is_ready_exactly_when_it_says(void **state)
{
	struct prng prng = prng_seeded(8);
	struct limiter l = limiter_new(7, 4);
	instant now = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t suppressed;
		instant ready;

		now += prng_between(&prng, 0, 10 * NS_PER_MS);
		ready = limiter_ready_at(&l, now);
		assert_true(ready >= now);
		assert_true(limiter_allows(&l, now, &suppressed) == (ready == now));
	}
}

static void no_span_holds_more_than_the_burst_and_its_share(void **state)
{
	struct prng prng = prng_seeded(9);
	struct limiter l = limiter_new(100, 5);
	int64_t n_allowed = 0;
	instant now = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t suppressed;

		now += prng_between(&prng, 0, 20 * NS_PER_MS);
		n_allowed += limiter_allows(&l, now, &suppressed);
		assert_true(n_allowed <= 5 + now / (100 * NS_PER_MS));
	}
	assert_true(n_allowed >= now / (100 * NS_PER_MS) - 1);
}

static void a_log_line_has_the_number_of_those_held_back(void **state)
{
	struct limiter l = limiter_new(100, 1);
	char held[LIMITER_HELD_MAX];

	(void)state;
	assert_true(limiter_allows_line(&l, 0, held));
	assert_string_equal(held, "0");
	assert_false(limiter_allows_line(&l, 1, held));
	assert_false(limiter_allows_line(&l, 2, held));
	assert_true(limiter_allows_line(&l, instant_add_ms(0, 100), held));
	assert_string_equal(held, "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_passes_and_the_next_one_waits_its_turn),
		cmocka_unit_test(what_was_held_back_is_reported_once),
		cmocka_unit_test(a_long_pause_fills_the_bucket_only_once),
		cmocka_unit_test(no_second_has_more_than_a_rate_says),
		cmocka_unit_test(it_is_ready_exactly_when_it_says),
		cmocka_unit_test(no_span_holds_more_than_the_burst_and_its_share),
		cmocka_unit_test(a_log_line_has_the_number_of_those_held_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
