/* main - starts the agent of a speaker: the Kubernetes side, without any rights */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/io/rights.h"
#include "common/io/log.h"
#include "speaker/agent/agent.h"
#include "speaker/table/core/table.h"

#define TEXT_MAX 16384
#define LARGE_BYTES (64 * 1024) /* allocations from here on are given back at once */

static void on_signal(void *ctx, instant now, int signal)
{
	(void)now;
	(void)signal;
	loop_stop(ctx);
}

/* -1: go on, or the status to exit with. */
static int read_command_line(struct speaker_flags *flags, char *const *argv)
{
	struct text text;
	int rc;

	text_init(&text, TEXT_MAX);
	rc = speaker_flags_parse(flags, argv, getenv, &text);
	if (rc == 0 && log_set_level(speaker_flags_text(flags, "log-level")) != 0) {
		text_add(&text, "--log-level takes all, debug, info, warn, error or none");
		rc = -EINVAL;
	}
	if (rc != 0) {
		text_add(&text, text.n > 0 ? "\n" : "");
		flags_usage(flags->option, flags->n, &text);
		fputs(text.s, rc == -ENOENT ? stdout : stderr);
	}
	text_done(&text);
	return rc == 0 ? -1 : rc == -ENOENT ? 0 : 2;
}

static int run(struct loop *loop, const struct speaker_flags *flags)
{
	struct agent *agent;
	struct text error;
	int rc;

	text_init(&error, TEXT_MAX);
	rc = agent_new(loop, flags, TABLE_FD, &agent, &error);
	if (rc != 0)
		log_line(LOG_ERROR, { "op", "startup" }, { "error", error.s },
			 { "msg", "the speaker cannot start" });
	text_done(&error);
	if (rc != 0)
		return 1;
	rc = loop_run(loop);
	agent_free(agent);
	return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct speaker_flags flags;
	struct loop *loop;
	int rc, status = read_command_line(&flags, argv + (argc > 0));

	if (status >= 0)
		return status;
	rc = rights_drop();
	if (rc != 0) {
		log_line(LOG_ERROR, { "op", "startup" }, { "error", strerror(-rc) },
			 { "msg", "rights could not be given up" });
		return 1;
	}
	rc = speaker_flags_on(&flags, "seccomp") ? rights_limit_calls() : 0;
	if (rc != 0)
		log_line(LOG_WARN, { "op", "startup" }, { "error", strerror(-rc) },
			 { "msg", "the agent's system calls are not limited" });
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES); /* fixed, or it would grow with the first page */
	mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	if (loop_on_signal(loop, SIGTERM, on_signal, loop) != 0 ||
	    loop_on_signal(loop, SIGINT, on_signal, loop) != 0)
		status = 1;
	else
		status = run(loop, &flags);
	loop_free(loop);
	return status;
}
