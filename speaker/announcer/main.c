/* main - the speaker's command line, and its life from start to signal */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io/log.h"
#include "speaker/announcer/announcer.h"
#include "speaker/announcer/io/confine.h"
#include "speaker/table/core/speaker_flags.h"

static struct announcer *announcer;

/* 0, or the exit code; -1: there was nothing to do but help. */
static int parse_options(struct speaker_flags *flags, char **argv)
{
	struct text error, usage;
	const char *node_name;
	int rc, code = 0;

	text_init(&error, 1024);
	text_init(&usage, 16384);
	rc = speaker_flags_parse(flags, argv + 1, getenv, &error);
	node_name = rc == 0 ? speaker_flags_text(flags, "node-name") : NULL;
	if (rc == -ENOENT) {
		flags_usage(flags->option, flags->n, &usage);
		printf("Usage: %s [OPTION]...\n%s", argv[0], usage.s);
		code = -1;
	} else if (rc != 0) {
		fprintf(stderr, "%s: %s\n", argv[0], error.s);
		code = 2;
	} else if (log_set_level(speaker_flags_text(flags, "log-level")) != 0) {
		fprintf(stderr, "%s: --log-level takes all, debug, info, warn, error or none\n", argv[0]);
		code = 2;
	} else if (!node_name || !*node_name) {
		log_line(LOG_ERROR, { "op", "startup" },
			 { "error", "the name of this node is missing: set METALLB_NODE_NAME or "
				    "--node-name to spec.nodeName of the pod" },
			 { "msg", "not starting" });
		code = 1;
	}
	text_done(&error);
	text_done(&usage);
	return code;
}

/* Where tinlb-agent is: beside this program, or where the build puts it. The caller frees. */
static char *find_agent(const struct speaker_flags *flags)
{
	static const char *const beside[] = { "tinlb-agent", "../agent/tinlb-agent" };
	const char *given = speaker_flags_text(flags, "agent");
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (given && *given)
		return mem_strdup(given);
	if (n <= 0)
		return NULL;
	own[n] = '\0';
	slash = strrchr(own, '/');
	for (size_t i = 0; slash && i < ARRAY_LEN(beside); i++) {
		struct text path;
		char *found;

		text_init(&path, sizeof(own) * 2);
		text_add_n(&path, own, (size_t)(slash - own) + 1);
		text_add(&path, beside[i]);
		found = text_take(&path);
		if (access(found, X_OK) == 0)
			return found;
		free(found);
	}
	return NULL;
}

static void on_end_signal(void *ctx, instant now, int signal)
{
	(void)ctx;
	log_line(LOG_INFO, { "op", "shutdown" }, { "signal", strsignal(signal) },
		 { "msg", "shutting down" });
	announcer_stop(announcer, now);
}

static void on_child_signal(void *ctx, instant now, int signal)
{
	(void)ctx;
	(void)signal;
	announcer_on_sigchld(announcer, now);
}

static int run(struct loop *loop, const struct announcer_config *config)
{
	int rc = announcer_start(loop, config, &announcer);

	if (rc == 0)
		rc = loop_on_signal(loop, SIGTERM, on_end_signal, NULL);
	if (rc == 0)
		rc = loop_on_signal(loop, SIGINT, on_end_signal, NULL);
	if (rc == 0)
		rc = loop_on_signal(loop, SIGCHLD, on_child_signal, NULL);
	if (rc == 0)
		rc = loop_run(loop);
	if (rc != 0) {
		log_line(LOG_ERROR, { "op", "startup" }, { "error", strerror(-rc) },
			 { "msg", "the speaker cannot run" });
		return 1;
	}
	rc = announcer_exit_status(announcer);
	announcer_free(announcer);
	return rc;
}

int main(int argc, char **argv)
{
	struct speaker_flags flags;
	struct announcer_config config = { 0 };
	struct loop *loop;
	char *agent;
	int code = parse_options(&flags, argv);

	(void)argc;
	if (code != 0)
		return code < 0 ? 0 : code;
	agent = find_agent(&flags);
	if (!agent) {
		log_line(LOG_ERROR, { "op", "startup" },
			 { "error", "tinlb-agent is not beside this program: name it with --agent" },
			 { "msg", "not starting" });
		return 1;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (confine_to_net_raw() != 0) {
		log_line(LOG_ERROR, { "op", "startup" },
			 { "error", "CAP_NET_RAW is missing: give it to the container, or run as root" },
			 { "msg", "not starting" });
		return 1;
	}
	log_line(LOG_INFO, { "version", TINLB_VERSION }, { "msg", "TinLB speaker starting" });
	config.agent_path = agent;
	config.agent_argv = argv;
	config.ring_bytes = (size_t)speaker_flags_number(&flags, "ring-kib") * 1024;
	config.node = node_config_default();
	config.node.rounds = (unsigned)speaker_flags_number(&flags, "announce-rounds");
	config.node.urgent_per_s = speaker_flags_number(&flags, "announce-urgent");
	config.node.gentle_per_s = speaker_flags_number(&flags, "announce-gentle");
	loop = loop_new();
	code = run(loop, &config);
	loop_free(loop);
	free(agent);
	return code;
}
