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

/* Everything that is in the pipe now; the caller frees. */
static char *drain(int fd)
{
	size_t n = 0, cap = 1 << 20;
	char *all = malloc(cap);
	ssize_t got;

	assert_non_null(all);
	while ((got = read(fd, all + n, cap - n - 1)) > 0)
		n += (size_t)got;
	all[n] = '\0';
	return all;
}

/* Every line is one object; the last "dropped" that is told, or 0. */
static long long whole_lines(char *all, size_t *inout_n)
{
	long long dropped = 0;

	for (char *line; (line = strsep(&all, "\n")) && *line;) { /* the last one ends, too */
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		dropped += json_integer_value(json_object_get(object, "dropped"));
		*inout_n += json_object_get(object, "dropped") == NULL;
		json_decref(object);
	}
	return dropped;
}

/* Standard output blocks when it is full, as a container's does. */
static void when_nobody_reads_whole_lines_are_dropped_and_counted(void **state)
{
	static char words[20000];
	const struct log_pair pair[] = { { "msg", words } };
	const size_t n_written = 200;
	int end[2], kept = dup(STDOUT_FILENO);
	size_t n_read = 0;
	char *first, *second;
	char *all;

	(void)state;
	fflush(stdout);
	assert_int_equal(log_set_level("all"), 0);
	assert_int_equal(pipe2(end, 0), 0);
	assert_int_equal(fcntl(end[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(dup2(end[1], STDOUT_FILENO) >= 0);
	for (size_t i = 0; i < n_written; i++) { /* also such as the kernel takes in part */
		memset(words, 'x', sizeof(words) - 1);
		words[i * 400 % sizeof(words)] = '\0';
		log_write(LOG_INFO, "some/where.c", 7, pair, 1);
	}
	first = drain(end[0]);
	log_write(LOG_INFO, "some/where.c", 8, pair, 1);
	second = drain(end[0]);
	fflush(stdout);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	close(kept);
	close(end[0]);
	close(end[1]);
	assert_true(asprintf(&all, "%s%s", first, second) > 0);
	free(first);
	free(second);
	assert_int_equal(whole_lines(all, &n_read) + (long long)n_read, n_written + 1);
	assert_in_range(n_read, 10, n_written - 10);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_one_object_with_caller_level_and_time),
		cmocka_unit_test(what_is_below_the_level_is_not_written),
		cmocka_unit_test(when_nobody_reads_whole_lines_are_dropped_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
