/*
 * gossip_peer - members made of our own gossip, run from standard input
 *
 * The twin of peer/main.go: the same commands, the same lines of JSON, around
 * speaker/announcer/gossip instead of memberlist. It needs no agent, no API and
 * no rights, has an empty table, and one process holds any number of members.
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
#include "common/io/files.h"
#include "speaker/announcer/gossip.h"

#define MAX_WORDS 1024
#define LINE_BYTES (64 * 1024)

struct crowd {
	struct loop *loop;
	struct talk_config talk; /* of every member, but for name and address */
	struct strmap by_name;
	bool quiet;
	char line[LINE_BYTES];
	size_t n;
};

struct member {
	char name[SWIM_NAME_MAX];
	bool quiet;
	struct talk *talk;
	struct gossip *gossip;
	struct loop_timer *timer;
};

static int64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* What the agent of a speaker would hear. */
static void print_report(const struct member *member, const struct table_message *m)
{
	if (m->kind == TABLE_MEMBER && !m->member.self && !member->quiet)
		printf("{\"at\":%" PRId64 ",\"event\":\"%s\",\"member\":\"%s\",\"node\":\"%s\"}\n",
		       monotonic_ns(), m->member.alive ? "join" : "leave", member->name,
		       m->member.name);
}

static void settle(void *ctx, instant now)
{
	struct member *member = ctx;
	struct node *node = brain_node(talk_brain(member->talk));
	struct table_message report;

	talk_turn(member->talk, now);
	gossip_settle(member->gossip, now);
	while (node_next_report(node, now, &report))
		print_report(member, &report);
	loop_timer_set(member->timer, talk_deadline(member->talk));
}

static void draw(void *ctx, void *out_bytes, size_t n)
{
	(void)ctx;
	files_random(out_bytes, n);
}

/* As an agent would that finds no service. */
static void give_empty_table(struct member *member, instant now)
{
	struct table_message settings = { .kind = TABLE_SETTINGS }, synced = { .kind = TABLE_SYNCED };

	memcpy(settings.settings.node_name, member->name, sizeof(settings.settings.node_name));
	brain_on_message(talk_brain(member->talk), now, &settings);
	brain_on_message(talk_brain(member->talk), now, &synced);
}

static int add(struct crowd *p, char **word, size_t n)
{
	struct swim_config *swim = &p->talk.brain.swim;
	struct gossip_config config = { .ring = &p->talk.ring };
	struct member *member;

	if (n != 4 || strlen(word[1]) >= SWIM_NAME_MAX || ip_parse(word[2], &config.bind_to.ip) != 0)
		return -EINVAL;
	member = mem_new(1, sizeof(*member));
	member->quiet = p->quiet;
	memcpy(member->name, word[1], strlen(word[1]) + 1);
	config.bind_to.port = (uint16_t)strtoul(word[3], NULL, 10);
	memcpy(swim->name, member->name, sizeof(member->name));
	swim->addr.n = config.bind_to.ip.len;
	memcpy(swim->addr.byte, config.bind_to.ip.byte, config.bind_to.ip.len);
	swim->port = config.bind_to.port;
	member->talk = talk_new(&p->talk, loop_now(p->loop));
	member->gossip = gossip_new(p->loop, &config, &(struct gossip_user){ settle, member },
				    member->talk);
	member->timer = loop_timer_new(p->loop, settle, member);
	strmap_put(&p->by_name, member->name, member);
	give_empty_table(member, loop_now(p->loop));
	settle(member, loop_now(p->loop));
	return gossip_state(member->gossip) == TABLE_RING_PORT ? -EADDRINUSE : 0;
}

/* ADDRESS or ADDRESS:PORT each; all members of a ring use one port. */
static int join(const struct member *member, instant now, char **word, size_t n)
{
	struct table_message m = { .kind = TABLE_PEERS };

	for (size_t i = 2; i < n; i++) {
		char *colon = strchr(word[i], ':');

		if (colon)
			*colon = '\0';
		if (ip_parse(word[i], &m.peers.ip[m.peers.n++]) != 0)
			return -EINVAL;
		m.peers.more = i + 1 < n;
		if (m.peers.n == TABLE_MAX_PEERS || !m.peers.more) {
			brain_on_message(talk_brain(member->talk), now, &m);
			m.peers.n = 0;
		}
	}
	return 0;
}

/* The names of those in one of two states, as a JSON array. */
static void print_names(const struct swim_members *all, enum swim_state one, enum swim_state other)
{
	const char *comma = "";

	printf("[");
	for (size_t i = 0; i < all->n; i++) {
		if (all->at[i]->state != one && all->at[i]->state != other)
			continue;
		printf("%s\"%s\"", comma, all->at[i]->said.node);
		comma = ",";
	}
	printf("]");
}

