/* test_text - a string that grows to its limit and says when it was cut */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/text.h"

static void a_new_text_is_an_empty_string(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 10);
	assert_string_equal(t.s, "");
	assert_int_equal(t.n, 0);
	assert_false(text_is_cut(&t));
	text_done(&t);
	assert_null(t.s);
	text_done(&t);
}

static void pieces_are_joined(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 100);
	text_add(&t, "one ");
	text_add_n(&t, "two three", 3);
	text_addf(&t, " %d%c", 3, '!');
	assert_string_equal(t.s, "one two 3!");
	assert_int_equal(t.n, strlen(t.s));
	text_done(&t);
}

static void exactly_the_limit_fits_and_one_more_is_cut(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 5);
	text_add(&t, "12345");
	assert_false(text_is_cut(&t));
	text_add(&t, "6");
	assert_true(text_is_cut(&t));
	assert_string_equal(t.s, "12345");
	text_add(&t, "");
	assert_true(text_is_cut(&t));
	text_done(&t);
}

static void what_a_url_gives_a_meaning_is_escaped(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 100);
	text_add_escaped(&t, "aZ09-._~ /?&=%\xc3\xa4@[`{");
	assert_string_equal(t.s, "aZ09-._~%20%2F%3F%26%3D%25%C3%A4%40%5B%60%7B");
	text_done(&t);
}

static void what_is_cut_keeps_its_beginning(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 4);
	text_addf(&t, "%s", "abcdefgh");
	assert_string_equal(t.s, "abcd");
	assert_true(text_is_cut(&t));
	text_clear(&t);
	assert_string_equal(t.s, "");
	assert_false(text_is_cut(&t));
	text_done(&t);
}

static void a_long_format_comes_out_whole(void **state)
{
	char many[1000];
	struct text t;

	(void)state;
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	text_init(&t, 2000);
	text_addf(&t, "<%s>", many);
	assert_int_equal(t.n, 1001);
	assert_int_equal(t.s[0], '<');
	assert_int_equal(t.s[1000], '>');
	text_done(&t);
}

static void a_taken_string_is_the_callers(void **state)
{
	struct text t;
	char *s;

	(void)state;
	text_init(&t, 10);
	text_add(&t, "mine");
	s = text_take(&t);
	assert_string_equal(s, "mine");
	assert_null(t.s);
	text_done(&t);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_text_is_an_empty_string),
		cmocka_unit_test(pieces_are_joined),
		cmocka_unit_test(exactly_the_limit_fits_and_one_more_is_cut),
		cmocka_unit_test(what_a_url_gives_a_meaning_is_escaped),
		cmocka_unit_test(what_is_cut_keeps_its_beginning),
		cmocka_unit_test(a_long_format_comes_out_whole),
		cmocka_unit_test(a_taken_string_is_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
