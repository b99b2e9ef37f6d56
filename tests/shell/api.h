/*
 * api - a server on loopback that says what the test gives it, one request after the other
 *
 * Each connection gets one answer, so that requests come in the order in which
 * they were made.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SHELL_API_H
#define TINLB_TESTS_SHELL_API_H

#include "common/io/loop.h"

#define API_BASE "http://127.0.0.1:7472"
#define API_OK "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" /* ends with the connection */

struct api {
	struct loop *loop;
	int listener;
	char request[4096]; /* the last one */
};

void api_open(struct api *a, struct loop *loop);
void api_close(struct api *a);

/* The next request, which must contain these words, gets these bytes; its connection is the caller's. */
int api_answer(struct api *a, const char *words, const char *bytes);

/* Turns the loop until there is something to read, be it the end. */
void api_wait(const struct api *a, int fd);

#endif
