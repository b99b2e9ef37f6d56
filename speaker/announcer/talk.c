/* talk - see talk.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/wire/hand_wire.h"
#include "speaker/announcer/wire/meta_wire.h"

#define STREAM_HEAD 5 /* type and length of a sealed stream */
#define STREAM_TYPE_SEALED 10
#define MAX_NOTES 16
#define LOCKED_MS 30000 /* peers try to join every two seconds */
#define STATE_HEAD 64    /* bytes of a push/pull before and for each node, at most */
#define STATE_NODE 1200

struct talk {
	struct talk_config config;
	struct brain *brain;
	struct swim_parts parts;
	struct swim_packet packet;
	uint8_t *out; /* bytes handed out last */
	uint64_t trouble[TALK_N_TROUBLES];
	instant now, unopened_at; /* of the last call; when a peer was last not understood */
	struct talk_note note[MAX_NOTES];
	size_t n_note;
};

struct talk *talk_new(const struct talk_config *config, instant now)
{
	struct talk *t = mem_new(1, sizeof(*t));

	t->config = *config;
	t->config.brain.swim.packet_max = SWIM_PACKET_MAX - SEAL_OVERHEAD;
	config->draw(config->ctx, &t->config.brain.swim.seed, sizeof(uint64_t));
	config->draw(config->ctx, &t->config.brain.node.seed, sizeof(uint64_t));
	t->brain = brain_new(&t->config.brain, now);
	t->now = now;
	t->unopened_at = INT64_MIN / 2; /* never */
	return t;
}

void talk_free(struct talk *t)
{
	if (!t)
		return;
	brain_free(t->brain);
	seal_forget(&t->config.ring);
	free(t->out);
	free(t);
}

struct brain *talk_brain(const struct talk *t)
{
	return t->brain;
}

static struct swim *swim_of(const struct talk *t)
{
	return brain_swim(t->brain);
}

static struct ip ip_of(const struct swim_dest *dest)
{
	struct ip ip = { .len = (uint8_t)dest->addr.n };

	memcpy(ip.byte, dest->addr.byte, dest->addr.n);
	return ip;
}

/* ---- troubles ---- */

static void add_trouble(struct talk *t, enum talk_trouble trouble, const struct swim_dest *peer)
{
	static const struct swim_dest unknown;

	t->trouble[trouble]++;
	if (t->n_note < MAX_NOTES)
		t->note[t->n_note++] = (struct talk_note){ trouble, peer ? *peer : unknown };
}

static void add_not_opened(struct talk *t, const struct swim_dest *peer)
{
	struct ip ip = ip_of(peer);

	if (brain_is_peer(t->brain, &ip))
		t->unopened_at = t->now;
	add_trouble(t, TALK_NOT_OPENED, peer);
}

/* What swim counted by itself since the last look. */
static void find_troubles(struct talk *t, const struct swim_dest *peer)
{
	static const struct {
		enum talk_trouble trouble;
		enum swim_note note;
	} both[] = { { TALK_NAME_CLASH, SWIM_NOTE_NAME_CLASH },
		     { TALK_ADDRESS_CLASH, SWIM_NOTE_ADDRESS_CLASH },
		     { TALK_FULL, SWIM_NOTE_FULL } };
	const uint64_t *noted = swim_members_of(swim_of(t))->noted;

	for (size_t i = 0; i < ARRAY_LEN(both); i++)
		while (t->trouble[both[i].trouble] < noted[both[i].note])
			add_trouble(t, both[i].trouble, peer);
}

static void find_blocked(struct talk *t)
{
	const struct swim_dest peer = swim_stream_only(swim_of(t));

	while (t->trouble[TALK_UDP_BLOCKED] < swim_members_of(swim_of(t))->noted[SWIM_NOTE_STREAM_ONLY])
		add_trouble(t, TALK_UDP_BLOCKED, &peer);
}

bool talk_next_note(struct talk *t, struct talk_note *out_note)
{
	if (t->n_note == 0)
		return false;
	*out_note = t->note[--t->n_note];
	return true;
}

uint64_t talk_troubles(const struct talk *t, enum talk_trouble trouble)
{
	return t->trouble[trouble];
}

bool talk_is_locked_out(const struct talk *t)
{
	return swim_of(t) && swim_last_heard(swim_of(t)) == INT64_MIN &&
	       t->now < instant_add_ms(t->unopened_at, LOCKED_MS);
}

