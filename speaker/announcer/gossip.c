/* gossip - see gossip.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/gossip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/limiter.h"
#include "common/io/files.h"
#include "common/io/log.h"
#include "speaker/announcer/wire/swim_wire.h"

#define JOIN_EVERY_MS 2000
#define MAX_PEERS 1024
#define STREAM_HEAD 5 /* type and length of a sealed stream */
#define STREAM_TYPE_SEALED 10

struct gossip {
	struct loop *loop;
	struct gossip_config config;
	struct gossip_user user;
	struct gossip_socket *socket;
	struct swim *swim;
	struct loop_timer *timer;
	struct ip *peer;
	size_t n_peer;
	instant join_at;
	uint64_t trouble[GOSSIP_N_TROUBLES], sent, received;
	struct limiter say[GOSSIP_N_TROUBLES];
	struct swim_parts parts;
	struct swim_packet packet;
};

static const char *const trouble_word[] = {
	[GOSSIP_NOT_OPENED] = "notOpened",	 [GOSSIP_NOT_SEALED] = "notSealed",
	[GOSSIP_MALFORMED] = "malformed",	 [GOSSIP_NAME_CLASH] = "nameClash",
	[GOSSIP_ADDRESS_CLASH] = "addressClash", [GOSSIP_NOT_REACHED] = "notReached",
};

const char *gossip_trouble_word(enum gossip_trouble trouble)
{
	return trouble_word[trouble];
}

static const char *trouble_text(enum gossip_trouble trouble)
{
	switch (trouble) {
	case GOSSIP_NOT_OPENED:
		return "a peer's gossip cannot be opened with our keys: the Secret memberlist differs "
		       "between the speakers; make it the same on all and restart them";
	case GOSSIP_NOT_SEALED:
		return "a peer gossips in plain while we have a secret: give it the Secret memberlist";
	case GOSSIP_MALFORMED:
		return "gossip that is no memberlist message was dropped";
	case GOSSIP_NAME_CLASH:
		return "another address gossips under our own node name: two speakers share one name";
	case GOSSIP_ADDRESS_CLASH:
		return "a second address claims the name of a live member; the first one stays";
	case GOSSIP_NOT_REACHED:
	default:
		return "a peer cannot be reached: is port 7946 open between the nodes, UDP and TCP?";
	}
}

/* Count it, and say it once a minute with the number of those not said. */
static void note(struct gossip *g, instant now, enum gossip_trouble trouble,
		 const struct gossip_peer *peer)
{
	char ip[IP_TEXT_MAX] = "", held[24], ids[SEAL_MAX_KEYS * SEAL_KEY_ID_MAX + 1] = "";
	uint64_t suppressed;

	g->trouble[trouble]++;
	if (!limiter_allows(&g->say[trouble], now, &suppressed))
		return;
	if (peer)
		ip_format(&peer->ip, ip);
	snprintf(held, sizeof(held), "%llu", (unsigned long long)suppressed);
	for (size_t i = 0; i < g->config.ring.n; i++) {
		seal_key_id(&g->config.ring.key[i], ids + strlen(ids));
		if (i + 1 < g->config.ring.n)
			memcpy(ids + strlen(ids), ",", 2);
	}
	log_line(LOG_WARN, { "component", "MemberList" }, { "op", "gossip" },
		 { "reason", trouble_word[trouble] }, { "peer", peer ? ip : NULL },
		 { "keyIDs", ids[0] ? ids : NULL }, { "=suppressed", held },
		 { "msg", trouble_text(trouble) });
}

/* ---- bytes out ---- */

static struct swim_addr to_addr(const struct ip *ip)
{
	struct swim_addr addr = { .n = ip->len };

	memcpy(addr.byte, ip->byte, ip->len);
	return addr;
}

static struct gossip_peer to_peer(const struct swim_dest *dest)
{
	struct gossip_peer peer = { .port = dest->port };

	peer.ip.len = (uint8_t)dest->addr.n;
	memcpy(peer.ip.byte, dest->addr.byte, dest->addr.n);
	return peer;
}

