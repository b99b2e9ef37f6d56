/*
 * agent_process - the agent as a child, and the socket between the two
 *
 * I/O: starts a program, moves records; knows neither their meaning nor when
 * to start again.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_IO_AGENT_PROCESS_H
#define TINLB_SPEAKER_ANNOUNCER_IO_AGENT_PROCESS_H

#include <sys/types.h>

#include "common/io/loop.h"

struct agent_process;

struct agent_process_config {
	const char *path;  /* of the program */
	char *const *argv; /* its whole command line */
	int child_fd;      /* the descriptor at which it finds its end */
	size_t record_max; /* bytes of a record */
	void (*on_record)(void *ctx, instant now, const uint8_t *bytes, size_t n);
	void (*on_writable)(void *ctx, instant now); /* after a send had to wait */
	/* It ended; status as of waitpid(). Call agent_process_free() from here or later. */
	void (*on_end)(void *ctx, instant now, int status);
	void *ctx;
};

/* 0 or -errno. Needs the loop's SIGCHLD handled by agent_process_on_sigchld(). */
int agent_process_start(struct loop *loop, const struct agent_process_config *config,
			struct agent_process **out_agent) MUST_CHECK;
void agent_process_on_sigchld(struct agent_process *agent, instant now);
/* 0; -EAGAIN: full, on_writable will tell; another -errno: it is ending. */
int agent_process_send(struct agent_process *agent, const uint8_t *bytes, size_t n) MUST_CHECK;
void agent_process_signal(struct agent_process *agent, int signal);
pid_t agent_process_pid(const struct agent_process *agent);
void agent_process_free(struct agent_process *agent); /* NULL is fine; does not end it */

#endif
