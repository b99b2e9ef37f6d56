/* main - the speaker's command line, and its life from start to signal */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io/files.h"
#include "common/io/log.h"
#include "speaker/announcer/announcer.h"
#include "speaker/announcer/io/confine.h"
#include "speaker/table/core/speaker_flags.h"

#define SECRET_MAX_BYTES 4096

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

/* ---- the ring's options ---- */

static bool is_set(const char *text)
{
	return text && *text;
}

static int refuse(const char *why, const char *what)
{
	log_line(LOG_ERROR, { "op", "startup" }, { "error", why }, { "value", what },
		 { "msg", "not starting" });
	return 1;
}

/* The secret as MetalLB finds it: in the environment, or in a file. The caller frees. */
static int read_secret(const struct speaker_flags *flags, char **out_secret, size_t *out_n)
{
	const char *folder = speaker_flags_text(flags, "ml-secret-key-path");
	const char *text = speaker_flags_text(flags, "ml-secret-key");
	struct text path;
	int rc = 0;

	if (is_set(text) || !is_set(folder)) {
		*out_secret = mem_strdup(text);
		*out_n = text ? strlen(text) : 0;
		return 0;
	}
	text_init(&path, 4096);
	text_addf(&path, "%s/secretkey", folder);
	if (files_read(path.s, SECRET_MAX_BYTES, out_secret, out_n) != 0)
		rc = refuse("the secret of the membership cannot be read", path.s);
	text_done(&path);
	return rc;
}

static void add_key(struct seal_ring *ring, const char *secret, size_t n, size_t key_bytes)
{
	struct seal_key key = seal_key_of((const uint8_t *)secret, n, key_bytes);

	ring->key[ring->n++] = key;
	explicit_bzero(&key, sizeof(key));
}

/* Both of MetalLB's keys: the one that seals first. */
static int read_keys(const struct speaker_flags *flags, struct seal_ring *out_ring)
{
	int64_t bits = speaker_flags_number(flags, "ml-key-bits");
	char *secret = NULL;
	size_t n, first = bits == 128 ? 16 : 32;

	if (bits != 128 && bits != 256)
		return refuse("--ml-key-bits takes 128 or 256", NULL);
	if (read_secret(flags, &secret, &n) != 0)
		return 1;
	if (n > 0) {
		add_key(out_ring, secret, n, first);
		add_key(out_ring, secret, n, 48 - first);
	} else {
		log_line(LOG_WARN, { "component", "MemberList" },
			 { "msg", "no secret: the speakers' membership is not encrypted, and whoever "
				  "reaches its port can move addresses; create the Secret memberlist" });
	}
	if (secret)
		explicit_bzero(secret, n);
	free(secret);
	return 0;
}

/* From the command line and the environment, which the agent is given and /proc shows. */
static void wipe_secret(const struct speaker_flags *flags)
{
	const char *place[] = { speaker_flags_text(flags, "ml-secret-key"),
				getenv("METALLB_ML_SECRET_KEY") };

	for (size_t i = 0; i < ARRAY_LEN(place); i++)
		if (place[i])
			explicit_bzero((char *)(uintptr_t)place[i], strlen(place[i]));
}

static void choose(const struct speaker_flags *flags, const char *name, int64_t *inout_ms)
{
	int64_t given = speaker_flags_number(flags, name);

	if (given != 0)
		*inout_ms = given;
}

static struct swim_timing read_timing(const struct speaker_flags *flags)
{
	struct swim_timing timing = speaker_flags_on(flags, "ml-wan-config") ? swim_timing_wan() :
									       swim_timing_lan();
	int64_t mult = timing.suspicion_mult;

	choose(flags, "ml-probe-interval", &timing.probe_interval_ms);
	choose(flags, "ml-probe-timeout", &timing.probe_timeout_ms);
	choose(flags, "ml-gossip-interval", &timing.gossip_interval_ms);
	choose(flags, "ml-suspicion-mult", &mult);
	timing.suspicion_mult = (unsigned)mult;
	return timing;
}

/* On when MetalLB's is: with an address and labels. 0, or the exit code. */
static int read_ring(const struct speaker_flags *flags, struct announcer_config *config)
{
	const char *address = speaker_flags_text(flags, "ml-bindaddr");
	const char *name = speaker_flags_text(flags, "node-name");
	struct swim_config *swim = &config->brain.swim;
	struct ip *ip = &config->bind_to.ip;

	if (!is_set(address) || !is_set(speaker_flags_text(flags, "ml-labels")))
		return 0;
	if (ip_parse(address, ip) != 0)
		return refuse("--ml-bindaddr (METALLB_ML_BIND_ADDR) is no IP address", address);
	if (strlen(name) >= sizeof(swim->name))
		return refuse("the name of the node is too long", name);
	config->brain.gossips = true;
	config->bind_to.port = (uint16_t)speaker_flags_number(flags, "ml-bindport");
	config->state_dir = speaker_flags_text(flags, "state-dir");
	swim->timing = read_timing(flags);
	swim->port = config->bind_to.port;
	swim->addr.n = ip->len;
	memcpy(swim->addr.byte, ip->byte, ip->len);
	memcpy(swim->name, name, strlen(name) + 1);
	return read_keys(flags, &config->ring);
}

static int read_options(const struct speaker_flags *flags, struct announcer_config *config)
{
	struct announce_config *announce;

	config->ring_bytes = (size_t)speaker_flags_number(flags, "ring-kib") * 1024;
	config->brain = brain_config_default();
	config->brain.candidate_after_ms = speaker_flags_number(flags, "candidate-after") * 1000;
	announce = &config->brain.node.announce;
	announce->rounds = (unsigned)speaker_flags_number(flags, "announce-rounds");
	announce->urgent_per_s = speaker_flags_number(flags, "announce-urgent");
	announce->gentle_per_s = speaker_flags_number(flags, "announce-gentle");
	announce->refresh_ms = speaker_flags_number(flags, "announce-refresh") * 1000;
	return read_ring(flags, config);
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

static int run(struct loop *loop, struct announcer_config *config)
{
	int rc = announcer_start(loop, config, &announcer);

	seal_forget(&config->ring);
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
		rc = 1;
	} else {
		rc = announcer_exit_status(announcer);
	}
	announcer_free(announcer);
	return rc;
}

static void limit_calls(void)
{
	int rc = confine_calls();

	if (rc != 0)
		log_line(LOG_WARN, { "op", "startup" }, { "error", strerror(-rc) },
			 { "msg", "the announcer's system calls are not limited" });
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
	if (speaker_flags_on(&flags, "seccomp"))
		limit_calls();
	config.agent_path = agent;
	config.agent_argv = argv;
	code = read_options(&flags, &config);
	wipe_secret(&flags);
	if (code == 0) {
		loop = loop_new();
		code = run(loop, &config);
		loop_free(loop);
	}
	free(agent);
	return code;
}