/* Messages of a packet, in a compound frame when there are several. 0: they do not fit. */
static size_t encode_packet(const struct swim_packet *packet, uint8_t *out, size_t cap)
{
	uint8_t body[SWIM_PACKET_MAX];
	uint16_t length[SWIM_PACKET_MSGS];
	size_t n = 0, head;

	for (size_t i = 0; i < packet->n; i++) {
		length[i] = (uint16_t)swim_encode(&packet->msg[i], body + n, sizeof(body) - n);
		if (length[i] == 0)
			return 0;
		n += length[i];
	}
	head = packet->n > 1 ? swim_compound_head(length, packet->n, out, cap) : 0;
	if (head + n > cap)
		return 0;
	memcpy(out + head, body, n);
	return head + n;
}

static bool seal_now(const struct gossip *g, struct seal_bytes plain, struct seal_bytes aad,
		     uint8_t *out)
{
	uint8_t nonce[SEAL_NONCE_BYTES];

	files_random(nonce, sizeof(nonce));
	return seal_close(&g->config.ring, nonce, plain, aad, out) == 0;
}

static void send_packets(struct gossip *g)
{
	uint8_t plain[SWIM_PACKET_MAX], sealed[SWIM_PACKET_MAX];

	while (swim_next_packet(g->swim, &g->packet)) {
		struct gossip_peer to = to_peer(&g->packet.to);
		size_t n = encode_packet(&g->packet, plain, sizeof(plain) - SEAL_OVERHEAD);
		const uint8_t *bytes = plain;

		if (n == 0)
			continue;
		if (g->config.ring.n > 0) {
			if (!seal_now(g, (struct seal_bytes){ plain, n }, (struct seal_bytes){ 0 },
				      sealed))
				continue;
			bytes = sealed;
			n += SEAL_OVERHEAD;
		}
		if (gossip_socket_send(g->socket, &to, bytes, n) == 0)
			g->sent++;
	}
}

/* What goes over a stream: sealed with a head, or as it is. The caller frees. */
static uint8_t *frame_stream(const struct gossip *g, const uint8_t *plain, size_t n, size_t *out_n)
{
	size_t sealed_n = n + SEAL_OVERHEAD;
	uint8_t *bytes = mem_new(STREAM_HEAD + sealed_n, 1);
	struct writer head = writer_of(bytes, STREAM_HEAD);

	if (g->config.ring.n == 0) {
		memcpy(bytes, plain, n);
		*out_n = n;
		return bytes;
	}
	write_u8(&head, STREAM_TYPE_SEALED);
	write_u32(&head, (uint32_t)sealed_n);
	if (!seal_now(g, (struct seal_bytes){ plain, n }, (struct seal_bytes){ bytes, STREAM_HEAD },
		      bytes + STREAM_HEAD))
		sealed_n = 0;
	*out_n = sealed_n ? STREAM_HEAD + sealed_n : 0;
	return bytes;
}

static uint8_t *encode_state(const struct gossip *g, bool join, size_t *out_n)
{
	struct swim_push_pull state;
	uint8_t *plain, *framed;
	size_t cap, n;

	swim_state(g->swim, join, &state);
	cap = 64 + state.n * 1024;
	plain = mem_new(cap, 1);
	n = swim_encode_push_pull(&state, plain, cap);
	free(state.node);
	framed = frame_stream(g, plain, n, out_n);
	free(plain);
	return framed;
}

static void open_stream(struct gossip *g, instant now, const struct swim_stream *stream)
{
	struct gossip_stream_plan plan = { .to = to_peer(&stream->to), .id = stream->id,
					   .timeout_ms = stream->timeout_ms };
	uint8_t ping[SWIM_PACKET_MAX], *bytes;

	if (stream->kind == SWIM_STREAM_PING)
		bytes = frame_stream(g, ping, swim_encode(&stream->ping, ping, sizeof(ping)), &plan.n);
	else
		bytes = encode_state(g, stream->kind == SWIM_STREAM_JOIN, &plan.n);
	plan.bytes = bytes;
	if (plan.n == 0 || gossip_stream_open(g->socket, &plan) != 0) {
		swim_on_stream_end(g->swim, stream->id);
		note(g, now, GOSSIP_NOT_REACHED, &plan.to);
	}
	free(bytes);
}

