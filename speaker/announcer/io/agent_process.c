/* agent_process - see agent_process.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/io/agent_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS_PER_TURN 64
#define EXIT_NOT_STARTED 127

struct agent_process {
	struct agent_process_config config;
	pid_t pid;
	int fd;
	struct loop_watch *watch;
	uint8_t *record;
};

static void on_socket(void *ctx, instant now, unsigned events)
{
	struct agent_process *a = ctx;

	if (events & LOOP_WRITE) {
		loop_watch_set(a->watch, LOOP_READ);
		a->config.on_writable(a->config.ctx, now);
	}
	for (unsigned i = 0; events & LOOP_READ && i < RECORDS_PER_TURN; i++) {
		ssize_t n = recv(a->fd, a->record, a->config.record_max, MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			loop_watch_set(a->watch, 0); /* it is ending: SIGCHLD tells when it has */
			return;
		}
		if (n < 0)
			return;
		a->config.on_record(a->config.ctx, now, a->record, (size_t)n);
	}
}

static _Noreturn void become_agent(const struct agent_process_config *config, int fd)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (fd == config->child_fd ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, config->child_fd) >= 0)
		execv(config->path, config->argv);
	_exit(EXIT_NOT_STARTED);
}

int agent_process_start(struct loop *loop, const struct agent_process_config *config,
			struct agent_process **out_agent)
{
	int pair[2];
	pid_t pid;
	struct agent_process *a;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become_agent(config, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		int error = -errno;

		close(pair[0]);
		return error;
	}
	a = mem_new(1, sizeof(*a));
	*a = (struct agent_process){ .config = *config, .pid = pid, .fd = pair[0] };
	a->record = mem_new(config->record_max, 1);
	a->watch = loop_watch_new(loop, a->fd, LOOP_READ, on_socket, a);
	*out_agent = a;
	return 0;
}

void agent_process_on_sigchld(struct agent_process *a, instant now)
{
	int status;

	if (waitpid(a->pid, &status, WNOHANG) == a->pid)
		a->config.on_end(a->config.ctx, now, status);
}

int agent_process_send(struct agent_process *a, const uint8_t *bytes, size_t n)
{
	if (send(a->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
		return -errno;
	loop_watch_set(a->watch, LOOP_READ | LOOP_WRITE);
	return -EAGAIN;
}

void agent_process_signal(struct agent_process *a, int number)
{
	(void)kill(a->pid, number);
}

pid_t agent_process_pid(const struct agent_process *a)
{
	return a->pid;
}

void agent_process_free(struct agent_process *a)
{
	if (!a)
		return;
	loop_watch_free(a->watch);
	close(a->fd);
	free(a->record);
	free(a);
}
