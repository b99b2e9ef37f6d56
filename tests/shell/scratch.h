/* scratch - a file of the test's own, gone with it */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SHELL_SCRATCH_H
#define TINLB_TESTS_SHELL_SCRATCH_H

#include <stddef.h>

#define SCRATCH_PATH_MAX 64

/* Makes a file with these bytes and writes where it is into out_path. */
void scratch_make(char out_path[static SCRATCH_PATH_MAX], const char *bytes, size_t n);

#endif