/* Everything that swim wants done, then sleep until its deadline. */
static void settle(struct gossip *g, instant now)
{
	struct swim_stream stream;
	struct swim_event event;

	send_packets(g);
	while (swim_next_stream(g->swim, &stream))
		open_stream(g, now, &stream);
	while (swim_next_event(g->swim, &event))
		g->user.on_change(g->user.ctx, now, event.name, event.change);
	loop_timer_set(g->timer, instant_min(swim_deadline(g->swim), g->join_at));
}

/* ---- bytes in ---- */

/* Opened content of `sealed` (owned by the caller), or NULL and the trouble noted. */
static uint8_t *open_sealed(struct gossip *g, instant now, const struct gossip_peer *from,
			    struct seal_bytes sealed, struct seal_bytes aad)
{
	uint8_t *plain = mem_new(sealed.n, 1);

	if (seal_open(&g->config.ring, sealed, aad, plain) >= 0)
		return plain;
	note(g, now, GOSSIP_NOT_OPENED, from);
	free(plain);
	return NULL;
}

static void take_packet(struct gossip *g, instant now, const struct gossip_peer *from,
			struct seal_bytes plain)
{
	struct swim_dest source = { to_addr(&from->ip), from->port };
	struct swim_msg msg;

	if (swim_split(plain.bytes, plain.n, &g->parts) != 0) {
		note(g, now, GOSSIP_MALFORMED, from);
		return;
	}
	for (size_t i = 0; i < g->parts.n; i++) {
		int rc = swim_decode(g->parts.part[i].bytes, g->parts.part[i].n, &msg);

		if (rc == 0)
			swim_on_msg(g->swim, now, &source, &msg);
		else if (rc == -EBADMSG)
			note(g, now, GOSSIP_MALFORMED, from);
	}
}

static void on_datagram(void *ctx, instant now, const struct gossip_peer *from,
			const uint8_t *bytes, size_t n)
{
	struct gossip *g = ctx;
	struct seal_bytes packet = { bytes, n };

	g->received++;
	if (g->config.ring.n > 0) {
		uint8_t *plain = open_sealed(g, now, from, packet, (struct seal_bytes){ 0 });

		if (plain)
			take_packet(g, now, from, (struct seal_bytes){ plain, n - SEAL_OVERHEAD });
		free(plain);
	} else {
		take_packet(g, now, from, packet);
	}
	settle(g, now);
}

static void answer_ping(struct gossip *g, struct gossip_stream *stream, const struct swim_ping *ping)
{
	struct swim_msg ack = { .kind = SWIM_ACK };
	uint8_t plain[64], *framed;
	size_t n;

	ack.ack.seq = ping->seq;
	framed = frame_stream(g, plain, swim_encode(&ack, plain, sizeof(plain)), &n);
	gossip_stream_answer(stream, framed, n);
	free(framed);
}

/* Our state goes out as it was before theirs is merged, as memberlist does. */
static void take_state(struct gossip *g, instant now, struct gossip_stream *stream,
		       struct reader *body)
{
	struct swim_push_pull theirs;
	size_t n;

	if (swim_decode_push_pull(body, &theirs) != 0) {
		note(g, now, GOSSIP_MALFORMED, &stream->peer);
		gossip_stream_close(stream);
		return;
	}
	if (stream->id == 0) {
		uint8_t *mine = encode_state(g, false, &n);

		gossip_stream_answer(stream, mine, n);
		free(mine);
	} else {
		swim_on_stream_end(g->swim, stream->id);
		gossip_stream_close(stream);
	}
	swim_on_state(g->swim, now, &theirs);
	free(theirs.node);
}

/* A whole message of a stream. */
static void take_stream(struct gossip *g, instant now, struct gossip_stream *stream,
			struct seal_bytes plain)
{
	uint8_t *unpacked = NULL, type;
	struct reader body;
	struct swim_msg msg;

