/* test_speaker_flags - MetalLB's command lines and manifests are understood */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "speaker/table/core/speaker_flags.h"

static char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static char *manifest_variable(const char *name)
{
	static char node[] = "node1", host[] = "172.17.0.11";

	if (strcmp(name, "METALLB_NODE_NAME") == 0)
		return node;
	return strcmp(name, "METALLB_HOST") == 0 ? host : NULL;
}

static int parse(struct speaker_flags *flags, const char *const *argument, flags_lookup_fn *lookup)
{
	char text[8][64], *argv[9] = { NULL };
	struct text error;
	int rc;

	for (size_t i = 0; argument[i]; i++) {
		memcpy(text[i], argument[i], strlen(argument[i]) + 1);
		argv[i] = text[i];
	}
	text_init(&error, 1024);
	rc = speaker_flags_parse(flags, argv, lookup, &error);
	assert_true((rc == -EINVAL) == (error.n > 0));
	text_done(&error);
	return rc;
}

static void the_old_manifest_is_understood(void **state)
{
	static const char *const argument[] = { "--port=7472", "--config=config", NULL };
	struct speaker_flags flags;

	(void)state;
	assert_int_equal(parse(&flags, argument, manifest_variable), 0);
	assert_string_equal(speaker_flags_text(&flags, "node-name"), "node1");
	assert_string_equal(speaker_flags_text(&flags, "host"), "172.17.0.11");
	assert_int_equal(speaker_flags_number(&flags, "port"), 7472);
	assert_int_equal(speaker_flags_number(&flags, "health-probe-port"), 17472);
	assert_false(speaker_flags_on(&flags, "ignore-exclude-lb"));
}

static void the_new_manifest_is_understood(void **state)
{
	static const char *const argument[] = { "-port=7472", "-log-level", "info",
						"--ignore-exclude-lb", "--tls-min-version=VersionTLS12",
						"--frrk8s-secret-passthrough", NULL };
	struct speaker_flags flags;

	(void)state;
	assert_int_equal(parse(&flags, argument, no_variable), 0);
	assert_true(speaker_flags_on(&flags, "ignore-exclude-lb"));
	assert_null(speaker_flags_text(&flags, "node-name"));
}

static void what_no_speaker_knows_is_refused(void **state)
{
	static const char *const wrong[][2] = { { "--ports=1", NULL }, { "--port=0", NULL },
						{ "--port=x", NULL }, { "speaker", NULL },
						{ "--tls-min-version=VersionTLS11", NULL } };
	struct speaker_flags flags;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(parse(&flags, wrong[i], no_variable), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_manifest_is_understood),
		cmocka_unit_test(the_new_manifest_is_understood),
		cmocka_unit_test(what_no_speaker_knows_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
