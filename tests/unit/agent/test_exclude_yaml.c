/* test_exclude_yaml - the list of interfaces to leave alone becomes one expression, or an error */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "speaker/agent/wire/exclude_yaml.h"

#define MAX 64

struct sample {
	const char *yaml;
	const char *wanted; /* the expression, or for errors what the sentence holds */
	int rc;
};

static void check(const struct sample *sample)
{
	char regex[MAX] = "untouched";
	struct text error;

	text_init(&error, 1024);
	assert_int_equal(exclude_from_yaml(sample->yaml, strlen(sample->yaml), regex, sizeof(regex),
					   &error), sample->rc);
	if (sample->rc == 0) {
		assert_string_equal(regex, sample->wanted);
		assert_int_equal(error.n, 0);
	} else {
		assert_string_equal(regex, "untouched");
		assert_non_null(strstr(error.s, sample->wanted));
	}
	text_done(&error);
}

static void a_list_becomes_one_expression(void **state)
{
	static const struct sample samples[] = {
		{ "announcedInterfacesToExclude: [\"^veth.*\"]\n", "(^veth.*)", 0 },
		{ "announcedInterfacesToExclude:\n- ^docker.*\n- ^lo$\n- '^br-\\w+'\n",
		  "(^docker.*)|(^lo$)|(^br-\\w+)", 0 },
		{ "announcedInterfacesToExclude: ['a\\.b', 'c\\\\?']\n", "(a\\.b)|(c\\\\?)", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		check(&samples[i]);
}

static void nothing_excludes_nothing(void **state)
{
	static const char *const nothing[] = { "", "# only a remark\n", "{}\n",
					       "announcedInterfacesToExclude: []\n",
					       "announcedInterfacesToExclude:\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
		check(&(struct sample){ nothing[i], "", 0 });
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct sample samples[] = {
		{ "interfaces: [eth0]\n", "line 1: the only key here is announced", -EINVAL },
		{ "\nannouncedInterfacesToExclude: [a]\nannouncedInterfacesToExclude: [b]\n",
		  "line 3", -EINVAL },
		{ "announcedInterfacesToExclude: eth0\n", "line 1: a list", -EINVAL },
		{ "- eth0\n", "line 1: the key", -EINVAL },
		{ "announcedInterfacesToExclude:\n- a\n- {b: c}\n", "line 3: a regular", -EINVAL },
		{ "announcedInterfacesToExclude:\n- ''\n", "line 2: a regular", -EINVAL },
		{ "announcedInterfacesToExclude:\n- 'a('\n", "line 2: \"a(\" is no", -EINVAL },
		{ "announcedInterfacesToExclude:\n- 'eth\\d'\n", "\"eth\\d\" has", -EINVAL },
		{ "announcedInterfacesToExclude:\n- '(?i)eth'\n", "a group that begins", -EINVAL },
		{ "announcedInterfacesToExclude:\n- 'a*?'\n", "a repetition", -EINVAL },
		{ "announcedInterfacesToExclude:\n- 'a+*'\n", "a repetition", -EINVAL },
		{ "announcedInterfacesToExclude:\n- '(a{9}){9}'\n", "more than one {", -EINVAL },
		{ "announcedInterfacesToExclude:\n- 'a+b+c+d+e+f+g+'\n", "more than six +", -EINVAL },
		{ "announcedInterfacesToExclude: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,"
		  "bbbbbbbbbbbbbbbbbbbbbbbbbbb]\n", "longer than 63 bytes", -EINVAL },
		{ "announcedInterfacesToExclude: [\n", "line ", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		check(&samples[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_becomes_one_expression),
		cmocka_unit_test(nothing_excludes_nothing),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
