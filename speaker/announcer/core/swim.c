/* swim - see swim.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/swim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/core/swim_state.h"

#define COMPOUND_BASE 2 /* bytes of the frame, and of each length in it */
#define COMPOUND_EACH 2
#define MAX_EVENTS 4096

static void on_change(void *ctx, const struct swim_member *member, enum swim_change change)
{
	struct swim *s = ctx;
	struct swim_event *event;

	if (s->n_event - s->event_at >= MAX_EVENTS)
		return;
	s->event = mem_grow(s->event, s->n_event, &s->cap_event, sizeof(*s->event));
	event = &s->event[s->n_event++];
	memcpy(event->name, member->said.node, sizeof(event->name));
	event->change = change;
}

struct swim *swim_new(const struct swim_config *config, instant now)
{
	struct swim *s = mem_new(1, sizeof(*s));
	struct swim_alive self = { .incarnation = config->incarnation,
				   .addr = config->addr,
				   .port = config->port,
				   .vsn = { 6, { 1, 5, 2, 0, 0, 0 } } };

	memcpy(self.node, config->name, sizeof(self.node));
	s->config = *config;
	s->prng = prng_seeded(config->seed);
	s->queue = mem_new(SWIM_MAX_QUEUE, sizeof(*s->queue));
	s->last_heard = INT64_MIN;
	s->next_seq = (uint32_t)prng_next(&s->prng) >> 1;
	swim_members_init(&s->members, &config->timing, &self, now);
	s->members.on_change = on_change;
	s->members.ctx = s;
	/* A random start, so that rings that start together do not beat together. */
	s->probe_at = now + prng_between(&s->prng, 0, config->timing.probe_interval_ms * NS_PER_MS);
	s->gossip_at = now + prng_between(&s->prng, 0, config->timing.gossip_interval_ms * NS_PER_MS);
	s->push_pull_at = now + prng_between(&s->prng, 0, config->timing.push_pull_ms * NS_PER_MS);
	return s;
}

void swim_free(struct swim *s)
{
	if (!s)
		return;
	swim_members_done(&s->members);
	swim_order_done(&s->order);
	free(s->queue);
	free(s->event);
	free(s);
}

const struct swim_members *swim_members_of(const struct swim *s)
{
	return &s->members;
}

instant swim_last_heard(const struct swim *s)
{
	return s->last_heard;
}

void swim_on_standstill(struct swim *s, instant now, int64_t ns)
{
	s->probe.active = false;
	s->probe_at = now;
	swim_members_put_off(&s->members, ns);
}

uint32_t swim_last_stream(const struct swim *s)
{
	return s->next_stream;
}

struct swim_dest swim_stream_only(const struct swim *s)
{
	return s->stream_only;
}

struct swim_outgoing *swim_send_to(struct swim *s, const struct swim_dest *to)
{
	struct swim_outgoing *out;

	if (s->n_queue == SWIM_MAX_QUEUE)
		return NULL;
	if (s->n_queue == 0) /* stay in the same few lines of the cache */
		s->queue_first = 0;
	out = &s->queue[(s->queue_first + s->n_queue++) % SWIM_MAX_QUEUE];
	out->to = *to; /* msg[] is large, and only n of them count */
	out->n = 0;
	out->bare = out->hurried = false;
	return out;
}

static bool is_at(const struct swim_alive *said, const struct swim_dest *to)
{
	return to->port == said->port && swim_addr_equal(&to->addr, &said->addr);
}

void swim_send(struct swim *s, const struct swim_dest *to, const struct swim_msg *msg)
{
	struct swim_outgoing *out = swim_send_to(s, to);

	if (out)
		out->msg[out->n++] = *msg;
}

/* Where a packet of somebody else said: only a member gets gossip with it. */
static void send_bare(struct swim *s, const struct swim_dest *to, const struct swim_msg *msg)
{
	struct swim_outgoing *out = swim_send_to(s, to);

	if (!out)
		return;
	out->bare = true;
	for (size_t i = 1; i < s->members.n && out->bare; i++)
		out->bare = !is_at(&s->members.at[i]->said, to);
	out->msg[out->n++] = *msg;
}

