/* test_flags - options in Go's syntax, then the environment, then the default */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/core/flags.h"

#define N 5

struct parsed {
	struct flags_option option[N];
	struct text error;
	int rc;
};

static char *environment(const char *variable)
{
	static char host[] = "10.0.0.9", empty[] = "";

	if (strcmp(variable, "TEST_HOST") == 0)
		return host;
	return strcmp(variable, "TEST_EMPTY") == 0 ? empty : NULL;
}

static void parse(struct parsed *p, char *const *argv)
{
	*p = (struct parsed){ .option = {
				      { .name = "host",
					.variable = "TEST_HOST",
					.kind = FLAGS_TEXT,
					.help = "Host." },
				      { .name = "port",
					.variable = "TEST_EMPTY",
					.preset = "7472",
					.kind = FLAGS_NUMBER,
					.high = 65535,
					.help = "Port." },
				      { .name = "fast", .kind = FLAGS_SWITCH, .help = "Fast." },
				      { .name = "log-level",
					.kind = FLAGS_UNUSED,
					.help = "Unused." },
				      { .name = "colour",
					.preset = "red",
					.kind = FLAGS_TEXT,
					.word = { "red", "blue" },
					.help = "Colour." },
			      } };
	text_init(&p->error, 1000);
	p->rc = flags_parse(p->option, N, argv, environment, &p->error);
}

/* 0 and an empty error, or the code and a sentence with `said` in it. */
static void refused(char *const *argv, int rc, const char *said)
{
	struct parsed p;

	parse(&p, argv);
	assert_int_equal(p.rc, rc);
	assert_non_null(strstr(p.error.s, said));
	text_done(&p.error);
}

static void one_dash_or_two_and_equals_or_blank_mean_the_same(void **state)
{
	char *const forms[][3] = {
		{ (char[]){ "-port" }, (char[]){ "80" } },
		{ (char[]){ "--port" }, (char[]){ "80" } },
		{ (char[]){ "-port=80" } },
		{ (char[]){ "--port=80" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct parsed p;

		parse(&p, forms[i]);
		assert_int_equal(p.rc, 0);
		assert_int_equal(flags_find(p.option, N, "port")->number, 80);
		assert_true(flags_find(p.option, N, "port")->given);
		text_done(&p.error);
	}
}

static void the_environment_comes_before_the_default(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, (char *[]){ NULL });
	assert_int_equal(p.rc, 0);
	assert_string_equal(flags_find(p.option, N, "host")->text, "10.0.0.9");
	assert_true(flags_find(p.option, N, "host")->given);
	assert_int_equal(flags_find(p.option, N, "port")->number, 7472);
	assert_false(flags_find(p.option, N, "port")->given);
	assert_null(flags_find(p.option, N, "log-level")->text);
	text_done(&p.error);
}

static void the_command_line_comes_before_the_environment(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, (char *[]){ (char[]){ "--host=a" }, NULL });
	assert_string_equal(flags_find(p.option, N, "host")->text, "a");
	text_done(&p.error);
}

static void a_switch_needs_no_value_and_takes_one_only_after_equals(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, (char *[]){ (char[]){ "--fast" }, (char[]){ "--port=1" }, NULL });
	assert_int_equal(p.rc, 0);
	assert_true(flags_find(p.option, N, "fast")->on);
	text_done(&p.error);
	parse(&p, (char *[]){ (char[]){ "--fast" }, (char[]){ "--fast=F" }, NULL });
	assert_int_equal(p.rc, 0);
	assert_false(flags_find(p.option, N, "fast")->on);
	text_done(&p.error);
	refused((char *[]){ (char[]){ "--fast=maybe" }, NULL }, -EINVAL,
		"--fast takes true or false, not \"maybe\"");
}

static void a_text_with_words_is_one_of_them(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, (char *[]){ (char[]){ "--colour=blue" }, NULL });
	assert_int_equal(p.rc, 0);
	assert_string_equal(flags_find(p.option, N, "colour")->text, "blue");
	text_done(&p.error);
	refused((char *[]){ (char[]){ "--colour=Blue" }, NULL }, -EINVAL,
		"--colour takes red or blue, not \"Blue\"");
	refused((char *[]){ (char[]){ "--colour=" }, NULL }, -EINVAL, "not \"\"");
}

static void what_is_wrong_is_said_by_name(void **state)
{
	(void)state;
	refused((char *[]){ (char[]){ "--speed" }, NULL }, -EINVAL, "no option --speed");
	refused((char *[]){ (char[]){ "--port" }, NULL }, -EINVAL, "--port needs a value");
	refused((char *[]){ (char[]){ "--port=65536" }, NULL }, -EINVAL, "from 0 to 65535");
	refused((char *[]){ (char[]){ "--port=8x" }, NULL }, -EINVAL, "not \"8x\"");
	refused((char *[]){ (char[]){ "--port=" }, NULL }, -EINVAL, "--port takes a number");
	refused((char *[]){ (char[]){ "word" }, NULL }, -EINVAL, "\"word\" is not an option");
	refused((char *[]){ (char[]){ "-" }, NULL }, -EINVAL, "is not an option");
	refused((char *[]){ (char[]){ "-h" }, NULL }, -ENOENT, "");
	refused((char *[]){ (char[]){ "--help" }, NULL }, -ENOENT, "");
}

static void usage_names_every_option_its_variable_and_its_default(void **state)
{
	struct parsed p;
	struct text usage;

	(void)state;
	parse(&p, (char *[]){ NULL });
	text_init(&usage, 4096);
	flags_usage(p.option, N, &usage);
	assert_non_null(strstr(usage.s, "--host "));
	assert_non_null(strstr(usage.s, "Host. [TEST_HOST]\n"));
	assert_non_null(strstr(usage.s, "Port. [TEST_EMPTY] (default 7472)\n"));
	assert_non_null(strstr(usage.s, "--log-level "));
	text_done(&usage);
	text_done(&p.error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_dash_or_two_and_equals_or_blank_mean_the_same),
		cmocka_unit_test(the_environment_comes_before_the_default),
		cmocka_unit_test(the_command_line_comes_before_the_environment),
		cmocka_unit_test(a_switch_needs_no_value_and_takes_one_only_after_equals),
		cmocka_unit_test(a_text_with_words_is_one_of_them),
		cmocka_unit_test(what_is_wrong_is_said_by_name),
		cmocka_unit_test(usage_names_every_option_its_variable_and_its_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
