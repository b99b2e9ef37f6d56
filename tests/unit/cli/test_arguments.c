/* test_arguments - what a command line means, and what it may not say */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include <errno.h>

#include "cli/core/arguments.h"

static char *nothing(const char *variable)
{
	(void)variable;
	return NULL;
}

static int parse(struct arguments *out, const char *const *words, struct text *error)
{
	return arguments_parse(out, (char *const *)(uintptr_t)words, nothing, error);
}

static void options_stand_anywhere(void **state)
{
	static const char *const words[] = { "-namespace", "lb", "why", "--speaker", "a:1", "default/web",
					     "--speaker=a:1", "--node=x", "-speaker=[::1]:2", "-o=json", "--",
					     "--controller", NULL };
	struct arguments a;
	struct text error;

	(void)state;
	text_init(&error, 1000);
	assert_int_equal(parse(&a, words, &error), 0);
	assert_string_equal(a.command, "why");
	assert_int_equal(a.operand.n, 2);
	assert_string_equal(a.operand.at[0], "default/web");
	assert_string_equal(a.operand.at[1], "--controller");
	assert_string_equal(arguments_text(&a, "namespace"), "lb");
	assert_string_equal(arguments_text(&a, "output"), "json");
	assert_string_equal(arguments_text(&a, "node"), "x");
	assert_int_equal(a.direct[VIEW_SPEAKER].n, 2);
	assert_string_equal(a.direct[VIEW_SPEAKER].at[1], "[::1]:2");
	assert_int_equal(a.direct[VIEW_CONTROLLER].n, 0);
	arguments_done(&a);
	text_done(&error);
}

static void without_options_there_are_presets(void **state)
{
	static const char *const words[] = { "check", "-", NULL };
	struct arguments a;
	struct text error;

	(void)state;
	text_init(&error, 1000);
	assert_int_equal(parse(&a, words, &error), 0);
	assert_string_equal(a.operand.at[0], "-");
	assert_string_equal(arguments_text(&a, "namespace"), "metallb-system");
	assert_null(arguments_text(&a, "kubeconfig"));
	assert_false(arguments_is_on(&a, "convert"));
	arguments_done(&a);
	text_done(&error);
}

static void every_option_is_listed(void **state)
{
	struct text names, usage;

	(void)state;
	text_init(&names, 1000);
	text_init(&usage, 10000);
	arguments_names(&names);
	arguments_usage(NULL, false, &usage);
	world_assert_has(names.s, "--kubeconfig --context ");
	world_assert_has(usage.s, "--timeout ");
	world_assert_has(usage.s, "--node ");
	text_clear(&usage);
	arguments_usage("convert", true, &usage);
	world_assert_has(usage.s, "--convert ");
	world_assert_has(usage.s, "--output ");
	world_assert_lacks(usage.s, "--node ");
	world_assert_lacks(usage.s, "--timeout ");
	text_done(&names);
	text_done(&usage);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *words[4];
		int rc;
		const char *said;
	} row[] = {
		{ { "who", "--nope" }, -EINVAL, "--nope" },
		{ { "who", "--timeout", "soon" }, -EINVAL, "--timeout takes a number" },
		{ { "who", "--speaker" }, -EINVAL, "--speaker needs a value" },
		{ { "who", "-n", "default" }, -EINVAL, "-n is not taken: name a service as NAMESPACE/NAME" },
		{ { "who", "-n=default" }, -EINVAL, "--namespace" },
		{ { "who", "--help" }, -ENOENT, "" },
		{ { "-h" }, -ENOENT, "" },
		{ { "check", "--convert=perhaps" }, -EINVAL, "true or false" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct arguments a;
		struct text error;

		text_init(&error, 1000);
		assert_int_equal(parse(&a, row[i].words, &error), row[i].rc);
		world_assert_has(error.s, row[i].said);
		arguments_done(&a);
		text_done(&error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(without_options_there_are_presets),
		cmocka_unit_test(every_option_is_listed),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
