/* world - see world.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/announcer/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define STREAM_QUEUE 256

static void on_draw(void *ctx, void *out, size_t n)
{
	struct world *w = ctx;
	uint64_t value = ++w->nonce;

	memset(out, 0, n);
	memcpy(out, &value, n < sizeof(value) ? n : sizeof(value));
}

static struct ip node_ip(size_t i)
{
	return ip_from_v4((const uint8_t[4]){ 10, 0, 0, (uint8_t)(1 + i) });
}

void world_init(struct world *w, size_t n)
{
	*w = (struct world){ .now = NS_PER_S, .n = n };
	w->config.brain = brain_config_default();
	w->config.brain.gossips = true;
	w->config.brain.candidate_after_ms = 0;
	w->config.brain.swim.timing = swim_timing_lan();
	w->config.brain.swim.port = 7946;
	w->config.ring.key[0] = seal_key_of((const uint8_t *)"secret", 6, 32);
	w->config.ring.n = 1;
	w->config.draw = on_draw;
	w->config.ctx = w;
}

static void name(const struct world *w, size_t i, char *out_name, size_t cap)
{
	if (i == 3 && w->name_of_3)
		snprintf(out_name, cap, "%s", w->name_of_3);
	else
		snprintf(out_name, cap, "node%zu", i);
}

static struct table_message message(enum table_kind kind)
{
	return (struct table_message){ .kind = kind };
}

static void send_rows(struct world *w, struct brain *brain)
{
	for (uint8_t row = 0; row < WORLD_ROWS; row++) {
		struct table_message m = message(TABLE_ROW);

		m.row.ip = ip_from_v4((const uint8_t[4]){ 10, 0, 0, (uint8_t)(100 + row) });
		m.row.candidate = mem_new(w->n, sizeof(uint16_t));
		m.row.n_candidate = (uint16_t)w->n;
		for (size_t i = 0; i < w->n; i++)
			m.row.candidate[i] = (uint16_t)((i + row) % w->n);
		brain_on_message(brain, w->now, &m);
	}
}

static void send_table(struct world *w, size_t self)
{
	struct brain *brain = talk_brain(w->node[self].talk);
	struct table_message m = message(TABLE_SETTINGS);

	name(w, self, m.settings.node_name, sizeof(m.settings.node_name));
	memcpy(m.settings.timing, w->timing, sizeof(w->timing));
	brain_on_message(brain, w->now, &m);
	for (size_t i = 0; i < w->n; i++) {
		m = message(TABLE_NODE);
		m.node.index = (uint16_t)i;
		m.node.alive = true;
		snprintf(m.node.name, sizeof(m.node.name), "node%zu", i);
		brain_on_message(brain, w->now, &m);
	}
	send_rows(w, brain);
	m = message(TABLE_PEERS);
	for (size_t i = 0; i < w->n; i++)
		if (!(w->unnamed >> i & 1))
			m.peers.ip[m.peers.n++] = node_ip(i);
	brain_on_message(brain, w->now, &m);
	m = message(TABLE_SYNCED);
	brain_on_message(brain, w->now, &m);
}

void world_carrier(struct world *w, size_t i, bool carrier)
{
	struct link_news link = { .ifindex = WORLD_IFINDEX, .name = "eth0", .up = true,
				  .carrier = carrier, .ethernet = true,
				  .mac = { 2, 0, 0, 0, 0, (uint8_t)i } };

	node_on_link(brain_node(talk_brain(w->node[i].talk)), w->now, &link);
}

void world_start(struct world *w, size_t i)
{
	struct talk_config config = w->config;
	struct swim_config *swim = &config.brain.swim;
	const struct link_address address = { WORLD_IFINDEX, node_ip(i), 24, false };

	name(w, i, swim->name, sizeof(swim->name));
	swim->addr = (struct swim_addr){ .n = 4, .byte = { 10, 0, 0, (uint8_t)(1 + i) } };
	w->node[i] = (struct world_node){ .talk = talk_new(&config, w->now) };
	world_carrier(w, i, true);
	node_on_address(brain_node(talk_brain(w->node[i].talk)), w->now, &address);
	send_table(w, i);
	world_settle(w);
}

void world_crash(struct world *w, size_t i)
{
	talk_free(w->node[i].talk);
	w->node[i].talk = NULL;
}

void world_done(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		world_crash(w, i);
}

/* The node at an address that can be reached now, or NULL. */
static struct world_node *find(struct world *w, const struct swim_dest *to)
{
	size_t i = (size_t)to->addr.byte[3] - 1;
	struct world_node *node = i < w->n ? &w->node[i] : NULL;

	return node && node->talk && !node->cut && !node->deaf && node->open ? node : NULL;
}

static struct swim_dest source(size_t i)
{
	const struct ip ip = node_ip(i);
	struct swim_dest dest = { .addr.n = 4, .port = 7946 };

	memcpy(dest.addr.byte, ip.byte, 4);
	return dest;
}