struct swim_dest swim_dest_of(const struct swim_member *member)
{
	return (struct swim_dest){ member->said.addr, member->said.port };
}

struct swim_msg swim_ping_msg(const struct swim *s, uint32_t seq, const char *node)
{
	struct swim_msg msg = { .kind = SWIM_PING };

	msg.ping.seq = seq;
	memcpy(msg.ping.node, node, strnlen(node, SWIM_NAME_MAX - 1));
	msg.ping.source_addr = s->config.addr;
	msg.ping.source_port = s->config.port;
	memcpy(msg.ping.source_node, s->config.name, SWIM_NAME_MAX);
	return msg;
}

struct swim_stream *swim_open_stream(struct swim *s, enum swim_stream_kind kind,
				       const struct swim_dest *to)
{
	struct swim_stream *stream;

	if (s->n_stream == SWIM_MAX_STREAMS)
		return NULL;
	stream = &s->stream[s->n_stream++];
	*stream = (struct swim_stream){ .id = ++s->next_stream, .kind = kind, .to = *to,
					.timeout_ms = s->config.timing.tcp_timeout_ms };
	return stream;
}

size_t swim_pick(struct swim *s, size_t k, const struct swim_member **out,
		   bool (*fits)(const struct swim *s, const struct swim_member *member))
{
	size_t n_other = s->members.n - 1, found = 0;
	size_t *place = mem_new(n_other, sizeof(*place));

	for (size_t i = 0; i < n_other; i++)
		place[i] = i + 1;
	for (size_t i = 0; i < n_other && found < k; i++) {
		size_t j = i + prng_below(&s->prng, n_other - i);
		size_t chosen = place[j];

		place[j] = place[i];
		if (fits(s, s->members.at[chosen]))
			out[found++] = s->members.at[chosen];
	}
	free(place);
	return found;
}

static bool is_alive(const struct swim *s, const struct swim_member *member)
{
	(void)s;
	return member->state == SWIM_STATE_ALIVE;
}

/* ---- for others ---- */

bool swim_is_meant(const struct swim *s, const struct swim_ping *ping)
{
	return ping->node[0] == '\0' || strcmp(ping->node, s->config.name) == 0;
}

static void on_ping(struct swim *s, const struct swim_dest *from, const struct swim_ping *ping)
{
	struct swim_msg ack = { .kind = SWIM_ACK };
	struct swim_dest to = *from;

	if (!swim_is_meant(s, ping))
		return;
	ack.ack.seq = ping->seq;
	if (ping->source_addr.n > 0 && ping->source_port > 0)
		to = (struct swim_dest){ ping->source_addr, ping->source_port };
	send_bare(s, &to, &ack);
}

static void on_indirect(struct swim *s, instant now, const struct swim_dest *from,
			const struct swim_ping *ping)
{
	struct swim_dest target = { ping->target, ping->target_port };
	struct swim_relay *relay = swim_relay_begin(&s->relays, now, s->config.timing.probe_timeout_ms);
	struct swim_msg msg;

	if (!relay)
		return;
	relay->seq = ++s->next_seq;
	relay->origin_seq = ping->seq;
	relay->origin = *from;
	relay->nack = ping->nack;
	if (ping->source_addr.n > 0 && ping->source_port > 0)
		relay->origin = (struct swim_dest){ ping->source_addr, ping->source_port };
	if (target.port == 0)
		target.port = s->config.port;
	msg = swim_ping_msg(s, relay->seq, ping->node);
	send_bare(s, &target, &msg);
}

static void answer_origin(struct swim *s, const struct swim_relay *relay, enum swim_kind kind)
{
	struct swim_msg msg = { .kind = kind };

	msg.ack.seq = relay->origin_seq;
	swim_send(s, &relay->origin, &msg);
}

/* Its own answer; a late one, where others were asked meanwhile. */
static bool is_of_target(const struct swim *s, const struct swim_dest *from)
{
	const struct swim_member *target = swim_members_find(&s->members, s->probe.target);

	return !s->probe.indirect || (target && is_at(&target->said, from));
}

