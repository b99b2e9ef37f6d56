/*
 * gossip_peer - members made of our own gossip, run from standard input
 *
 * The twin of peer/main.go: the same commands, the same lines of JSON, around
 * speaker/announcer/gossip instead of memberlist. It needs no agent, no API and
 * no rights, and one process holds any number of members.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/core/strmap.h"
#include "speaker/announcer/gossip.h"

#define MAX_WORDS 1024
#define LINE_BYTES (64 * 1024)

struct peer {
	struct loop *loop;
	struct gossip_config config; /* of every member, but for name and address */
	struct strmap by_name;
	char line[LINE_BYTES];
	size_t n;
};

struct member {
	char name[SWIM_NAME_MAX];
	struct gossip *gossip;
};

static int64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void on_change(void *ctx, instant now, const char *name, enum swim_change change)
{
	static const char *const word[] = { [SWIM_JOINED] = "join", [SWIM_LEFT] = "leave",
					    [SWIM_UPDATED] = "update" };
	const struct member *member = ctx;

	(void)now;
	printf("{\"at\":%" PRId64 ",\"event\":\"%s\",\"member\":\"%s\",\"node\":\"%s\"}\n",
	       monotonic_ns(), word[change], member->name, name);
}

static int add(struct peer *p, char **word, size_t n)
{
	struct gossip_config config = p->config;
	struct member *member;
	struct gossip_user user = { .on_change = on_change };
	int rc;

	if (n != 4 || strlen(word[1]) >= SWIM_NAME_MAX || ip_parse(word[2], &config.bind_to.ip) != 0)
		return -EINVAL;
	member = mem_new(1, sizeof(*member));
	memcpy(member->name, word[1], strlen(word[1]) + 1);
	memcpy(config.node_name, member->name, sizeof(member->name));
	config.bind_to.port = (uint16_t)strtoul(word[3], NULL, 10);
	user.ctx = member;
	rc = gossip_new(p->loop, &config, &user, &member->gossip);
	if (rc != 0)
		free(member);
	else
		strmap_put(&p->by_name, member->name, member);
	return rc;
}

/* ADDRESS or ADDRESS:PORT each; all members of a ring use one port. */
static int join(struct member *member, char **word, size_t n)
{
	struct ip at[MAX_WORDS];

	for (size_t i = 2; i < n; i++) {
		char *colon = strchr(word[i], ':');

		if (colon)
			*colon = '\0';
		if (ip_parse(word[i], &at[i - 2]) != 0)
			return -EINVAL;
	}
	gossip_set_peers(member->gossip, at, n - 2);
	return 0;
}

static void print_members(const struct member *member)
{
	const struct swim_members *all = gossip_members(member->gossip);
	const char *comma = "";

	printf("{\"at\":%" PRId64 ",\"reply\":\"members\",\"member\":\"%s\",\"members\":[",
	       monotonic_ns(), member->name);
	for (size_t i = 0; i < all->n; i++) {
		if (i > 0 && !gossip_is_alive(member->gossip, all->at[i]->said.node))
			continue;
		printf("%s\"%s\"", comma, all->at[i]->said.node);
		comma = ",";
	}
	printf("],\"health\":%u,\"refuted\":%" PRIu64 ",\"incarnation\":%" PRIu32
	       ",\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"troubles\":{",
	       all->awareness, all->noted[SWIM_NOTE_REFUTED],
	       swim_members_self(all)->said.incarnation, gossip_packets(member->gossip, true),
	       gossip_packets(member->gossip, false));
	for (size_t i = 0; i < GOSSIP_N_TROUBLES; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", gossip_trouble_word((enum gossip_trouble)i),
		       gossip_troubles(member->gossip, (enum gossip_trouble)i));
	printf("}}\n");
}

static void end(struct peer *p, struct member *member, bool leave)
{
	if (leave)
		gossip_leave(member->gossip, loop_now(p->loop));
	gossip_free(member->gossip);
	strmap_remove(&p->by_name, member->name);
	free(member);
}

