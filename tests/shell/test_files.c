/* test_files - whole small files, with a limit */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/api/io/creds.h"
#include "common/io/files.h"
#include "tests/shell/scratch.h"

static void a_file_is_read_whole_with_a_terminator(void **state)
{
	size_t n = 100000, got;
	char *bytes = malloc(n), *read, path[SCRATCH_PATH_MAX];

	(void)state;
	memset(bytes, 'x', n);
	scratch_make(path, bytes, n);
	assert_int_equal(files_read(path, n, &read, &got), 0);
	assert_int_equal(got, n);
	assert_memory_equal(read, bytes, n);
	assert_int_equal(read[n], '\0');
	free(read);
	assert_int_equal(files_read(path, n - 1, &read, &got), -EFBIG);
	unlink(path);
	free(bytes);
}

static void what_cannot_be_read_is_an_error(void **state)
{
	char *bytes = NULL;
	size_t n;

	(void)state;
	assert_int_equal(files_read("/nonexistent/file", 10, &bytes, &n), -ENOENT);
	assert_int_equal(files_read("/", 10, &bytes, &n), -EISDIR);
	assert_null(bytes);
}

static void a_file_is_replaced_whole(void **state)
{
	char path[SCRATCH_PATH_MAX], *bytes;
	size_t n;

	(void)state;
	scratch_make(path, "much longer", 11);
	assert_int_equal(files_write(path, "short", 5), 0);
	assert_int_equal(files_read(path, 100, &bytes, &n), 0);
	assert_int_equal(n, 5);
	assert_string_equal(bytes, "short");
	free(bytes);
	unlink(path);
	assert_int_equal(files_write("/nowhere/at/all", "x", 1), -ENOENT);
}

static void random_bytes_differ(void **state)
{
	uint8_t a[16], b[16];

	(void)state;
	files_random(a, sizeof(a));
	files_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void a_token_is_read_without_the_blanks_around_it(void **state)
{
	static const char text[] = " \nsecret.token\nnot this\n";
	char path[SCRATCH_PATH_MAX], *line;

	(void)state;
	scratch_make(path, text, sizeof(text) - 1);
	assert_int_equal(creds_read_word(path, &line), 0);
	assert_string_equal(line, "secret.token");
	free(line);
	unlink(path);
	assert_int_equal(creds_read_word(path, &line), -ENOENT);
}

static void in_a_pod_the_environment_names_the_server(void **state)
{
	struct text base;

	(void)state;
	text_init(&base, 256);
	unsetenv("KUBERNETES_SERVICE_PORT");
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	assert_false(creds_in_cluster(&base));
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	assert_true(creds_in_cluster(&base));
	assert_string_equal(base.s, "https://10.96.0.1:443");
	text_done(&base);
	text_init(&base, 256);
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	assert_true(creds_in_cluster(&base));
	assert_string_equal(base.s, "https://[fd00::1]:443");
	text_done(&base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole_with_a_terminator),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(a_file_is_replaced_whole),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(a_token_is_read_without_the_blanks_around_it),
		cmocka_unit_test(in_a_pod_the_environment_names_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