static void on_ack(struct swim *s, const struct swim_dest *from, uint32_t seq)
{
	const struct swim_relay *relay;

	if (s->probe.active && s->probe.seq == seq) {
		s->probe.acked = true;
		s->probe.direct = is_of_target(s, from);
	}
	relay = swim_relay_ack(&s->relays, seq);
	if (relay)
		answer_origin(s, relay, SWIM_ACK);
}

static void tick_relays(struct swim *s, instant now)
{
	const struct swim_relay *relay;

	while ((relay = swim_relay_due(&s->relays, now)))
		answer_origin(s, relay, SWIM_NACK);
}

/* Without news there is no turn to take, and no reason to wake; the beat stays. */
static void rest_gossip(struct swim *s, instant now)
{
	int64_t beat = s->config.timing.gossip_interval_ms * NS_PER_MS;

	if (s->members.gossip.n == 0 && s->gossip_at <= now)
		s->gossip_at += ((now - s->gossip_at) / beat + 1) * beat;
}

void swim_on_msg(struct swim *s, instant now, const struct swim_dest *from,
		 const struct swim_msg *msg)
{
	rest_gossip(s, now);
	s->last_heard = now;
	switch (msg->kind) {
	case SWIM_PING:
		on_ping(s, from, &msg->ping);
		break;
	case SWIM_INDIRECT:
		on_indirect(s, now, from, &msg->ping);
		break;
	case SWIM_ACK:
		on_ack(s, from, msg->ack.seq);
		break;
	case SWIM_NACK:
		if (s->probe.active && s->probe.seq == msg->ack.seq)
			s->probe.nacks++;
		break;
	case SWIM_SUSPECT:
		swim_members_on_suspect(&s->members, now, &msg->claim);
		break;
	case SWIM_ALIVE:
		swim_members_on_alive(&s->members, now, &msg->alive);
		break;
	case SWIM_DEAD:
		swim_members_on_dead(&s->members, now, &msg->claim);
		break;
	case SWIM_ERROR:
		break;
	}
	swim_tick_probe(s, now);
}

/* ---- whole states ---- */

bool swim_on_state(struct swim *s, instant now, const struct swim_push_pull *state)
{
	/* memberlist refuses a state whole when one entry's versions are unusable. */
	for (size_t i = 0; i < state->n; i++)
		if (state->node[i].vsn.n != SWIM_VSN_BYTES)
			return false;
	rest_gossip(s, now);
	s->last_heard = now;
	for (size_t i = 0; i < state->n; i++)
		swim_members_on_entry(&s->members, now, &state->node[i]);
	return true;
}

void swim_on_stream_ack(struct swim *s, instant now, uint32_t stream_id, uint32_t seq)
{
	s->last_heard = now;
	if (s->probe.active && s->probe.stream_id == stream_id && s->probe.seq == seq)
		s->probe.stream_acked = true;
}

void swim_on_stream_end(struct swim *s, uint32_t stream_id)
{
	if (s->probe.stream_id == stream_id)
		s->probe.stream_id = 0;
}

void swim_join(struct swim *s, const struct swim_dest *to)
{
	swim_open_stream(s, SWIM_STREAM_JOIN, to);
}

void swim_set_meta(struct swim *s, const struct swim_meta *meta)
{
	swim_members_set_meta(&s->members, meta);
}

static int64_t push_pull_interval_ms(const struct swim *s)
{
	double n = (double)s->members.n;
	int64_t scale = n <= 32 ? 1 : (int64_t)ceil(log2(n) - 5) + 1;

	return s->config.timing.push_pull_ms * scale;
}

void swim_sync(struct swim *s)
{
	const struct swim_member *peer;
	struct swim_dest to;

	if (swim_pick(s, 1, &peer, is_alive) != 1)
		return;
	to = swim_dest_of(peer);
	swim_open_stream(s, SWIM_STREAM_SYNC, &to);
}

static void tick_push_pull(struct swim *s, instant now)
{
	if (s->push_pull_at > now || s->members.leaving)
		return;
	s->push_pull_at = instant_add_ms(now, push_pull_interval_ms(s));
	swim_sync(s);
}

/* ---- gossip ---- */

static bool hears_gossip(const struct swim *s, const struct swim_member *member)
{
	(void)s;
	return swim_member_is_live(member) || member->state == SWIM_STATE_DEAD; /* until it is reaped */
}

