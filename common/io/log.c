/* log - see log.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
static char *rest; /* of a line that is half out */
static size_t n_rest;
static uint64_t n_dropped; /* lines, since the last one that went out */

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

/* ---- out, without ever waiting ---- */

/* A terminal is the user's and a file takes all, so only what another process reads is switched. */
static void never_wait(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	struct stat is;

	if (flags >= 0 && !(flags & O_NONBLOCK) && fstat(STDOUT_FILENO, &is) == 0 &&
	    (S_ISFIFO(is.st_mode) || S_ISSOCK(is.st_mode)))
		(void)fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
}

/* How much went out. */
static size_t write_some(const char *s, size_t n)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	size_t at = 0;

	never_wait();
	while (at < n && poll(&out, 1, 0) == 1) {
		ssize_t done = write(STDOUT_FILENO, s + at, n - at);

		if (done == 0 || (done < 0 && errno != EINTR))
			break;
		at += done > 0 ? (size_t)done : 0;
	}
	return at;
}

/* False: nothing of it. Of what was begun the rest goes out before the next line. */
static bool write_line(const char *s, size_t n)
{
	size_t done = write_some(s, n);

	if (done == 0)
		return false;
	if (done < n) {
		rest = mem_strndup(s + done, n - done);
		n_rest = n - done;
	}
	return true;
}

static bool write_rest(void)
{
	size_t done = n_rest > 0 ? write_some(rest, n_rest) : 0;

	n_rest -= done;
	if (n_rest > 0) {
		memmove(rest, rest + done, n_rest);
		return false;
	}
	free(rest);
	rest = NULL;
	return true;
}

/* ---- a line ---- */

static void format_line(struct text *t, enum log_level level, const char *caller,
			const struct log_pair *pair, size_t n_pair)
{
	struct log_pair sorted[LOG_MAX_PAIRS + 3];
	char ts[40];

	CHECK(n_pair <= LOG_MAX_PAIRS);
	format_time(ts);
	memcpy(sorted, pair, n_pair * sizeof(*pair));
	sorted[n_pair++] = (struct log_pair){ "caller", caller };
	sorted[n_pair++] = (struct log_pair){ "level", level_word[level] };
	sorted[n_pair++] = (struct log_pair){ "ts", ts };
	qsort(sorted, n_pair, sizeof(*sorted), by_name);

	text_init(t, LINE_MAX_BYTES);
	json_text_open(t, NULL, '{');
	for (size_t i = 0; i < n_pair; i++) {
		if (!sorted[i].value)
			continue;
		if (sorted[i].key[0] == '=')
			json_text_raw(t, name_of(&sorted[i]), sorted[i].value);
		else
			json_text_string(t, sorted[i].key, sorted[i].value);
	}
	json_text_close(t, '}');
	text_add(t, "\n");
}

/* False: there is no room even for this. */
static bool tell_dropped(void)
{
	char count[24];
	const struct log_pair pair[] = { { "=dropped", count },
					 { "msg", "lines of this log were dropped: nobody read them" } };
	struct text t;

	if (n_dropped == 0)
		return true;
	snprintf(count, sizeof(count), "%llu", (unsigned long long)n_dropped);
	format_line(&t, LOG_WARN, "log.c", pair, ARRAY_LEN(pair));
	if (write_line(t.s, t.n))
		n_dropped = 0;
	text_done(&t);
	return n_dropped == 0;
}

void log_write(enum log_level level, const char *file, int line, const struct log_pair *pair,
	       size_t n_pair)
{
	const char *base = strrchr(file, '/');
	char caller[128];
	struct text t;

	if (!log_is_on(level))
		return;
	snprintf(caller, sizeof(caller), "%s:%d", base ? base + 1 : file, line);
	format_line(&t, level, caller, pair, n_pair);
	if (!write_rest() || !tell_dropped() || !write_line(t.s, t.n))
		n_dropped++;
	text_done(&t);
}
