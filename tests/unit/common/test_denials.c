/* test_denials - what the role does not allow is said once, and for a while */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include "common/core/denials.h"

static size_t n_now(const struct denials *d, instant now)
{
	size_t at = 0, n = 0;

	while (denials_next(d, now, &at))
		n++;
	return n;
}

static void objects_of_one_kind_make_one_sentence(void **state)
{
	struct denials d = { .n = 0 };
	size_t at = 0;

	(void)state;
	denials_add(&d, 0, "services \"a\" is forbidden: User \"u\" cannot update resource \"services\"");
	denials_add(&d, 5, "services \"b\" is forbidden: User \"u\" cannot update resource \"services\"");
	assert_string_equal(denials_next(&d, 5, &at), "User \"u\" cannot update resource \"services\"");
	assert_null(denials_next(&d, 5, &at));
	denials_done(&d);
}

static void what_is_not_said_again_is_over(void **state)
{
	struct denials d = { .n = 0 };

	(void)state;
	denials_add(&d, 0, "a");
	denials_add(&d, 1, "b");
	assert_int_equal(n_now(&d, instant_add_ms(0, DENIALS_KEPT_MS)), 1);
	denials_add(&d, instant_add_ms(0, DENIALS_KEPT_MS), "a");
	assert_int_equal(n_now(&d, instant_add_ms(0, DENIALS_KEPT_MS)), 2);
	denials_done(&d);
}

static void the_oldest_gives_way(void **state)
{
	struct denials d = { .n = 0 };
	char text[16];
	size_t at = 0;

	(void)state;
	for (int i = 0; i <= DENIALS_MAX; i++) {
		snprintf(text, sizeof(text), "no %d", i);
		denials_add(&d, i, text);
	}
	assert_int_equal(n_now(&d, DENIALS_MAX), DENIALS_MAX);
	assert_string_equal(denials_next(&d, DENIALS_MAX, &at), "no 16");
	assert_string_equal(denials_next(&d, DENIALS_MAX, &at), "no 1");
	denials_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_of_one_kind_make_one_sentence),
		cmocka_unit_test(what_is_not_said_again_is_over),
		cmocka_unit_test(the_oldest_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