	if (swim_stream_open(plain.bytes, plain.n, &unpacked, &type, &body) != 0) {
		note(g, now, GOSSIP_MALFORMED, &stream->peer);
		gossip_stream_close(stream);
		return;
	}
	if (type == SWIM_STREAM_PUSH_PULL) {
		take_state(g, now, stream, &body);
	} else if (swim_decode(body.at - 1, reader_left(&body) + 1, &msg) != 0) {
		gossip_stream_close(stream);
	} else if (msg.kind == SWIM_PING && stream->id == 0) {
		answer_ping(g, stream, &msg.ping);
	} else {
		if (msg.kind == SWIM_ACK)
			swim_on_stream_ack(g->swim, stream->id, msg.ack.seq);
		if (stream->id != 0)
			swim_on_stream_end(g->swim, stream->id);
		gossip_stream_close(stream);
	}
	free(unpacked);
}

/* Without a key the end of a message is only implied: try whether it is all there. */
static bool plain_is_whole(const struct gossip_stream *stream)
{
	struct swim_push_pull state;
	uint8_t *unpacked = NULL, type;
	struct reader body;
	struct swim_msg msg;
	bool whole;

	if (swim_stream_open(stream->bytes, stream->n, &unpacked, &type, &body) != 0)
		return false;
	if (type == SWIM_STREAM_PUSH_PULL) {
		whole = swim_decode_push_pull(&body, &state) == 0;
		if (whole)
			free(state.node);
	} else {
		whole = swim_decode(body.at - 1, reader_left(&body) + 1, &msg) != -EBADMSG;
	}
	free(unpacked);
	return whole;
}

/* A sealed stream: false until all of it is there. */
static bool sealed_is_whole(const struct gossip_stream *stream, struct seal_bytes *out_sealed)
{
	struct reader r = reader_of(stream->bytes, stream->n);

	read_u8(&r);
	out_sealed->n = read_u32(&r);
	out_sealed->bytes = read_bytes(&r, out_sealed->n);
	return out_sealed->bytes != NULL;
}

static void refuse_stream(struct gossip *g, instant now, struct gossip_stream *stream,
			  enum gossip_trouble trouble)
{
	note(g, now, trouble, &stream->peer);
	if (stream->id != 0)
		swim_on_stream_end(g->swim, stream->id);
	gossip_stream_close(stream);
}

static void read_stream(struct gossip *g, instant now, struct gossip_stream *stream, bool all)
{
	struct seal_bytes sealed;
	uint8_t *plain;

	if (g->config.ring.n == 0) {
		if (plain_is_whole(stream))
			take_stream(g, now, stream, (struct seal_bytes){ stream->bytes, stream->n });
		else if (all)
			refuse_stream(g, now, stream, GOSSIP_MALFORMED);
		return;
	}
	if (stream->n > 0 && stream->bytes[0] != STREAM_TYPE_SEALED) {
		refuse_stream(g, now, stream, GOSSIP_NOT_SEALED);
		return;
	}
	if (!sealed_is_whole(stream, &sealed)) {
		if (all)
			refuse_stream(g, now, stream, GOSSIP_MALFORMED);
		return;
	}
	plain = open_sealed(g, now, &stream->peer, sealed,
			    (struct seal_bytes){ stream->bytes, STREAM_HEAD });
	if (plain) {
		take_stream(g, now, stream, (struct seal_bytes){ plain, sealed.n - SEAL_OVERHEAD });
	} else {
		if (stream->id != 0)
			swim_on_stream_end(g->swim, stream->id);
		gossip_stream_close(stream);
	}
	free(plain);
}

static void on_stream(void *ctx, instant now, struct gossip_stream *stream,
		      enum gossip_stream_news news)
{
	struct gossip *g = ctx;

	if (news == GOSSIP_STREAM_FAILED) {
		if (stream->id != 0) {
			swim_on_stream_end(g->swim, stream->id);
			note(g, now, GOSSIP_NOT_REACHED, &stream->peer);
		}
	} else {
		read_stream(g, now, stream, news == GOSSIP_STREAM_PEER_DONE);
	}
	settle(g, now);
}

/* ---- joining ---- */

static bool knows(const struct gossip *g, const struct ip *ip)
{
	const struct swim_members *members = swim_members_of(g->swim);

	for (size_t i = 0; i < members->n; i++) {
		const struct swim_member *member = members->at[i];

		if ((member->state == SWIM_STATE_ALIVE || member->state == SWIM_STATE_SUSPECT) &&
		    member->said.addr.n == ip->len &&
		    memcmp(member->said.addr.byte, ip->byte, ip->len) == 0)
			return true;
	}
	return false;
}

