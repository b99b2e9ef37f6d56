/* api - see api.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/shell/api.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/shell/world.h"

#define PORT 7472

void api_open(struct api *a, struct loop *loop)
{
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;

	*a = (struct api){ .loop = loop, .listener = socket(AF_INET, SOCK_STREAM, 0) };
	assert_int_equal(setsockopt(a->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(a->listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(a->listener, 8), 0);
}

void api_close(struct api *a)
{
	close(a->listener);
}

static void on_ready(void *ctx, instant now, unsigned events)
{
	(void)now;
	(void)events;
	*(bool *)ctx = true;
}

void api_wait(const struct api *a, int fd)
{
	bool ready = false;
	struct loop_watch *watch = loop_watch_new(a->loop, fd, LOOP_READ, on_ready, &ready);

	world_until(a->loop, &ready);
	loop_watch_free(watch);
}

int api_answer(struct api *a, const char *words, const char *bytes)
{
	ssize_t n;
	int fd;

	api_wait(a, a->listener);
	fd = accept(a->listener, NULL, NULL);
	assert_true(fd >= 0);
	api_wait(a, fd);
	n = read(fd, a->request, sizeof(a->request) - 1);
	assert_true(n > 0);
	a->request[n] = '\0';
	if (!strstr(a->request, words))
		fail_msg("%s was awaited, not: %s", words, a->request);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	return fd;
}
