/* test_history - the newest entries stay, the oldest give way */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "common/core/history.h"

static void the_last_hundred_are_kept_newest_first(void **state)
{
	struct history h = { 0 };
	char about[16];

	(void)state;
	for (int i = 0; i < HISTORY_MAX + 7; i++) {
		snprintf(about, sizeof(about), "%d", i);
		history_add(&h, i, about, "event", about);
	}
	assert_int_equal(history_last(&h, 0)->at_ms, HISTORY_MAX + 6);
	assert_string_equal(history_last(&h, 1)->about, "105");
	assert_int_equal(history_last(&h, HISTORY_MAX - 1)->at_ms, 7);
	assert_null(history_last(&h, HISTORY_MAX));
	history_done(&h);
	assert_null(history_last(&h, 0));
}

static void an_empty_one_has_no_last(void **state)
{
	struct history h = { 0 };

	(void)state;
	assert_null(history_last(&h, 0));
	history_add(&h, 1, NULL, "event", NULL);
	assert_null(history_last(&h, 0)->about);
	assert_null(history_last(&h, 1));
	history_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_hundred_are_kept_newest_first),
		cmocka_unit_test(an_empty_one_has_no_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
