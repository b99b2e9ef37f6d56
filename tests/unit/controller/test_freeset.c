/* test_freeset - runs of taken offsets */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/core/freeset.h"

static uint64_t next(const struct freeset *set, uint64_t from)
{
	uint64_t offset = 0;

	assert_true(freeset_next(set, from, &offset));
	return offset;
}

static void the_lowest_free_offset_is_found(void **state)
{
	struct freeset set = { 0 };

	(void)state;
	assert_int_equal(next(&set, 0), 0);
	freeset_take(&set, 0);
	freeset_take(&set, 2);
	assert_int_equal(next(&set, 0), 1);
	assert_int_equal(next(&set, 2), 3);
	freeset_take(&set, 1);
	assert_int_equal(next(&set, 0), 3);
	assert_int_equal(set.n, 1); /* neighbours are one run */
	freeset_release(&set, 1);
	assert_int_equal(next(&set, 0), 1);
	assert_int_equal(set.n, 2);
	freeset_done(&set);
}

static void taking_and_releasing_twice_changes_nothing(void **state)
{
	struct freeset set = { 0 };

	(void)state;
	freeset_take(&set, 7);
	freeset_take(&set, 7);
	assert_int_equal(next(&set, 7), 8);
	freeset_release(&set, 8);
	freeset_release(&set, 7);
	freeset_release(&set, 7);
	assert_int_equal(next(&set, 7), 7);
	assert_int_equal(set.n, 0);
	freeset_done(&set);
}

static void the_last_offset_of_all_is_no_special_case(void **state)
{
	struct freeset set = { 0 };
	uint64_t offset;

	(void)state;
	freeset_take(&set, UINT64_MAX);
	freeset_take(&set, UINT64_MAX - 1);
	assert_int_equal(set.n, 1);
	assert_false(freeset_next(&set, UINT64_MAX - 1, &offset));
	freeset_release(&set, UINT64_MAX);
	assert_true(freeset_next(&set, UINT64_MAX - 1, &offset));
	assert_true(offset == UINT64_MAX);
	freeset_done(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_free_offset_is_found),
		cmocka_unit_test(taking_and_releasing_twice_changes_nothing),
		cmocka_unit_test(the_last_offset_of_all_is_no_special_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
