/* scratch - see scratch.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/shell/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void scratch_make(char out_path[static SCRATCH_PATH_MAX], const char *bytes, size_t n)
{
	int fd;

	snprintf(out_path, SCRATCH_PATH_MAX, "/tmp/tinlb-shell-XXXXXX");
	fd = mkstemp(out_path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

void scratch_log_begin(struct scratch_log *log)
{
	int fd;

	scratch_make(log->path, "", 0);
	fd = open(log->path, O_WRONLY | O_APPEND);
	log->kept = dup(STDOUT_FILENO);
	fflush(stdout);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
	close(fd);
}

size_t scratch_log_count(const struct scratch_log *log, const char *words)
{
	FILE *in = fopen(log->path, "r");
	char line[4096];
	size_t n = 0;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in))
		n += strstr(line, words) != NULL;
	fclose(in);
	return n;
}

void scratch_log_end(struct scratch_log *log)
{
	fflush(stdout);
	assert_true(dup2(log->kept, STDOUT_FILENO) >= 0);
	close(log->kept);
}

void scratch_log_remove(const struct scratch_log *log)
{
	unlink(log->path);
}