/* ---- the turn ---- */

void talk_open_ring(struct talk *t, instant now, uint32_t incarnation)
{
	brain_open_ring(t->brain, now, incarnation);
}

static void pass_event(struct talk *t, instant now, const struct swim_event *event)
{
	const struct swim_member *member =
		swim_members_find(swim_members_of(swim_of(t)), event->name);
	struct ring_meta meta;
	bool ours = member && meta_decode(&member->said.meta, &meta) == 0;
	bool live = member && swim_member_is_live(member);

	brain_on_member(t->brain, now, event->name, live, ours ? &meta : NULL);
}

void talk_turn(struct talk *t, instant now)
{
	struct swim_event event;
	struct ring_meta meta;
	bool news = false;

	t->now = now;
	brain_tick(t->brain, now);
	if (!swim_of(t))
		return;
	for (; swim_next_event(swim_of(t), &event); news = true)
		pass_event(t, now, &event);
	if (news)
		brain_tick(t->brain, now);
	if (brain_next_meta(t->brain, &meta)) {
		struct swim_meta bytes;

		meta_encode(&meta, &bytes);
		swim_set_meta(swim_of(t), &bytes);
	}
	brain_set_locked(t->brain, now, talk_is_locked_out(t));
	find_blocked(t);
}

void talk_stop(struct talk *t, instant now)
{
	brain_stop(t->brain, now);
}

instant talk_deadline(const struct talk *t)
{
	return brain_deadline(t->brain);
}

/* ---- bytes out ---- */

