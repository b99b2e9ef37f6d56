/* log - see log.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/core/json_text.h"
#include "common/io/loop.h"

#define LINE_MAX_BYTES (64 * 1024)

static const char *const level_word[] = {
	[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn",
	[LOG_ERROR] = "error", [LOG_NONE] = "none",
};
static enum log_level lowest = LOG_INFO;

int log_set_level(const char *word)
{
	if (strcmp(word, "all") == 0) {
		lowest = LOG_DEBUG;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(level_word); i++) {
		if (strcmp(word, level_word[i]) == 0) {
			lowest = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool log_is_on(enum log_level level)
{
	return level >= lowest && level < LOG_NONE;
}

static const char *name_of(const struct log_pair *pair)
{
	return pair->key + (pair->key[0] == '=');
}

static int by_name(const void *a, const void *b)
{
	return strcmp(name_of(a), name_of(b));
}

static void format_time(char out[static 40])
{
	int64_t us = loop_wall_us();
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;
	char day[24];

	CHECK(gmtime_r(&seconds, &tm) != NULL);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, 40, "%s.%06dZ", day, (int)(us % 1000000));
}

/* All of it, unless standard output is closed or full: a log must not stop a daemon. */
static void write_all(const char *s, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, s, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		s += done;
		n -= (size_t)done;
	}
}

void log_write(enum log_level level, const char *file, int line, const struct log_pair *pair,
	       size_t n_pair)
{
	struct log_pair sorted[LOG_MAX_PAIRS + 3];
	const char *base = strrchr(file, '/');
	char caller[128], ts[40];
	struct text t;

	if (!log_is_on(level))
		return;
	CHECK(n_pair <= LOG_MAX_PAIRS);
	snprintf(caller, sizeof(caller), "%s:%d", base ? base + 1 : file, line);
	format_time(ts);
	memcpy(sorted, pair, n_pair * sizeof(*pair));
	sorted[n_pair++] = (struct log_pair){ "caller", caller };
	sorted[n_pair++] = (struct log_pair){ "level", level_word[level] };
	sorted[n_pair++] = (struct log_pair){ "ts", ts };
	qsort(sorted, n_pair, sizeof(*sorted), by_name);

	text_init(&t, LINE_MAX_BYTES);
	json_text_open(&t, NULL, '{');
	for (size_t i = 0; i < n_pair; i++) {
		if (!sorted[i].value)
			continue;
		if (sorted[i].key[0] == '=')
			json_text_raw(&t, name_of(&sorted[i]), sorted[i].value);
		else
			json_text_string(&t, sorted[i].key, sorted[i].value);
	}
	json_text_close(&t, '}');
	text_add(&t, "\n");
	write_all(t.s, t.n);
	text_done(&t);
}
