/* speaker - see speaker.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/speaker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/talk.h"
#include "speaker/announcer/wire/arp.h"
#include "speaker/table/wire/table_wire.h"
#include "tests/sim/net.h"

#define PORT        7946
#define SUBNET_BITS 16

struct speaker {
	unsigned at;
	struct prng prng; /* for nonces and the ring's seed */
	struct talk *talk;
	bool repeats; /* the next table is that of a fresh agent */
	bool row_sent[PLAN_MAX_ADDRESSES];
	uint64_t row_hash[PLAN_MAX_ADDRESSES];
	struct talk_datagram datagram;
	struct table_message message;
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

static void draw(void *ctx, void *out_bytes, size_t n)
{
	struct speaker *sp = ctx;

	for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
		uint64_t random = prng_next(&sp->prng);

		memcpy((uint8_t *)out_bytes + i, &random,
		       n - i < sizeof(random) ? n - i : sizeof(random));
	}
}

static struct node *node_of(const struct speaker *sp)
{
	return brain_node(talk_brain(sp->talk));
}

struct speaker *speaker_new(struct world *w, struct host *h, instant now)
{
	struct speaker *sp = mem_new(1, sizeof(*sp));
	struct talk_config config = { .brain = brain_config_default(), .draw = draw, .ctx = sp };
	struct link_address address = { WORLD_IFINDEX, speaker_ip(h->at), SUBNET_BITS, false };
	uint8_t secret[32] = { 's', (uint8_t)(h->secret > 0) };
	char name[16];

	sp->at = h->at;
	sp->prng = prng_seeded(prng_next(&w->prng));
	speaker_name(h->at, name);
	config.brain.gossips = true;
	config.brain.swim.timing = swim_timing_lan();
	config.brain.swim.addr = dest_of(h->at).addr;
	config.brain.swim.port = PORT;
	memcpy(config.brain.swim.name, name, sizeof(name));
	if (w->plan->sealed) {
		config.ring.key[0] = seal_key_of(secret, sizeof(secret), 32);
		config.ring.n = 1;
	}
	sp->talk = talk_new(&config, now);
	sp->repeats = true;
	speaker_on_carrier(sp, now, !h->carrier_out);
	node_on_address(node_of(sp), now, &address);
	return sp;
}

void speaker_free(struct speaker *sp)
{
	if (!sp)
		return;
	talk_free(sp->talk);
	free(sp);
}

/* ---- what comes in ---- */

void speaker_on_datagram(struct speaker *sp, instant now, unsigned from, const struct parcel *parcel)
{
	struct swim_dest source = dest_of(from);

	talk_on_datagram(sp->talk, now, &source, parcel->bytes, parcel->n);
}

bool speaker_on_frame(struct speaker *sp, instant now, const uint8_t *bytes, size_t n,
		      uint8_t *out_reply)
{
	struct node_frame frame = { .ifindex = WORLD_IFINDEX };
	struct arp_msg reply;

	if (arp_decode(bytes, n, &frame.arp) != 0 ||
	    node_on_arp(node_of(sp), now, &frame, &reply) != NODE_ANSWER)
		return false;
	arp_encode(&reply, out_reply);
	return true;
}

static bool is_open(const struct speaker *sp)
{
	return brain_swim(talk_brain(sp->talk)) != NULL;
}

uint8_t *speaker_on_request(struct speaker *sp, instant now, struct stream_wish request,
			    size_t *out_n)
{
	struct talk_inbound stream = { dest_of(request.to), 0, request.bytes, request.n, true };
	struct seal_bytes answer;
	uint8_t *bytes;

	if (!is_open(sp) || talk_on_stream(sp->talk, now, &stream, &answer) != TALK_ANSWER)
		return NULL;
	bytes = mem_new(answer.n, 1);
	memcpy(bytes, answer.bytes, answer.n);
	*out_n = answer.n;
	return bytes;
}

void speaker_on_answer(struct speaker *sp, instant now, struct stream_wish answer)
{
	struct talk_inbound stream = { dest_of(answer.to), answer.id, answer.bytes, answer.n, true };
	struct seal_bytes none;

	if (answer.bytes)
		(void)(talk_on_stream(sp->talk, now, &stream, &none) == TALK_CLOSE);
	else
		talk_on_stream_failed(sp->talk, now, answer.id, &stream.peer);
}

void speaker_on_carrier(struct speaker *sp, instant now, bool carrier)
{
	struct link_news link = { WORLD_IFINDEX, "eth0", { 0 }, true, carrier, true, false };

	speaker_mac(sp->at, link.mac);
	node_on_link(node_of(sp), now, &link);
}

/* ---- the agent ---- */

/* As bytes, for they cross a socket. */
static void tell(struct speaker *sp, instant now, struct table_message *m)
{
	uint8_t bytes[TABLE_MESSAGE_MAX];
	int n = table_encode(m, bytes, sizeof(bytes));

	table_message_done(m);
	CHECK(n > 0 && table_decode(bytes, (size_t)n, &sp->message) == 0);
	brain_on_message(talk_brain(sp->talk), now, &sp->message);
}

