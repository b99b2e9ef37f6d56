/* test_json_text - what is written is always valid JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/core/json_text.h"

static void commas_stand_between_values_and_nowhere_else(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 1000);
	json_text_open(&t, NULL, '{');
	json_text_number(&t, "n", INT64_MIN);
	json_text_open(&t, "list", '[');
	json_text_bool(&t, NULL, true);
	json_text_null(&t, NULL);
	json_text_open(&t, NULL, '{');
	json_text_close(&t, '}');
	json_text_open(&t, NULL, '[');
	json_text_close(&t, ']');
	json_text_close(&t, ']');
	json_text_string(&t, "s", NULL);
	json_text_raw(&t, "raw", "[1]");
	json_text_close(&t, '}');
	assert_string_equal(t.s, "{\"n\":-9223372036854775808,\"list\":[true,null,{},[]],"
				 "\"s\":null,\"raw\":[1]}");
	text_done(&t);
}

static void a_new_line_begins_a_new_document(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 1000);
	json_text_number(&t, NULL, 1);
	text_add(&t, "\n");
	json_text_number(&t, NULL, 2);
	assert_string_equal(t.s, "1\n2");
	text_done(&t);
}

static void strings_are_escaped(void **state)
{
	static const char *const pair[][2] = {
		{ "plain", "\"plain\"" },
		{ "", "\"\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\t\r\b\f", "\"\\n\\t\\r\\b\\f\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
		struct text t;

		text_init(&t, 1000);
		json_text_string(&t, NULL, pair[i][0]);
		assert_string_equal(t.s, pair[i][1]);
		text_done(&t);
	}
}

/* Stray, cut, overlong, a surrogate, beyond the last code point. */
static void bytes_that_are_not_utf_8_are_replaced_one_by_one(void **state)
{
	static const struct {
		const char *bytes;
		unsigned n_replaced;
	} wrong[] = {
		{ "\x80", 1 },
		{ "\xff", 1 },
		{ "\xc3", 1 },
		{ "\xe2\x82", 2 },
		{ "\xc0\xaf", 2 },
		{ "\xed\xa0\x80", 3 },
		{ "\xf4\x90\x80\x80", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct text t, wanted;

		text_init(&t, 1000);
		text_init(&wanted, 1000);
		json_text_string(&t, NULL, wrong[i].bytes);
		text_add(&wanted, "\"");
		for (unsigned k = 0; k < wrong[i].n_replaced; k++)
			text_add(&wanted, "\xef\xbf\xbd");
		text_add(&wanted, "\"");
		assert_string_equal(t.s, wanted.s);
		text_done(&t);
		text_done(&wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_values_and_nowhere_else),
		cmocka_unit_test(a_new_line_begins_a_new_document),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(bytes_that_are_not_utf_8_are_replaced_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