/* Ask, let the other answer, hand the answer back. */
static void do_stream(struct world *w, size_t i, const struct talk_outbound *out)
{
	struct world_node *node = &w->node[i], *other = find(w, &out->to);
	struct talk_inbound in = { .peer = source(i), .bytes = out->bytes.bytes, .n = out->bytes.n };
	struct seal_bytes answer = { 0 };

	node->streams++;
	if (node->cut || node->deaf || node->no_stream || !other || other == node || other->no_stream ||
	    talk_on_stream(other->talk, w->now, &in, &answer) != TALK_ANSWER) {
		talk_on_stream_failed(node->talk, w->now, out->id, &out->to);
		return;
	}
	in = (struct talk_inbound){ out->to, out->id, answer.bytes, answer.n, true };
	(void)!talk_on_stream(node->talk, w->now, &in, &answer);
}

/* To all others on the LAN; what they answer comes back. */
static void broadcast(struct world *w, size_t from, const struct node_frame *frame)
{
	for (size_t i = 0; i < w->n; i++) {
		struct node_frame answer = { .ifindex = WORLD_IFINDEX };
		struct arp_msg unused;

		if (i == from || !w->node[i].talk || w->node[i].unplugged || w->node[from].unplugged)
			continue;
		if (node_on_arp(brain_node(talk_brain(w->node[i].talk)), w->now, frame,
				&answer.arp) == NODE_ANSWER)
			(void)node_on_arp(brain_node(talk_brain(w->node[from].talk)), w->now, &answer,
					  &unused);
	}
}

/* What is sent on several at once was written before any of them is answered. */
static void do_streams(struct world *w, size_t i)
{
	struct talk_outbound out[WORLD_MAX];
	uint8_t *copy[WORLD_MAX];
	size_t n = 0;

	while (n < WORLD_MAX && talk_next_stream(w->node[i].talk, &out[n])) {
		copy[n] = mem_new(out[n].bytes.n, 1);
		memcpy(copy[n], out[n].bytes.bytes, out[n].bytes.n);
		out[n].bytes.bytes = copy[n];
		n++;
	}
	for (size_t k = 0; k < n; k++) {
		do_stream(w, i, &out[k]);
		free(copy[k]);
	}
}

static void pump(struct world *w, size_t i)
{
	struct world_node *node = &w->node[i];
	struct talk_datagram datagram;
	struct node_frame frame;

	talk_turn(node->talk, w->now);
	if (brain_wants_ring(talk_brain(node->talk))) {
		talk_open_ring(node->talk, w->now, 1000);
		node->open = true;
		talk_turn(node->talk, w->now);
	}
	do_streams(w, i);
	while (talk_next_datagram(node->talk, &datagram)) {
		const struct swim_dest from = source(i);
		struct world_node *other = find(w, &datagram.to);

		node->datagrams++;
		if (other && !node->cut && !other->no_udp)
			talk_on_datagram(other->talk, w->now, &from, datagram.bytes, datagram.n);
	}
	while (node_next_frame(brain_node(talk_brain(node->talk)), w->now, &frame)) {
		node->frames++;
		broadcast(w, i, &frame);
	}
	while (talk_next_note(node->talk, &node->note))
		;
}

void world_settle(struct world *w)
{
	for (int round = 0; round < 6; round++)
		for (size_t i = 0; i < w->n; i++)
			if (w->node[i].talk)
				pump(w, i);
}

static size_t n_answer(struct world *w)
{
	size_t who;

	return world_answers(w, w->row, &who);
}

static void watch(struct world *w)
{
	if (n_answer(w) > 0)
		w->last_answered = w->now;
	if (w->now - w->last_answered > w->none_ns)
		w->none_ns = w->now - w->last_answered;
}

void world_watch(struct world *w, unsigned row)
{
	w->row = row;
	w->none_ns = w->two_ns = 0;
	w->last_answered = w->now;
}

void world_stop(struct world *w, size_t i)
{
	talk_stop(w->node[i].talk, w->now);
}

void world_run(struct world *w, int64_t ms)
{
	instant end = instant_add_ms(w->now, ms);

	while (w->now < end) {
		instant next = end;

		world_settle(w);
		watch(w);
		for (size_t i = 0; i < w->n; i++)
			if (w->node[i].talk)
				next = instant_min(next, talk_deadline(w->node[i].talk));
		next = next > w->now ? next : w->now + NS_PER_MS;
		if (n_answer(w) > 1)
			w->two_ns += next - w->now;
		w->now = next;
	}
	world_settle(w);
	watch(w);
}

size_t world_answers(struct world *w, unsigned row, size_t *out_who)
{
	struct node_frame question = { WORLD_IFINDEX,
				       { .op = ARP_REQUEST, .spa = { 10, 0, 0, 200 },
					 .tpa = { 10, 0, 0, (uint8_t)(100 + row) } } };
	size_t n = 0;

	memset(question.arp.eth_dst, 0xff, 6);
	for (size_t i = 0; i < w->n; i++) {
		struct arp_msg reply;

		if (!w->node[i].talk || node_on_arp(brain_node(talk_brain(w->node[i].talk)), w->now,
						    &question, &reply) != NODE_ANSWER)
			continue;
		*out_who = i;
		n++;
	}
	return n;
}

void world_start_all(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		world_start(w, i);
	world_run(w, 5000);
}

void world_assert_owner(struct world *w, unsigned row, size_t who)
{
	size_t is = SIZE_MAX;

	assert_int_equal(world_answers(w, row, &is), 1);
	assert_int_equal(is, who);
}
