/* test_log - one JSON object per line, keys sorted, levels */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/io/log.h"

/* Standard output goes into a pipe while the line is written. The caller frees. */
static char *written(enum log_level level, const struct log_pair *pair, size_t n_pair)
{
	static char line[4096];
	int end[2], kept = dup(STDOUT_FILENO);
	ssize_t n;

	fflush(stdout);
	assert_int_equal(pipe2(end, O_NONBLOCK), 0);
	assert_true(dup2(end[1], STDOUT_FILENO) >= 0);
	log_write(level, "some/where.c", 7, pair, n_pair);
	fflush(stdout);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	n = read(end[0], line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	close(kept);
	close(end[0]);
	close(end[1]);
	return line;
}

static void a_line_is_one_object_with_caller_level_and_time(void **state)
{
	const struct log_pair pair[] = { { "msg", "IP \"x\"\nassigned" }, { "event", "ipAllocated" },
					 { "left", NULL }, { "=count", "3" } };
	char *line = written(LOG_WARN, pair, 4);
	json_t *object = json_loads(line, 0, NULL);
	const char *key, *before = "";
	json_t *value;

	(void)state;
	assert_non_null(object);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	assert_string_equal(json_string_value(json_object_get(object, "caller")), "where.c:7");
	assert_string_equal(json_string_value(json_object_get(object, "level")), "warn");
	assert_string_equal(json_string_value(json_object_get(object, "msg")), "IP \"x\"\nassigned");
	assert_int_equal(json_integer_value(json_object_get(object, "count")), 3);
	assert_null(json_object_get(object, "left"));
	assert_non_null(strstr(json_string_value(json_object_get(object, "ts")), "Z"));
	json_object_foreach(object, key, value)
	{
		assert_true(strcmp(before, key) < 0);
		before = key;
	}
	json_decref(object);
}

static void what_is_below_the_level_is_not_written(void **state)
{
	const struct log_pair pair[] = { { "msg", "x" } };

	(void)state;
	assert_int_equal(log_set_level("loud"), -EINVAL);
	assert_int_equal(log_set_level("error"), 0);
	assert_false(log_is_on(LOG_WARN));
	assert_true(log_is_on(LOG_ERROR));
	assert_string_equal(written(LOG_WARN, pair, 1), "");
	assert_int_equal(log_set_level("none"), 0);
	assert_string_equal(written(LOG_ERROR, pair, 1), "");
	assert_int_equal(log_set_level("all"), 0);
	assert_string_not_equal(written(LOG_DEBUG, pair, 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_one_object_with_caller_level_and_time),
		cmocka_unit_test(what_is_below_the_level_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