static void print_members(const struct member *member)
{
	const struct swim_members *all = swim_members_of(brain_swim(talk_brain(member->talk)));
	struct table_ring ring;

	gossip_report(member->gossip, &ring);
	printf("{\"at\":%" PRId64 ",\"reply\":\"members\",\"member\":\"%s\",\"members\":",
	       monotonic_ns(), member->name);
	print_names(all, SWIM_STATE_ALIVE, SWIM_STATE_SUSPECT);
	printf(",\"suspects\":");
	print_names(all, SWIM_STATE_SUSPECT, SWIM_STATE_SUSPECT);
	printf(",\"health\":%u,\"refuted\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"received\":%" PRIu64
	       ",\"troubles\":{", all->awareness, all->noted[SWIM_NOTE_REFUTED], ring.sent,
	       ring.received);
	for (size_t i = 0; i < TABLE_RING_TROUBLES; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", table_ring_trouble_word(i), ring.trouble[i]);
	printf("}}\n");
}

static void end(struct crowd *p, struct member *member, bool leave)
{
	if (leave) {
		talk_stop(member->talk, loop_now(p->loop));
		gossip_settle(member->gossip, loop_now(p->loop));
	}
	strmap_remove(&p->by_name, member->name);
	gossip_free(member->gossip);
	talk_free(member->talk);
	loop_timer_free(member->timer);
	free(member);
}

static int run(struct crowd *p, char **word, size_t n)
{
	instant now = loop_now(p->loop);
	struct member *member;
	int rc = 0;

	if (n >= 2 && strcmp(word[0], "add") == 0)
		return add(p, word, n);
	member = n >= 2 ? strmap_get(&p->by_name, word[1]) : NULL;
	if (!member)
		return -ENOENT;
	if (strcmp(word[0], "join") == 0)
		rc = join(member, now, word, n);
	else if (strcmp(word[0], "members") == 0)
		print_members(member);
	else if (strcmp(word[0], "leave") != 0 && strcmp(word[0], "crash") != 0)
		return -EINVAL;
	if (strcmp(word[0], "leave") == 0 || strcmp(word[0], "crash") == 0)
		end(p, member, word[0][0] == 'l');
	else
		settle(member, now);
	return rc;
}

static void run_line(struct crowd *p, char *line)
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
	struct crowd *p = ctx;
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

static int parse(struct crowd *p, int argc, char **argv)
{
	static const struct option options[] = {
		{ "secret", required_argument, NULL, 's' },
		{ "key-bytes", required_argument, NULL, 'k' },
		{ "probe-interval", required_argument, NULL, 'p' },
		{ "probe-timeout", required_argument, NULL, 't' },
		{ "gossip-interval", required_argument, NULL, 'g' },
		{ "suspicion-mult", required_argument, NULL, 'm' },
		{ "quiet", required_argument, NULL, 'q' }, /* 1: no events */
		{ 0 },
	};
	const char *secret = "";
	size_t key_bytes = 32;
	struct swim_timing *timing;
	int option;

	p->talk = (struct talk_config){ .brain = brain_config_default(), .draw = draw };
	p->talk.brain.gossips = true;
	timing = &p->talk.brain.swim.timing;
	*timing = swim_timing_lan();
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int64_t number = option == 's' || option == '?' ? 0 : strtol(optarg, NULL, 10);

		if (option == 's')
			secret = optarg;
		else if (option == 'k')
			key_bytes = (size_t)number;
		else if (option == 'p')
			timing->probe_interval_ms = number;
		else if (option == 't')
			timing->probe_timeout_ms = number;
		else if (option == 'g')
			timing->gossip_interval_ms = number;
		else if (option == 'm')
			timing->suspicion_mult = (unsigned)number;
		else if (option == 'q')
			p->quiet = number != 0;
		else
			return -EINVAL;
	}
	if (*secret) {
		p->talk.ring.key[0] = seal_key_of((const uint8_t *)secret, strlen(secret), key_bytes);
		p->talk.ring.n = 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct crowd *p = mem_new(1, sizeof(*p));
	struct loop_watch *input;
	const char *name;
	void *member;
	int rc;

	if (parse(p, argc, argv) != 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	p->loop = loop_new();
	input = loop_watch_new(p->loop, STDIN_FILENO, LOOP_READ, on_input, p);
	rc = loop_run(p->loop);
	loop_watch_free(input);
	for (size_t at = 0; strmap_next(&p->by_name, &at, &name, &member); at = 0)
		end(p, member, false);
	strmap_done(&p->by_name);
	loop_free(p->loop);
	free(p);
	return rc == 0 ? 0 : 1;
}
