/*
 * files - reading and writing whole small files
 *
 * I/O: no parsing. A file longer than the limit is an error, not cut.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_IO_FILES_H
#define TINLB_COMMON_IO_FILES_H

#include "common/core/base.h"

/* The whole file, with a NUL behind it; the caller frees. 0, -errno, -EFBIG. */
int files_read(const char *path, size_t max_bytes, char **out_bytes, size_t *out_n) MUST_CHECK;

/*
 * Replaced in one step: whoever reads finds the old or the new. 0 or -errno.
 * The disk is not waited for: a crash of the host may take it back.
 */
int files_write(const char *path, const void *bytes, size_t n) MUST_CHECK;

/* Random bytes from the kernel; cannot fail. */
void files_random(void *out_bytes, size_t n);

#endif
