/* test_base - instants never wrap, arrays grow, strings are copied */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/base.h"

static void instants_add_milliseconds_without_wrapping(void **state)
{
	(void)state;
	assert_true(instant_add_ms(5, 2) == 2 * NS_PER_MS + 5);
	assert_true(instant_add_ms(5, -2) == -2 * NS_PER_MS + 5);
	assert_true(instant_add_ms(INSTANT_NEVER, -1) == INSTANT_NEVER);
	assert_true(instant_add_ms(1, INT64_MAX) == INSTANT_NEVER);
	assert_true(instant_add_ms(INT64_MAX - 1, 1) == INSTANT_NEVER);
}

static void the_earlier_instant_is_the_minimum(void **state)
{
	(void)state;
	assert_true(instant_min(3, 4) == 3);
	assert_true(instant_min(4, 3) == 3);
	assert_true(instant_min(INSTANT_NEVER, 0) == 0);
}

static void new_memory_is_zero(void **state)
{
	uint8_t *bytes = mem_new(100, 3);

	(void)state;
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(bytes[i], 0);
	free(bytes);
}

static void arrays_keep_their_elements_when_they_grow(void **state)
{
	size_t *array = NULL, cap = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		array = mem_grow(array, i, &cap, sizeof(*array));
		assert_true(cap > i);
		array[i] = i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(array[i], i);
	free(array);
}

static void copies_of_strings_are_terminated(void **state)
{
	char *some = mem_strndup("abcdef", 3), *all = mem_strdup("abc");

	(void)state;
	assert_string_equal(some, "abc");
	assert_string_equal(all, "abc");
	assert_null(mem_strdup(NULL));
	free(some);
	free(all);
}

static void a_text_is_replaced_by_a_copy_also_of_its_own_end(void **state)
{
	char *text = NULL;

	(void)state;
	mem_replace(&text, "abcdef");
	mem_replace(&text, text + 3);
	assert_string_equal(text, "def");
	mem_replace(&text, NULL);
	assert_null(text);
}

static void null_equals_only_null(void **state)
{
	(void)state;
	assert_true(str_equal("a", "a"));
	assert_false(str_equal("a", "b"));
	assert_true(str_equal(NULL, NULL));
	assert_false(str_equal(NULL, ""));
	assert_false(str_equal("", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instants_add_milliseconds_without_wrapping),
		cmocka_unit_test(the_earlier_instant_is_the_minimum),
		cmocka_unit_test(new_memory_is_zero),
		cmocka_unit_test(arrays_keep_their_elements_when_they_grow),
		cmocka_unit_test(copies_of_strings_are_terminated),
		cmocka_unit_test(a_text_is_replaced_by_a_copy_also_of_its_own_end),
		cmocka_unit_test(null_equals_only_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
