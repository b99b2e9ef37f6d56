/* speaker - see speaker.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/speaker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/cursor.h"
#include "speaker/announcer/core/node.h"
#include "speaker/announcer/core/swim.h"
#include "speaker/announcer/wire/arp.h"
#include "speaker/announcer/wire/swim_wire.h"
#include "tests/sim/net.h"

#define PORT 7946
#define JOIN_MS 2000

struct speaker {
	unsigned at, n_node;
	struct swim *swim;
	struct node *node;
	instant join_at;
	struct swim_parts parts;
	struct swim_packet packet;
};

void speaker_mac(unsigned at, uint8_t out_mac[static 6])
{
	uint8_t mac[6] = { 2, 0, 0, 0, (uint8_t)(at >> 8), (uint8_t)at };

	memcpy(out_mac, mac, 6);
}

int speaker_host_of(const uint8_t mac[static 6])
{
	return mac[0] == 2 ? mac[4] << 8 | mac[5] : -1;
}

void speaker_name(unsigned at, char out_name[static 16])
{
	snprintf(out_name, 16, "node-%u", at);
}

struct ip speaker_ip(unsigned at)
{
	return ip_from_v4((uint8_t[]){ 10, 0, 0, (uint8_t)(at + 1) });
}

struct ip speaker_address(unsigned address)
{
	return ip_from_v4((uint8_t[]){ 10, 0, 1, (uint8_t)(address + 1) });
}

static struct swim_dest dest_of(unsigned at)
{
	struct ip ip = speaker_ip(at);
	struct swim_dest dest = { { 4, { 0 } }, PORT };

	memcpy(dest.addr.byte, ip.byte, 4);
	return dest;
}

static unsigned host_at(const struct swim_dest *dest)
{
	return dest->addr.byte[3] - 1u;
}

struct speaker *speaker_new(struct world *w, struct host *h, instant now)
{
	struct speaker *sp = mem_new(1, sizeof(*sp));
	struct node_config config = node_config_default();
	struct swim_config swim = { .timing = swim_timing_lan(), .addr = dest_of(h->at).addr, .port = PORT,
				    .incarnation = (uint32_t)(WORLD_WALL_S + w->now / NS_PER_S),
				    .packet_max = SWIM_PACKET_MAX - 29,
				    .seed = prng_next(&w->prng) };
	struct link_news link = { WORLD_IFINDEX, "eth0", { 0 }, true, !h->carrier_out, true, false };
	struct link_address address = { WORLD_IFINDEX, speaker_ip(h->at), 16, false };
	char name[16];

	speaker_name(h->at, name);
	memcpy(swim.name, name, sizeof(name));
	sp->at = h->at;
	sp->n_node = w->plan->n_node;
	sp->swim = swim_new(&swim, now);
	sp->node = node_new(&config);
	sp->join_at = now;
	speaker_mac(h->at, link.mac);
	node_on_link(sp->node, now, &link);
	node_on_address(sp->node, now, &address);
	return sp;
}

void speaker_free(struct speaker *sp)
{
	if (!sp)
		return;
	swim_free(sp->swim);
	node_free(sp->node);
	free(sp);
}

void speaker_on_datagram(struct speaker *sp, instant now, unsigned from, const struct parcel *parcel)
{
	struct swim_dest source = dest_of(from);
	struct swim_msg msg;

	if (swim_split(parcel->bytes, parcel->n, &sp->parts) != 0)
		return;
	for (size_t i = 0; i < sp->parts.n; i++)
		if (swim_decode(sp->parts.part[i].bytes, sp->parts.part[i].n, &msg) == 0)
			swim_on_msg(sp->swim, now, &source, &msg);
}

void speaker_on_frame(struct speaker *sp, instant now, const uint8_t *bytes, size_t n)
{
	(void)sp, (void)now, (void)bytes, (void)n;
}

static uint8_t *encode_state(struct speaker *sp, bool join, size_t *out_n)
{
	struct swim_push_pull state;
	uint8_t *bytes;
	size_t cap;

	swim_state(sp->swim, join, &state);
	cap = 64 + state.n * 1024;
	bytes = mem_new(cap, 1);
	*out_n = swim_encode_push_pull(&state, bytes, cap);
	free(state.node);
	return bytes;
}

static void take(struct speaker *sp, instant now, const uint8_t *bytes, size_t n)
{
	struct reader r = reader_of(bytes + 1, n - 1);
	struct swim_push_pull state;

	if (swim_decode_push_pull(&r, &state) != 0)
		return;
	swim_on_state(sp->swim, now, &state);
	free(state.node);
}

uint8_t *speaker_on_request(struct speaker *sp, instant now, struct stream_wish request,
			    size_t *out_n)
{
	struct swim_msg msg;
	uint8_t *answer;

	if (request.bytes[0] == SWIM_STREAM_PUSH_PULL) {
		answer = encode_state(sp, false, out_n);
		take(sp, now, request.bytes, request.n);
		return answer;
	}
	answer = mem_new(64, 1);
	if (swim_decode(request.bytes, request.n, &msg) != 0)
		return answer;
	msg = (struct swim_msg){ .kind = SWIM_ACK, .ack.seq = msg.ping.seq };
	*out_n = swim_encode(&msg, answer, 64);
	return answer;
}

void speaker_on_answer(struct speaker *sp, instant now, uint32_t id, const uint8_t *bytes, size_t n)
{
	struct swim_msg msg;

	if (n > 0 && bytes[0] == SWIM_STREAM_PUSH_PULL)
		take(sp, now, bytes, n);
	else if (n > 0 && swim_decode(bytes, n, &msg) == 0)
		swim_on_stream_ack(sp->swim, id, msg.ack.seq);
	swim_on_stream_end(sp->swim, id);
}

void speaker_on_carrier(struct speaker *sp, instant now, bool carrier)
{
	(void)sp, (void)now, (void)carrier;
}

void speaker_on_table(struct speaker *sp, instant now, const struct world *w)
{
	(void)sp, (void)now, (void)w;
}

void speaker_on_agent_gone(struct speaker *sp)
{
	(void)sp;
}

void speaker_stop(struct speaker *sp, instant now)
{
	swim_leave(sp->swim, now);
}

void speaker_tick(struct speaker *sp, instant now)
{
	swim_tick(sp->swim, now);
}

static void open_streams(struct speaker *sp, struct world *w, struct host *h)
{
	struct swim_stream stream;
	uint8_t ping[256], *bytes = NULL;

	while (swim_next_stream(sp->swim, &stream)) {
		struct stream_wish wish = { stream.id, host_at(&stream.to), stream.timeout_ms, ping, 0 };

		if (stream.kind == SWIM_STREAM_PING)
			wish.n = swim_encode(&stream.ping, ping, sizeof(ping));
		else
			wish.bytes = bytes = encode_state(sp, stream.kind == SWIM_STREAM_JOIN, &wish.n);
		speaker_wants_stream(w, h, &wish);
		free(bytes);
		bytes = NULL;
	}
}

static void join(struct speaker *sp, instant now)
{
	unsigned n = 0;

	if (now < sp->join_at)
		return;
	sp->join_at = instant_add_ms(now, JOIN_MS);
	for (unsigned i = 0; i < sp->n_node && n < 2; i++) {
		unsigned at = (sp->at + 1 + i) % sp->n_node;
		struct swim_dest dest = dest_of(at);
		struct swim_member *member;
		char name[16];

		speaker_name(at, name);
		member = swim_members_find(swim_members_of(sp->swim), name);
		if (member && member->state <= SWIM_STATE_SUSPECT)
			continue;
		swim_join(sp->swim, &dest);
		n++;
	}
}

void speaker_drain(struct speaker *sp, instant now, struct world *w, struct host *h)
{
	uint16_t length[SWIM_PACKET_MSGS];
	struct swim_event event;
	uint8_t body[SWIM_PACKET_MAX];

	join(sp, now);
	while (swim_next_packet(sp->swim, &sp->packet)) {
		struct parcel *p = net_parcel(w);
		size_t n = 0, head;

		for (size_t i = 0; i < sp->packet.n; i++) {
			length[i] = (uint16_t)swim_encode(&sp->packet.msg[i], body + n, sizeof(body) - n);
			n += length[i];
		}
		head = sp->packet.n > 1 ? swim_compound_head(length, sp->packet.n, p->bytes, sizeof(p->bytes)) : 0;
		memcpy(p->bytes + head, body, n);
		p->n = head + n;
		speaker_wants_datagram(w, h, host_at(&sp->packet.to), p);
	}
	open_streams(sp, w, h);
	while (swim_next_event(sp->swim, &event))
		;
}

instant speaker_deadline(const struct speaker *sp)
{
	return instant_min(sp->join_at, swim_deadline(sp->swim));
}

bool speaker_answers(struct speaker *sp, unsigned address)
{
	(void)sp, (void)address;
	return false;
}

const struct swim_members *speaker_members(const struct speaker *sp)
{
	return swim_members_of(sp->swim);
}