static void join_strangers(struct gossip *g, instant now)
{
	bool strangers = false;

	if (g->join_at > now)
		return;
	for (size_t i = 0; i < g->n_peer; i++) {
		struct swim_dest to = { to_addr(&g->peer[i]), g->config.bind_to.port };

		if (knows(g, &g->peer[i]))
			continue;
		strangers = true;
		swim_join(g->swim, &to);
	}
	g->join_at = strangers ? instant_add_ms(now, JOIN_EVERY_MS) : INSTANT_NEVER;
}

void gossip_set_peers(struct gossip *g, const struct ip *peer, size_t n)
{
	n = n > MAX_PEERS ? MAX_PEERS : n;
	g->peer = mem_resize(g->peer, n, sizeof(*peer));
	if (n > 0)
		memcpy(g->peer, peer, n * sizeof(*peer));
	g->n_peer = n;
	g->join_at = loop_now(g->loop);
	join_strangers(g, loop_now(g->loop));
	settle(g, loop_now(g->loop));
}

static void on_timer(void *ctx, instant now)
{
	struct gossip *g = ctx;

	swim_tick(g->swim, now);
	join_strangers(g, now);
	settle(g, now);
}

int gossip_new(struct loop *loop, const struct gossip_config *config,
	       const struct gossip_user *user, struct gossip **out_gossip)
{
	struct gossip *g = mem_new(1, sizeof(*g));
	struct gossip_socket_user io = { on_datagram, on_stream, g };
	struct swim_config swim = { .timing = config->timing, .addr = to_addr(&config->bind_to.ip),
				    .port = config->bind_to.port,
				    .incarnation = (uint32_t)(loop_wall_us() / 1000000),
				    .packet_max = SWIM_PACKET_MAX - SEAL_OVERHEAD };
	int rc;

	*g = (struct gossip){ .loop = loop, .config = *config, .user = *user,
			      .join_at = INSTANT_NEVER };
	rc = gossip_socket_open(loop, &config->bind_to, &io, &g->socket);
	if (rc != 0) {
		free(g);
		return rc;
	}
	memcpy(swim.name, config->node_name, sizeof(swim.name));
	files_random(&swim.seed, sizeof(swim.seed));
	g->swim = swim_new(&swim, loop_now(loop));
	g->timer = loop_timer_new(loop, on_timer, g);
	for (size_t i = 0; i < GOSSIP_N_TROUBLES; i++)
		g->say[i] = limiter_new(60000, 1);
	settle(g, loop_now(loop));
	*out_gossip = g;
	return 0;
}

void gossip_free(struct gossip *g)
{
	if (!g)
		return;
	gossip_socket_close(g->socket);
	loop_timer_free(g->timer);
	swim_free(g->swim);
	seal_forget(&g->config.ring);
	free(g->peer);
	free(g);
}

void gossip_leave(struct gossip *g, instant now)
{
	swim_leave(g->swim, now);
	send_packets(g);
}

bool gossip_is_alive(const struct gossip *g, const char *name)
{
	const struct swim_member *member = swim_members_find(swim_members_of(g->swim), name);

	return member && (member->state == SWIM_STATE_ALIVE || member->state == SWIM_STATE_SUSPECT);
}

const struct swim_members *gossip_members(const struct gossip *g)
{
	return swim_members_of(g->swim);
}

uint64_t gossip_troubles(const struct gossip *g, enum gossip_trouble trouble)
{
	const struct swim_members *members = swim_members_of(g->swim);

	if (trouble == GOSSIP_NAME_CLASH)
		return members->noted[SWIM_NOTE_NAME_CLASH];
	if (trouble == GOSSIP_ADDRESS_CLASH)
		return members->noted[SWIM_NOTE_ADDRESS_CLASH];
	return g->trouble[trouble];
}

uint64_t gossip_packets(const struct gossip *g, bool sent)
{
	return sent ? g->sent : g->received;
}

bool gossip_is_locked_out(const struct gossip *g)
{
	return g->trouble[GOSSIP_NOT_OPENED] > 0 && swim_last_heard(g->swim) == INT64_MIN;
}
