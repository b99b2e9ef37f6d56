/* scratch - a file of the test's own, gone with it */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SHELL_SCRATCH_H
#define TINLB_TESTS_SHELL_SCRATCH_H

#include <stddef.h>

#define SCRATCH_PATH_MAX 64

/* Makes a file with these bytes and writes where it is into out_path. */
void scratch_make(char out_path[static SCRATCH_PATH_MAX], const char *bytes, size_t n);

/* Standard output goes into a file, from begin until end; how many lines of it have these words. */
struct scratch_log {
	char path[SCRATCH_PATH_MAX];
	int kept; /* the real standard output */
};

void scratch_log_begin(struct scratch_log *log);
size_t scratch_log_count(const struct scratch_log *log, const char *words);
void scratch_log_end(struct scratch_log *log); /* the file stays until scratch_log_remove() */
void scratch_log_remove(const struct scratch_log *log);

#endif