static bool seal_now(const struct talk *t, struct seal_bytes plain, struct seal_bytes aad,
		     uint8_t *out)
{
	uint8_t nonce[SEAL_NONCE_BYTES];

	t->config.draw(t->config.ctx, nonce, sizeof(nonce));
	return seal_close(&t->config.ring, nonce, plain, aad, out) == 0;
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

/* Seal, or copy. False: it cannot be sent. */
static bool fill_datagram(const struct talk *t, const uint8_t *plain, size_t n,
			  struct talk_datagram *out)
{
	if (t->config.ring.n == 0) {
		memcpy(out->bytes, plain, n);
		out->n = n;
		return n > 0;
	}
	out->n = n + SEAL_OVERHEAD;
	return n > 0 && seal_now(t, (struct seal_bytes){ plain, n }, (struct seal_bytes){ 0 },
				 out->bytes);
}

bool talk_next_datagram(struct talk *t, struct talk_datagram *out)
{
	uint8_t plain[SWIM_PACKET_MAX - SEAL_OVERHEAD];
	struct hand_msg hand;

	while (swim_of(t) && swim_next_packet(swim_of(t), &t->packet)) {
		out->to = t->packet.to;
		if (fill_datagram(t, plain, encode_packet(&t->packet, plain, sizeof(plain)), out))
			return true;
	}
	while (brain_next_hand(t->brain, &out->to, &hand))
		if (fill_datagram(t, plain, hand_encode(&hand, plain), out))
			return true;
	return false;
}

/* What goes over a stream: sealed with a head, or as it is. It stands in t->out then. */
static struct seal_bytes frame_stream(struct talk *t, const uint8_t *plain, size_t n)
{
	size_t sealed_n = n + SEAL_OVERHEAD;
	struct writer head;

	t->out = mem_resize(t->out, STREAM_HEAD + sealed_n, 1);
	if (t->config.ring.n == 0) {
		memcpy(t->out, plain, n);
		return (struct seal_bytes){ t->out, n };
	}
	head = writer_of(t->out, STREAM_HEAD);
	write_u8(&head, STREAM_TYPE_SEALED);
	write_u32(&head, (uint32_t)sealed_n);
	if (!seal_now(t, (struct seal_bytes){ plain, n }, (struct seal_bytes){ t->out, STREAM_HEAD },
		      t->out + STREAM_HEAD))
		return (struct seal_bytes){ 0 };
	return (struct seal_bytes){ t->out, STREAM_HEAD + sealed_n };
}

static struct seal_bytes encode_state(struct talk *t, bool join)
{
	struct swim_push_pull state;
	struct seal_bytes framed;
	uint8_t *plain;
	size_t cap;

	swim_members_state(swim_members_of(swim_of(t)), join, &state);
	cap = STATE_HEAD + state.n * STATE_NODE;
	plain = mem_new(cap, 1);
	framed = frame_stream(t, plain, swim_encode_push_pull(&state, plain, cap));
	free(state.node);
	free(plain);
	return framed;
}

bool talk_next_stream(struct talk *t, struct talk_outbound *out)
{
	struct swim_stream stream;
	uint8_t ping[SWIM_PACKET_MAX];

	if (!swim_of(t) || !swim_next_stream(swim_of(t), &stream))
		return false;
	out->to = stream.to;
	out->id = stream.id;
	out->timeout_ms = stream.timeout_ms;
	if (stream.kind == SWIM_STREAM_PING)
		out->bytes = frame_stream(t, ping, swim_encode(&stream.ping, ping, sizeof(ping)));
	else
		out->bytes = encode_state(t, stream.kind == SWIM_STREAM_JOIN);
	return true;
}

/* ---- bytes in ---- */

/* Opened content of `sealed` (owned by the caller), or NULL and the trouble noted. */
static uint8_t *open_sealed(struct talk *t, const struct swim_dest *from, struct seal_bytes sealed,
			    struct seal_bytes aad)
{
	uint8_t *plain = mem_new(sealed.n, 1);

	if (seal_open(&t->config.ring, sealed, aad, plain) >= 0)
		return plain;
	add_not_opened(t, from);
	free(plain);
	return NULL;
}

static void take_packet(struct talk *t, instant now, const struct swim_dest *from,
			struct seal_bytes plain)
{
	struct hand_msg hand;
	struct swim_msg msg;

	if (swim_split(plain.bytes, plain.n, &t->parts) != 0) {
		add_trouble(t, TALK_MALFORMED, from);
		return;
	}
	for (size_t i = 0; i < t->parts.n; i++) {
		const uint8_t *bytes = t->parts.part[i].bytes;
		int rc = swim_decode(bytes, t->parts.part[i].n, &msg);

		if (rc == 0)
			swim_on_msg(swim_of(t), now, from, &msg);
		else if (rc == -EBADMSG)
			add_trouble(t, TALK_MALFORMED, from);
		else if (hand_decode(bytes, t->parts.part[i].n, &hand) == 0)
			brain_on_hand(t->brain, now, &hand);
	}
	find_troubles(t, from);
}

void talk_on_datagram(struct talk *t, instant now, const struct swim_dest *from,
		      const uint8_t *bytes, size_t n)
{
	struct seal_bytes packet = { bytes, n };
	uint8_t *plain;

	t->now = now;
	if (!swim_of(t))
		return;
	brain_look(t->brain, now);
	if (t->config.ring.n == 0) {
		take_packet(t, now, from, packet);
		return;
	}
	plain = open_sealed(t, from, packet, (struct seal_bytes){ 0 });
	if (plain)
		take_packet(t, now, from, (struct seal_bytes){ plain, n - SEAL_OVERHEAD });
	free(plain);
}

static struct seal_bytes ack_of(struct talk *t, const struct swim_ping *ping)
{
	struct swim_msg ack = { .kind = SWIM_ACK };
	uint8_t plain[64];

	ack.ack.seq = ping->seq;
	return frame_stream(t, plain, swim_encode(&ack, plain, sizeof(plain)));
}

static enum talk_verdict refuse(struct talk *t, const struct talk_inbound *stream,
				enum talk_trouble trouble)
{
	add_trouble(t, trouble, &stream->peer);
	return TALK_CLOSE;
}

/* Our state goes out as it was before theirs is merged, as memberlist does. */
static enum talk_verdict take_state(struct talk *t, instant now, const struct talk_inbound *stream,
				    struct reader *body, struct seal_bytes *out_answer)
{
	enum talk_verdict verdict = TALK_CLOSE;
	struct swim_push_pull theirs;

	if (swim_decode_push_pull(body, &theirs) != 0)
		return refuse(t, stream, TALK_MALFORMED);
	if (stream->id == 0) {
		*out_answer = encode_state(t, false);
		verdict = TALK_ANSWER;
	}
	if (!brain_on_state(t->brain, now, &stream->peer, stream->id, &theirs))
		add_trouble(t, TALK_MALFORMED, &stream->peer);
	find_troubles(t, &stream->peer);
	free(theirs.node);
	return verdict;
}

/* A whole message of a stream. */
static enum talk_verdict take_stream(struct talk *t, instant now, const struct talk_inbound *stream,
				     struct seal_bytes plain, struct seal_bytes *out_answer)
{
	enum talk_verdict verdict = TALK_CLOSE;
	uint8_t *unpacked = NULL, type;
	struct reader body;
	struct swim_msg msg;
	int rc;

	if (swim_stream_open(plain.bytes, plain.n, &unpacked, &type, &body) != 0)
		return refuse(t, stream, TALK_MALFORMED);
	if (type == SWIM_STREAM_PUSH_PULL) {
		verdict = take_state(t, now, stream, &body, out_answer);
	} else if ((rc = swim_decode(body.at - 1, reader_left(&body) + 1, &msg)) != 0) {
		if (rc == -EBADMSG) /* else: of a kind that is not for us */
			add_trouble(t, TALK_MALFORMED, &stream->peer);
	} else if (msg.kind == SWIM_PING && stream->id == 0 && swim_is_meant(swim_of(t), &msg.ping)) {
		*out_answer = ack_of(t, &msg.ping);
		verdict = TALK_ANSWER;
	} else if (msg.kind == SWIM_ACK) {
		swim_on_stream_ack(swim_of(t), now, stream->id, msg.ack.seq);
	} else if (msg.kind == SWIM_ERROR && strstr(msg.error, "decrypt")) {
		add_not_opened(t, &stream->peer); /* it has a key less than we have */
	}
	free(unpacked);
	return verdict;
}

/* Without a key the end of a message is only implied: try whether it is all there. */
static bool plain_is_whole(const struct talk_inbound *stream)
{
	struct swim_push_pull state;
	uint8_t *unpacked = NULL, type;
	struct reader body;
	struct swim_msg msg;
	bool whole;
	int rc = swim_stream_open(stream->bytes, stream->n, &unpacked, &type, &body);

	if (rc != 0)
		return rc != -EBADMSG;
	if (unpacked) { /* what was packed is there at once, or never */
		whole = true;
	} else if (type == SWIM_STREAM_PUSH_PULL) {
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
static bool sealed_is_whole(const struct talk_inbound *stream, struct seal_bytes *out_sealed)
{
	struct reader r = reader_of(stream->bytes, stream->n);

	read_u8(&r);
	out_sealed->n = read_u32(&r);
	out_sealed->bytes = read_bytes(&r, out_sealed->n);
	return out_sealed->bytes != NULL;
}

static enum talk_verdict take_sealed(struct talk *t, instant now, const struct talk_inbound *stream,
				     struct seal_bytes *out_answer)
{
	enum talk_verdict verdict;
	struct seal_bytes sealed;
	uint8_t *plain;

	if (stream->n > 0 && stream->bytes[0] != STREAM_TYPE_SEALED)
		return refuse(t, stream, TALK_NOT_SEALED);
	if (!sealed_is_whole(stream, &sealed))
		return stream->all ? refuse(t, stream, TALK_MALFORMED) : TALK_WAIT;
	plain = open_sealed(t, &stream->peer, sealed,
			    (struct seal_bytes){ stream->bytes, STREAM_HEAD });
	if (!plain)
		return TALK_CLOSE;
	verdict = take_stream(t, now, stream,
			      (struct seal_bytes){ plain, sealed.n - SEAL_OVERHEAD }, out_answer);
	free(plain);
	return verdict;
}

enum talk_verdict talk_on_stream(struct talk *t, instant now, const struct talk_inbound *stream,
				 struct seal_bytes *out_answer)
{
	enum talk_verdict verdict;

	t->now = now;
	if (!swim_of(t) || (stream->id == 0 && stream->all && stream->n == 0))
		return TALK_CLOSE; /* who connects and says nothing is no trouble */
	brain_look(t->brain, now);
	if (t->config.ring.n > 0)
		verdict = take_sealed(t, now, stream, out_answer);
	else if (stream->all || plain_is_whole(stream))
		verdict = take_stream(t, now, stream,
				      (struct seal_bytes){ stream->bytes, stream->n }, out_answer);
	else
		verdict = TALK_WAIT;
	if (verdict == TALK_CLOSE && stream->id != 0)
		swim_on_stream_end(swim_of(t), stream->id);
	return verdict;
}

void talk_on_stream_failed(struct talk *t, instant now, uint32_t id, const struct swim_dest *peer)
{
	(void)now;
	if (!swim_of(t) || id == 0)
		return;
	swim_on_stream_end(swim_of(t), id);
	add_trouble(t, TALK_NOT_REACHED, peer);
}
