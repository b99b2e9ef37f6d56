/* files - see files.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define READ_BYTES 16384

static ssize_t read_again(int fd, char *bytes, size_t n)
{
	ssize_t got;

	do
		got = read(fd, bytes, n);
	while (got < 0 && errno == EINTR);
	return got;
}

int files_read(const char *path, size_t max_bytes, char **out_bytes, size_t *out_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = NULL;
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		bytes = mem_resize(bytes, n + READ_BYTES + 1, 1);
		got = read_again(fd, bytes + n, READ_BYTES);
		if (got > 0)
			n += (size_t)got;
	} while (got > 0 && n <= max_bytes);
	if (got < 0 || n > max_bytes) {
		int error = got < 0 ? -errno : -EFBIG;

		free(bytes);
		close(fd);
		return error;
	}
	close(fd);
	bytes[n] = '\0';
	*out_bytes = bytes;
	*out_n = n;
	return 0;
}

static int write_all(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), error = 0;

	if (fd < 0)
		return -errno;
	while (n > 0 && error == 0) {
		ssize_t put = write(fd, bytes, n);

		if (put > 0) {
			bytes += put;
			n -= (size_t)put;
		} else if (put == 0 || errno != EINTR) {
			error = put == 0 ? -EIO : -errno;
		}
	}
	close(fd);
	return error;
}

int files_write(const char *path, const void *bytes, size_t n)
{
	char beside[PATH_MAX];
	int error;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	error = write_all(beside, bytes, n);
	if (error == 0 && rename(beside, path) != 0)
		error = -errno;
	if (error != 0)
		(void)unlink(beside);
	return error;
}

void files_random(void *out_bytes, size_t n)
{
	char *at = out_bytes;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		CHECK(got >= 0 || errno == EINTR);
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
}
