/* scratch - see scratch.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/shell/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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