static void tell_nodes(struct speaker *sp, instant now, const struct world *w)
{
	struct table_message settings = { .kind = TABLE_SETTINGS };
	struct table_message peers = { .kind = TABLE_PEERS };
	char name[16];

	speaker_name(sp->at, name);
	memcpy(settings.settings.node_name, name, sizeof(name));
	tell(sp, now, &settings);
	for (unsigned i = 0; i < w->plan->n_node; i++) {
		struct table_message node = { .kind = TABLE_NODE,
					      .node = { .index = (uint16_t)i, .alive = true } };

		speaker_name(i, name);
		memcpy(node.node.name, name, sizeof(name));
		tell(sp, now, &node);
		peers.peers.ip[peers.peers.n++] = speaker_ip(i);
	}
	tell(sp, now, &peers);
}

/* Nodes in an order of the address's own, as a hash would give it. */
static void fill_row(const struct world *w, unsigned address, struct table_row *row)
{
	struct prng prng = prng_seeded(w->plan->seed * 31 + address);
	uint16_t order[PLAN_MAX_NODES];

	*row = (struct table_row){ .ip = speaker_address(address) };
	row->withheld = w->withheld[address] ? TABLE_NO_ENDPOINTS : TABLE_OK;
	row->candidate = mem_new(w->plan->n_node, sizeof(*row->candidate));
	for (unsigned i = 0; i < w->plan->n_node; i++) {
		uint64_t j = prng_below(&prng, i + 1);

		order[i] = order[j];
		order[j] = (uint16_t)i;
	}
	for (unsigned i = 0; i < w->plan->n_node; i++)
		if (!w->no_candidate[address][order[i]])
			row->candidate[row->n_candidate++] = order[i];
}

static uint64_t row_hash(const struct table_row *row)
{
	uint64_t hash = row->withheld;

	for (size_t i = 0; i < row->n_candidate; i++)
		hash = hash * 1000003 + row->candidate[i] + 1;
	return hash;
}

static void tell_row(struct speaker *sp, instant now, const struct world *w, unsigned address)
{
	struct table_message m = { .kind = TABLE_DROP };
	uint64_t hash;

	m.drop = speaker_address(address);
	if (w->gone[address]) {
		if (sp->row_sent[address])
			tell(sp, now, &m);
		sp->row_sent[address] = false;
		return;
	}
	m.kind = TABLE_ROW;
	fill_row(w, address, &m.row);
	hash = row_hash(&m.row);
	if (sp->row_sent[address] && sp->row_hash[address] == hash) {
		table_message_done(&m);
		return;
	}
	sp->row_sent[address] = true;
	sp->row_hash[address] = hash;
	tell(sp, now, &m);
}

void speaker_on_table(struct speaker *sp, instant now, const struct world *w)
{
	struct table_message synced = { .kind = TABLE_SYNCED };

	if (sp->repeats) {
		tell_nodes(sp, now, w);
		memset(sp->row_sent, 0, sizeof(sp->row_sent));
	}
	for (unsigned v = 0; v < w->plan->n_address; v++)
		tell_row(sp, now, w, v);
	synced.synced.n_rows = w->plan->n_address;
	if (sp->repeats)
		tell(sp, now, &synced);
	sp->repeats = false;
}

void speaker_on_agent_gone(struct speaker *sp)
{
	node_on_agent_gone(node_of(sp));
	sp->repeats = true;
}

/* ---- what goes out ---- */

void speaker_stop(struct speaker *sp, instant now)
{
	talk_stop(sp->talk, now);
}

void speaker_turn(struct speaker *sp, instant now, struct world *w, struct host *h)
{
	uint8_t bytes[ARP_FRAME_BYTES];
	struct talk_outbound stream;
	struct node_frame frame;

	if (brain_wants_ring(talk_brain(sp->talk)))
		talk_open_ring(sp->talk, now, (uint32_t)(WORLD_WALL_S + w->now / NS_PER_S));
	talk_turn(sp->talk, now);
	while (talk_next_datagram(sp->talk, &sp->datagram)) {
		struct parcel *p = net_parcel(w);

		p->n = sp->datagram.n;
		memcpy(p->bytes, sp->datagram.bytes, p->n);
		speaker_wants_datagram(w, h, host_at(&sp->datagram.to), p);
	}
	while (talk_next_stream(sp->talk, &stream)) {
		struct stream_wish wish = { stream.id, host_at(&stream.to), stream.timeout_ms,
					    stream.bytes.bytes, stream.bytes.n };

		speaker_wants_stream(w, h, &wish);
	}
	while (node_next_frame(node_of(sp), now, &frame)) {
		arp_encode(&frame.arp, bytes);
		speaker_wants_frame(w, h, bytes);
	}
}

bool speaker_has_left(const struct speaker *sp)
{
	return brain_has_left(talk_brain(sp->talk));
}

instant speaker_deadline(const struct speaker *sp)
{
	return talk_deadline(sp->talk);
}

bool speaker_answers(struct speaker *sp, instant now, unsigned address)
{
	struct node_frame frame = { .ifindex = WORLD_IFINDEX, .arp.op = ARP_REQUEST };
	struct ip ip = speaker_address(address), asker = speaker_ip(PLAN_MAX_NODES);
	struct arp_msg reply;

	memcpy(frame.arp.eth_dst, arp_broadcast, 6);
	speaker_mac(PLAN_MAX_NODES, frame.arp.sha);
	memcpy(frame.arp.spa, asker.byte, 4);
	memcpy(frame.arp.tpa, ip.byte, 4);
	return node_on_arp(node_of(sp), now, &frame, &reply) == NODE_ANSWER;
}

const struct swim_members *speaker_members(const struct speaker *sp)
{
	return is_open(sp) ? swim_members_of(brain_swim(talk_brain(sp->talk))) : NULL;
}
