/*
 * stepped_clock - the clock of the wall, as a file says: preloaded into a daemon
 *
 * STEPPED_CLOCK names a file with the seconds, a 64-bit number of this machine,
 * that are added to the time of day. It is mapped when the program starts, so
 * that a step shows at once and without a call to the kernel. The monotonic
 * clocks stay as they are: a step does not touch them either.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*clock_fn)(clockid_t clock, struct timespec *out);

static const int64_t *step;
static clock_fn real_clock;

__attribute__((constructor)) static void map_step(void)
{
	const char *path = getenv("STEPPED_CLOCK");
	void *found = dlsym(RTLD_NEXT, "clock_gettime");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd >= 0 ? mmap(NULL, sizeof(*step), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	memcpy(&real_clock, &found, sizeof(found));
	step = at == MAP_FAILED ? NULL : at;
	if (fd >= 0)
		close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	int rc;

	if (!real_clock)
		map_step(); /* asked for by the constructor of another library */
	rc = real_clock(clock, out);
	if (rc == 0 && step && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		out->tv_sec += *step;
	return rc;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return (time_t)-1;
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
