/*
 * table_agent - an agent without an API: fills a real speaker's table from standard input
 *
 * Started by tinlb-speaker --agent=...; standard input and output are the
 * speaker's. Commands, one a line:
 *
 *   add NAME               settings: the node this speaker runs on
 *   row ADDRESS NODE...    an address and who may answer for it, best first
 *   synced                 the table is whole
 *   join NAME ADDRESS...   where other speakers may be
 *   members NAME           prints who lives in the speaker's view, and the troubles of its ring
 *
 * What the announcer reports is printed as JSON, one object a line; "at" is
 * CLOCK_MONOTONIC in nanoseconds.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "speaker/table/wire/table_wire.h"

#define MAX_WORDS 1024
#define LINE_BYTES (64 * 1024)

struct agent {
	char self[TABLE_NODE_NAME_MAX];
	char node[TABLE_MAX_NODES][TABLE_NODE_NAME_MAX]; /* by index */
	uint16_t n_node;
	char member[TABLE_MAX_NODES][TABLE_NODE_NAME_MAX]; /* who lives */
	size_t n_member;
	bool asked; /* "members" waits for the ring's report */
	char line[LINE_BYTES];
	size_t n;
};

static int64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void put(const struct table_message *m)
{
	uint8_t bytes[TABLE_MESSAGE_MAX];
	int n = table_encode(m, bytes, sizeof(bytes));

	CHECK(n > 0);
	if (send(TABLE_FD, bytes, (size_t)n, MSG_NOSIGNAL) < 0)
		exit(0); /* the speaker has ended */
}

static void copy_name(char out[static TABLE_NODE_NAME_MAX], const char *name)
{
	CHECK(strlen(name) < TABLE_NODE_NAME_MAX);
	memcpy(out, name, strlen(name) + 1);
}

static uint16_t node_index(struct agent *a, const char *name)
{
	struct table_message m = { .kind = TABLE_NODE };
	uint16_t i;

	for (i = 0; i < a->n_node; i++)
		if (strcmp(a->node[i], name) == 0)
			return i;
	CHECK(a->n_node < TABLE_MAX_NODES);
	copy_name(a->node[a->n_node++], name);
	m.node.index = i;
	m.node.alive = true;
	copy_name(m.node.name, name);
	put(&m);
	return i;
}

static int row(struct agent *a, char **word, size_t n)
{
	struct table_message m = { .kind = TABLE_ROW };
	uint16_t candidate[MAX_WORDS];

	if (ip_parse(word[1], &m.row.ip) != 0)
		return -EINVAL;
	m.row.candidate = candidate;
	for (size_t i = 2; i < n; i++)
		candidate[m.row.n_candidate++] = node_index(a, word[i]);
	put(&m);
	return 0;
}

static int join(char **word, size_t n)
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
			put(&m);
			m.peers.n = 0;
		}
	}
	return 0;
}

static int run(struct agent *a, char **word, size_t n)
{
	struct table_message m = { .kind = TABLE_SYNCED };

	if (n > 1 && strcmp(word[0], "add") == 0) {
		copy_name(a->self, word[1]);
		m.kind = TABLE_SETTINGS;
		copy_name(m.settings.node_name, word[1]);
	} else if (n > 1 && strcmp(word[0], "row") == 0) {
		return row(a, word, n);
	} else if (n > 1 && strcmp(word[0], "join") == 0) {
		return join(word, n);
	} else if (n > 1 && strcmp(word[0], "members") == 0) {
		m.kind = TABLE_ASK;
		a->asked = true;
	} else if (n == 0 || strcmp(word[0], "synced") != 0) {
		return -EINVAL;
	}
	put(&m);
	return 0;
}

static void run_line(struct agent *a, char *line)
{
	char *word[MAX_WORDS], *rest = line, *at;
	size_t n = 0;
	int rc;

	while (n < MAX_WORDS && (at = strsep(&rest, " ")))
		if (*at)
			word[n++] = at;
	rc = run(a, word, n);
	if (rc != 0 || !a->asked)
		printf("{\"at\":%" PRId64 ",\"reply\":\"%s\",\"command\":\"%s\",\"error\":\"%s\"}\n",
		       monotonic_ns(), rc == 0 ? "done" : "error", n > 0 ? word[0] : "",
		       rc == 0 ? "" : strerror(-rc));
}

