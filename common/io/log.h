/*
 * log - one JSON object per line on standard output
 *
 * I/O. Only hallways log. Keys are sorted; `caller` (file.c:line), `level` and
 * `ts` (RFC 3339, UTC, microseconds) are added, as MetalLB's readers expect.
 * A value is text; behind a key that starts with '=' (which is not written) it
 * is JSON already. NULL values are left out.
 *
 * Never waits: while nobody reads standard output lines are dropped, each as a
 * whole, and the next one that goes out comes after one that says how many.
 * A pipe or socket is made non-blocking for that.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_IO_LOG_H
#define TINLB_COMMON_IO_LOG_H

#include "common/core/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_NONE };

struct log_pair {
	const char *key, *value;
};

#define LOG_MAX_PAIRS 16

/* "all", "debug", "info", "warn", "error", "none"; -EINVAL for other words. */
int log_set_level(const char *word) MUST_CHECK;
bool log_is_on(enum log_level level);

/* log_line(LOG_INFO, { "event", "ipAllocated" }, { "ip", ip }, { "=count", "3" }) */
#define log_line(level, ...)                                                                      \
	log_write(level, __FILE__, __LINE__, (const struct log_pair[]){ __VA_ARGS__ },            \
		  sizeof((const struct log_pair[]){ __VA_ARGS__ }) / sizeof(struct log_pair))

void log_write(enum log_level level, const char *file, int line, const struct log_pair *pair,
	       size_t n_pair);

#endif