static void gossip_to(struct swim *s, size_t k, bool hurried)
{
	const struct swim_member **peer = mem_new(s->members.n, sizeof(struct swim_member *));
	size_t n = swim_pick(s, k, peer, hears_gossip);

	for (size_t i = 0; i < n; i++) {
		struct swim_dest to = swim_dest_of(peer[i]);
		struct swim_outgoing *out = swim_send_to(s, &to); /* to be filled when it is taken */

		if (out)
			out->hurried = hurried;
	}
	free(peer);
}

static void tick_gossip(struct swim *s, instant now)
{
	rest_gossip(s, now);
	if (s->gossip_at > now)
		return;
	s->gossip_at = instant_add_ms(now, s->config.timing.gossip_interval_ms);
	gossip_to(s, s->config.timing.gossip_nodes, false);
}

void swim_hurry(struct swim *s)
{
	gossip_to(s, SIZE_MAX, true);
}

void swim_leave(struct swim *s, instant now)
{
	if (s->members.leaving)
		return;
	swim_members_leave(&s->members, now);
	swim_hurry(s);
}

void swim_tick(struct swim *s, instant now)
{
	if (swim_members_tick(&s->members, now))
		swim_hurry(s); /* whoever comes next may have missed the accusations */
	swim_tick_calls(s, now);
	swim_tick_probe(s, now);
	tick_relays(s, now);
	tick_gossip(s, now);
	tick_push_pull(s, now);
}

instant swim_deadline(const struct swim *s)
{
	instant due = instant_min(heap_deadline(&s->members.suspicions), heap_deadline(&s->members.last_calls));
	const struct swim_probe *probe = &s->probe;

	if (probe->active) {
		due = instant_min(due, probe->ends_at);
		if (!probe->indirect && !probe->acked)
			due = instant_min(due, probe->indirect_at);
	} else if (!s->members.leaving) {
		due = instant_min(due, s->probe_at);
	}
	due = instant_min(due, swim_relay_deadline(&s->relays));
	if (s->members.gossip.n > 0)
		due = instant_min(due, s->gossip_at);
	return s->members.leaving ? due : instant_min(due, s->push_pull_at);
}

/* ---- what comes out ---- */

bool swim_next_packet(struct swim *s, struct swim_packet *out_packet)
{
	unsigned limit = swim_gossip_limit(s->config.timing.retransmit_mult, s->members.n);

	while (s->n_queue > 0) {
		const struct swim_outgoing *out = &s->queue[s->queue_first];
		size_t room = s->config.packet_max - COMPOUND_BASE;

		out_packet->to = out->to;
		out_packet->n = 0;
		for (size_t i = 0; i < out->n; i++) {
			room -= swim_gossip_size(&out->msg[i]) + COMPOUND_EACH;
			out_packet->msg[out_packet->n++] = out->msg[i];
		}
		s->queue_first = (s->queue_first + 1) % SWIM_MAX_QUEUE;
		s->n_queue--;
		swim_gossip_begin(&s->members.gossip);
		while (!out->bare && out_packet->n < SWIM_PACKET_MSGS && room > COMPOUND_EACH &&
		       swim_gossip_take(&s->members.gossip, room - COMPOUND_EACH,
					out->hurried ? SWIM_GOSSIP_UNCOUNTED : limit,
					&out_packet->msg[out_packet->n])) {
			room -= swim_gossip_size(&out_packet->msg[out_packet->n]) + COMPOUND_EACH;
			out_packet->n++;
		}
		if (out_packet->n > 0)
			return true;
	}
	return false;
}

bool swim_next_stream(struct swim *s, struct swim_stream *out_stream)
{
	if (s->n_stream == 0)
		return false;
	*out_stream = s->stream[0];
	s->n_stream--;
	memmove(s->stream, s->stream + 1, s->n_stream * sizeof(*s->stream));
	return true;
}

bool swim_next_event(struct swim *s, struct swim_event *out_event)
{
	if (s->event_at == s->n_event) {
		s->event_at = s->n_event = 0;
		return false;
	}
	*out_event = s->event[s->event_at++];
	return true;
}