static bool read_input(struct agent *a)
{
	ssize_t got = read(STDIN_FILENO, a->line + a->n, sizeof(a->line) - a->n);
	char *start = a->line, *newline;

	if (got <= 0)
		return false;
	a->n += (size_t)got;
	while ((newline = memchr(start, '\n', a->n - (size_t)(start - a->line)))) {
		*newline = '\0';
		run_line(a, start);
		start = newline + 1;
	}
	a->n -= (size_t)(start - a->line);
	memmove(a->line, start, a->n);
	return true;
}

/* ---- reports ---- */

static void print_verdict(const struct agent *a, const struct table_verdict *verdict)
{
	char ip[IP_TEXT_MAX];

	printf("{\"at\":%" PRId64 ",\"event\":\"verdict\",\"ip\":\"%s\",\"reason\":\"%s\",\"owner\":\"%s\"}\n",
	       monotonic_ns(), ip_format(&verdict->ip, ip), table_reason_word(verdict->reason),
	       verdict->owner < a->n_node ? a->node[verdict->owner] : "");
}

static void on_member(struct agent *a, const struct table_member *member)
{
	size_t at = 0;

	while (at < a->n_member && strcmp(a->member[at], member->name) != 0)
		at++;
	if (member->alive && at == a->n_member) {
		CHECK(at < TABLE_MAX_NODES);
		copy_name(a->member[a->n_member++], member->name);
	} else if (!member->alive && at < a->n_member) {
		copy_name(a->member[at], a->member[--a->n_member]);
	}
	if (!member->self)
		printf("{\"at\":%" PRId64 ",\"event\":\"%s\",\"member\":\"%s\",\"node\":\"%s\"}\n",
		       monotonic_ns(), member->alive ? "join" : "leave", a->self, member->name);
}

static void print_members(struct agent *a, const struct table_ring *ring)
{
	a->asked = false;
	printf("{\"at\":%" PRId64 ",\"reply\":\"members\",\"member\":\"%s\",\"members\":[",
	       monotonic_ns(), a->self);
	for (size_t i = 0; i < a->n_member; i++)
		printf("%s\"%s\"", i ? "," : "", a->member[i]);
	printf("],\"state\":\"%s\",\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"troubles\":{",
	       table_ring_word(ring->state), ring->sent, ring->received);
	for (size_t i = 0; i < TABLE_RING_TROUBLES; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", table_ring_trouble_word(i), ring->trouble[i]);
	printf("}}\n");
}

static bool read_report(struct agent *a)
{
	uint8_t bytes[TABLE_MESSAGE_MAX];
	ssize_t n = recv(TABLE_FD, bytes, sizeof(bytes), 0);
	struct table_message m;

	if (n <= 0)
		return false;
	CHECK(table_decode(bytes, (size_t)n, &m) == 0);
	if (m.kind == TABLE_VERDICT)
		print_verdict(a, &m.verdict);
	else if (m.kind == TABLE_MEMBER)
		on_member(a, &m.member);
	else if (m.kind == TABLE_RING && a->asked)
		print_members(a, &m.ring);
	table_message_done(&m);
	return true;
}

int main(void)
{
	struct agent *a = mem_new(1, sizeof(*a));
	struct pollfd in[] = { { .fd = TABLE_FD, .events = POLLIN },
			       { .fd = STDIN_FILENO, .events = POLLIN } };
	bool goes_on = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (goes_on && poll(in, ARRAY_LEN(in), -1) >= 0) {
		if (in[0].revents)
			goes_on = read_report(a);
		if (goes_on && in[1].revents && !read_input(a))
			in[1].fd = -1; /* nobody commands any more; the speaker goes on */
	}
	free(a);
	return 0;
}