static int run(struct peer *p, char **word, size_t n)
{
	struct member *member;

	if (n >= 2 && strcmp(word[0], "add") == 0)
		return add(p, word, n);
	member = n >= 2 ? strmap_get(&p->by_name, word[1]) : NULL;
	if (!member)
		return -ENOENT;
	if (strcmp(word[0], "join") == 0)
		return join(member, word, n);
	if (strcmp(word[0], "members") == 0)
		print_members(member);
	else if (strcmp(word[0], "leave") == 0 || strcmp(word[0], "crash") == 0)
		end(p, member, word[0][0] == 'l');
	else
		return -EINVAL;
	return 0;
}

static void run_line(struct peer *p, char *line)
{
	char *word[MAX_WORDS], *rest = line, *at;
	size_t n = 0;
	int rc;

	while (n < MAX_WORDS && (at = strsep(&rest, " ")))
		if (*at)
			word[n++] = at;
	rc = run(p, word, n);
	if (rc != 0)
		printf("{\"at\":%" PRId64 ",\"reply\":\"error\",\"command\":\"%s\",\"error\":\"%s\"}\n",
		       monotonic_ns(), n > 0 ? word[0] : "", strerror(-rc));
	else if (strcmp(word[0], "members") != 0)
		printf("{\"at\":%" PRId64 ",\"reply\":\"done\",\"command\":\"%s %s\"}\n",
		       monotonic_ns(), word[0], word[1]);
}

static void on_input(void *ctx, instant now, unsigned events)
{
	struct peer *p = ctx;
	ssize_t got = read(STDIN_FILENO, p->line + p->n, sizeof(p->line) - p->n);
	char *start = p->line, *newline;

	(void)now;
	(void)events;
	if (got <= 0) {
		loop_stop(p->loop);
		return;
	}
	p->n += (size_t)got;
	while ((newline = memchr(start, '\n', p->n - (size_t)(start - p->line)))) {
		*newline = '\0';
		run_line(p, start);
		start = newline + 1;
	}
	p->n -= (size_t)(start - p->line);
	memmove(p->line, start, p->n);
}

static int parse(struct gossip_config *config, int argc, char **argv)
{
	static const struct option options[] = {
		{ "secret", required_argument, NULL, 's' },
		{ "key-bytes", required_argument, NULL, 'k' },
		{ "probe-interval", required_argument, NULL, 'p' },
		{ "probe-timeout", required_argument, NULL, 't' },
		{ "gossip-interval", required_argument, NULL, 'g' },
		{ "suspicion-mult", required_argument, NULL, 'm' },
		{ 0 },
	};
	const char *secret = "";
	size_t key_bytes = 32;
	int option;

	config->timing = swim_timing_lan();
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int64_t number = option == 's' || option == '?' ? 0 : strtol(optarg, NULL, 10);

		if (option == 's')
			secret = optarg;
		else if (option == 'k')
			key_bytes = (size_t)number;
		else if (option == 'p')
			config->timing.probe_interval_ms = number;
		else if (option == 't')
			config->timing.probe_timeout_ms = number;
		else if (option == 'g')
			config->timing.gossip_interval_ms = number;
		else if (option == 'm')
			config->timing.suspicion_mult = (unsigned)number;
		else
			return -EINVAL;
	}
	if (*secret) {
		config->ring.key[0] = seal_key_of((const uint8_t *)secret, strlen(secret), key_bytes);
		config->ring.n = 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct peer *p = mem_new(1, sizeof(*p));
	struct loop_watch *input;
	int rc = 0;

	if (parse(&p->config, argc, argv) != 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	p->loop = loop_new();
	input = loop_watch_new(p->loop, STDIN_FILENO, LOOP_READ, on_input, p);
	rc = loop_run(p->loop);
	loop_watch_free(input);
	for (size_t at = 0;;) {
		const char *name;
		void *member;

		at = 0;
		if (!strmap_next(&p->by_name, &at, &name, &member))
			break;
		end(p, member, false);
	}
	strmap_done(&p->by_name);
	loop_free(p->loop);
	free(p);
	return rc == 0 ? 0 : 1;
}
