/* test_silence - that nobody answers is told once it lasts, and not again without change */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "speaker/agent/core/silence.h"

static void what_lasts_is_told_once(void **state)
{
	struct silence s = { 0 };

	(void)state;
	assert_int_equal(silence_is_due(&s, 1), SILENCE_NOTHING);
	assert_true(silence_set(&s, TABLE_NO_ENDPOINTS));
	assert_int_equal(silence_is_due(&s, 1000), SILENCE_LATER);
	assert_true(silence_set(&s, TABLE_NO_ENDPOINTS));
	assert_int_equal(silence_is_due(&s, 3999), SILENCE_LATER);
	assert_int_equal(silence_is_due(&s, 4000), SILENCE_NOW);
	assert_int_equal(silence_is_due(&s, 9000), SILENCE_NOTHING);
	assert_false(silence_set(&s, TABLE_NO_ENDPOINTS));
}

static void what_passes_is_not_told(void **state)
{
	struct silence s = { 0 };

	(void)state;
	assert_true(silence_set(&s, TABLE_NO_ENDPOINTS));
	assert_int_equal(silence_is_due(&s, 1000), SILENCE_LATER);
	assert_false(silence_set(&s, TABLE_OK));
	assert_int_equal(silence_is_due(&s, 9000), SILENCE_NOTHING);
	assert_false(silence_set(&s, TABLE_NOT_SYNCED));
	assert_false(silence_set(&s, TABLE_IPV6));
	assert_false(silence_set(&s, TABLE_NO_ADVERTISEMENT));
}

static void another_reason_and_a_second_time_are_told_anew(void **state)
{
	struct silence s = { 0 };

	(void)state;
	silence_set(&s, TABLE_NO_ENDPOINTS);
	(void)silence_is_due(&s, 1);
	assert_int_equal(silence_is_due(&s, 3001), SILENCE_NOW);
	assert_true(silence_set(&s, TABLE_NO_CANDIDATE));
	assert_int_equal(silence_is_due(&s, 4000), SILENCE_LATER);
	assert_int_equal(silence_is_due(&s, 7000), SILENCE_NOW);
	silence_set(&s, TABLE_OK);
	assert_true(silence_set(&s, TABLE_NO_CANDIDATE));
	assert_int_equal(silence_is_due(&s, 8000), SILENCE_LATER);
}

static void nodes_take_turns_by_service(void **state)
{
	bool first[2] = { false, false };
	char service[2] = "a";

	(void)state;
	for (; service[0] <= 'z'; service[0]++)
		first[silence_weight("node1", service) < silence_weight("node2", service)] = true;
	assert_true(first[0] && first[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lasts_is_told_once),
		cmocka_unit_test(what_passes_is_not_told),
		cmocka_unit_test(another_reason_and_a_second_time_are_told_anew),
		cmocka_unit_test(nodes_take_turns_by_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
