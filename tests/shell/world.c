/* world - see world.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/shell/world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/shell/scratch.h"

#define MESON_SKIPPED 77
#define DEADLINE_MS 10000
#define FLOOD 3000 /* more than a socket of netlink holds */

static bool write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? write(fd, line, strlen(line)) : -1;

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(line);
}

int world_enter(void)
{
	unsigned uid = getuid(), gid = getgid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		printf("skipped: no user and network namespace of our own: %s\n", strerror(errno));
		return MESON_SKIPPED;
	}
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!write_line("/proc/self/setgroups", "deny") || !write_line("/proc/self/uid_map", map)) {
		printf("skipped: the kernel lets us map no user: %s\n", strerror(errno));
		return MESON_SKIPPED;
	}
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (!write_line("/proc/self/gid_map", map)) {
		printf("skipped: the kernel lets us map no group: %s\n", strerror(errno));
		return MESON_SKIPPED;
	}
	world_ip("link set lo up");
	return 0;
}

void world_ip(const char *words)
{
	char command[256];

	snprintf(command, sizeof(command), "ip %s", words);
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		abort();
	}
}

void world_flood(const char *name)
{
	char path[SCRATCH_PATH_MAX], words[SCRATCH_PATH_MAX + 8], *lines = NULL;
	size_t n;
	FILE *out = open_memstream(&lines, &n);

	for (int i = 0; i < FLOOD; i++)
		fprintf(out, "link set dev %s mtu %d\n", name, 1300 + i % 2);
	fclose(out);
	scratch_make(path, lines, n);
	snprintf(words, sizeof(words), "-batch %s", path);
	world_ip(words);
	unlink(path);
	free(lines);
}

static void on_deadline(void *ctx, instant now)
{
	(void)now;
	*(bool *)ctx = true;
}

void world_until(struct loop *loop, const bool *done)
{
	bool too_late = false;
	struct loop_timer *timer = loop_timer_new(loop, on_deadline, &too_late);

	loop_timer_set(timer, instant_add_ms(loop_now(loop), DEADLINE_MS));
	while (!*done && !too_late)
		assert_int_equal(loop_turn(loop), 0);
	loop_timer_free(timer);
	assert_true(*done);
}

void world_turn(struct loop *loop, int64_t ms)
{
	bool over = false;
	struct loop_timer *timer = loop_timer_new(loop, on_deadline, &over);

	loop_timer_set(timer, instant_add_ms(loop_now(loop), ms));
	while (!over)
		assert_int_equal(loop_turn(loop), 0);
	loop_timer_free(timer);
}
