/* test_prng - the same seed gives the same numbers, inside their limits */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "common/core/prng.h"

static void numbers_follow_from_the_seed(void **state)
{
	struct prng a = prng_seeded(42), b = prng_seeded(42), c = prng_seeded(43);
	unsigned n_equal = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		uint64_t x = prng_next(&a);

		assert_true(x == prng_next(&b));
		n_equal += x == prng_next(&c);
	}
	assert_int_equal(n_equal, 0);
}

static void it_is_xoshiro256_star_star(void **state)
{
	/* What the algorithm's definition gives from the state 1, 2, 3, 4. */
	static const uint64_t wanted[] = { 11520,
					   0,
					   1509978240,
					   UINT64_C(1215971899390074240),
					   UINT64_C(1216172134540287360),
					   UINT64_C(607988272756665600) };
	struct prng prng = { { 1, 2, 3, 4 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_true(prng_next(&prng) == wanted[i]);
}

static void every_number_below_the_limit_comes_up_about_equally_often(void **state)
{
	struct prng prng = prng_seeded(1);
	unsigned count[10] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		count[prng_below(&prng, 10)]++;
	for (unsigned i = 0; i < 10; i++)
		assert_in_range(count[i], 850, 1150);
	assert_true(prng_below(&prng, 1) == 0);
}

static void both_ends_of_a_span_come_up(void **state)
{
	struct prng prng = prng_seeded(2);
	bool low = false, high = false;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		int64_t x = prng_between(&prng, -2, 2);

		assert_true(x >= -2 && x <= 2);
		low |= x == -2;
		high |= x == 2;
	}
	assert_true(low && high);
	assert_true(prng_between(&prng, 5, 5) == 5);
	assert_true(prng_between(&prng, INT64_MIN + 1, INT64_MAX) >= INT64_MIN + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_follow_from_the_seed),
		cmocka_unit_test(it_is_xoshiro256_star_star),
		cmocka_unit_test(every_number_below_the_limit_comes_up_about_equally_often),
		cmocka_unit_test(both_ends_of_a_span_come_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
