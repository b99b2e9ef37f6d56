/* test_backoff - waits double up to their limit and lie in the upper half of the step */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "common/core/backoff.h"

static void waits_double_from_the_first_to_the_longest(void **state)
{
	static const int64_t steps[] = { 100, 200, 400, 800, 1000, 1000, 1000 };
	struct backoff b = { .first_ms = 100, .max_ms = 1000 };
	struct prng prng = prng_seeded(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		int64_t wait = backoff_failed(&b, &prng);

		assert_int_equal(b.step_ms, steps[i]);
		assert_in_range(wait, steps[i] / 2, steps[i]);
	}
}

static void success_starts_over(void **state)
{
	struct backoff b = { .first_ms = 100, .max_ms = 1000 };
	struct prng prng = prng_seeded(2);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_true(backoff_failed(&b, &prng) > 0);
	backoff_succeeded(&b);
	assert_in_range(backoff_failed(&b, &prng), 50, 100);
}

static void waits_are_spread_over_half_a_step(void **state)
{
	struct prng prng = prng_seeded(3);
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct backoff b = { .first_ms = 100, .max_ms = 100 };
		int64_t wait = backoff_failed(&b, &prng);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_int_equal(least, 50);
	assert_int_equal(most, 100);
}

static void the_longest_possible_step_does_not_overflow(void **state)
{
	struct backoff b = { .first_ms = INT64_MAX / 2 + 1, .max_ms = INT64_MAX - 1 };
	struct prng prng = prng_seeded(4);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(backoff_failed(&b, &prng) > 0);
	assert_true(b.step_ms == INT64_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_from_the_first_to_the_longest),
		cmocka_unit_test(success_starts_over),
		cmocka_unit_test(waits_are_spread_over_half_a_step),
		cmocka_unit_test(the_longest_possible_step_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
