/* swim_wire - see swim_wire.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/swim_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/wire/crc32.h"
#include "speaker/announcer/wire/lzw.h"
#include "speaker/announcer/wire/msgpack.h"

#define FRAME_COMPOUND 7
#define FRAME_COMPRESSED 9
#define FRAME_CRC 12
#define ALGORITHM_LZW 0

#define FIELD(struct_type, member, key, kind)                                                     \
	{ key, kind, offsetof(struct struct_type, member),                                        \
	  sizeof(((struct struct_type *)0)->member) }
#define FIELD_BYTES(struct_type, member, key)                                                     \
	{ key, MSGPACK_BYTES, offsetof(struct struct_type, member),                               \
	  sizeof(((struct struct_type *)0)->member.byte) }

static const struct msgpack_field ping_fields[] = {
	FIELD(swim_ping, seq, "SeqNo", MSGPACK_NUMBER),
	FIELD(swim_ping, node, "Node", MSGPACK_TEXT),
	FIELD_BYTES(swim_ping, source_addr, "SourceAddr"),
	FIELD(swim_ping, source_port, "SourcePort", MSGPACK_NUMBER),
	FIELD(swim_ping, source_node, "SourceNode", MSGPACK_TEXT),
	/* indirect only */
	FIELD_BYTES(swim_ping, target, "Target"),
	FIELD(swim_ping, target_port, "Port", MSGPACK_NUMBER),
	FIELD(swim_ping, nack, "Nack", MSGPACK_BOOL),
};

static const struct msgpack_field ack_fields[] = {
	FIELD(swim_ack, seq, "SeqNo", MSGPACK_NUMBER),
};

static const struct msgpack_field claim_fields[] = {
	FIELD(swim_claim, incarnation, "Incarnation", MSGPACK_NUMBER),
	FIELD(swim_claim, node, "Node", MSGPACK_TEXT),
	FIELD(swim_claim, from, "From", MSGPACK_TEXT),
};

static const struct msgpack_field alive_fields[] = {
	FIELD(swim_alive, incarnation, "Incarnation", MSGPACK_NUMBER),
	FIELD(swim_alive, node, "Node", MSGPACK_TEXT),
	FIELD_BYTES(swim_alive, addr, "Addr"),
	FIELD(swim_alive, port, "Port", MSGPACK_NUMBER),
	FIELD_BYTES(swim_alive, meta, "Meta"),
	FIELD_BYTES(swim_alive, vsn, "Vsn"),
};

static const struct msgpack_field entry_fields[] = { /* of a push/pull */
	FIELD(swim_alive, incarnation, "Incarnation", MSGPACK_NUMBER),
	FIELD(swim_alive, node, "Name", MSGPACK_TEXT),
	FIELD_BYTES(swim_alive, addr, "Addr"),
	FIELD(swim_alive, port, "Port", MSGPACK_NUMBER),
	FIELD_BYTES(swim_alive, meta, "Meta"),
	FIELD_BYTES(swim_alive, vsn, "Vsn"),
	FIELD(swim_alive, state, "State", MSGPACK_NUMBER),
};

struct push_pull_head {
	uint32_t n_nodes, n_user;
	bool join;
};

static const struct msgpack_field head_fields[] = {
	FIELD(push_pull_head, n_nodes, "Nodes", MSGPACK_NUMBER),
	FIELD(push_pull_head, n_user, "UserStateLen", MSGPACK_NUMBER),
	FIELD(push_pull_head, join, "Join", MSGPACK_BOOL),
};

static const struct msgpack_field error_fields[] = {
	{ "Error", MSGPACK_CUT_TEXT, 0, SWIM_ERROR_MAX },
};

static const struct { /* by kind */
	const struct msgpack_field *field;
	size_t n;
} layouts[] = {
	[SWIM_PING] = { ping_fields, 5 },
	[SWIM_INDIRECT] = { ping_fields, ARRAY_LEN(ping_fields) },
	[SWIM_ACK] = { ack_fields, ARRAY_LEN(ack_fields) },
	[SWIM_SUSPECT] = { claim_fields, ARRAY_LEN(claim_fields) },
	[SWIM_ALIVE] = { alive_fields, ARRAY_LEN(alive_fields) },
	[SWIM_DEAD] = { claim_fields, ARRAY_LEN(claim_fields) },
	[SWIM_NACK] = { ack_fields, ARRAY_LEN(ack_fields) },
	[SWIM_ERROR] = { error_fields, ARRAY_LEN(error_fields) },
};

/* "" is a legal address (unset); any other length than 4 and 16 is none. */
static bool addr_is_sane(const struct swim_addr *addr)
{
	return addr->n == 0 || addr->n == 4 || addr->n == 16;
}

static bool alive_is_sane(const struct swim_alive *alive)
{
	return alive->node[0] && addr_is_sane(&alive->addr) && alive->state <= SWIM_STATE_LEFT;
}

static bool msg_is_sane(const struct swim_msg *msg)
{
	switch (msg->kind) {
	case SWIM_PING:
		return addr_is_sane(&msg->ping.source_addr);
	case SWIM_INDIRECT:
		return addr_is_sane(&msg->ping.source_addr) && addr_is_sane(&msg->ping.target) &&
		       msg->ping.target.n != 0;
	case SWIM_SUSPECT:
	case SWIM_DEAD:
		return msg->claim.node[0] != '\0';
	case SWIM_ALIVE:
		return alive_is_sane(&msg->alive);
	default:
		return true;
	}
}

int swim_decode(const uint8_t *bytes, size_t n, struct swim_msg *out_msg)
{
	struct reader r = reader_of(bytes, n);
	uint8_t kind = read_u8(&r);
	struct swim_msg msg = { .kind = (enum swim_kind)kind };

	if (r.failed)
		return -EBADMSG;
	if (kind >= ARRAY_LEN(layouts) || !layouts[kind].field)
		return -EPROTONOSUPPORT;
	msgpack_read_map(&r, layouts[kind].field, layouts[kind].n, &msg.ping);
	if (r.failed || !msg_is_sane(&msg))
		return -EBADMSG;
	*out_msg = msg;
	return 0;
}

static bool take_crc(struct reader *r)
{
	uint32_t sent = read_u32(r);

	return !r->failed && crc32_ieee(r->at, reader_left(r)) == sent;
}

struct packed { /* body of a compression frame */
	const uint8_t *bytes;
	size_t n;
};

/* {Algo, Buf}: Buf is looked at in place, so it is not decoded by table. */
static bool read_packed(struct reader *r, struct packed *out)
{
	static const struct msgpack_field field[] = { { "Algo", MSGPACK_NUMBER, 0, 1 } };
	bool found = msgpack_find_bytes(r, "Buf", &out->bytes, &out->n);
	uint8_t algorithm = UINT8_MAX;

	msgpack_read_map(r, field, ARRAY_LEN(field), &algorithm);
	return found && !r->failed && algorithm == ALGORITHM_LZW;
}

static int split_compound(struct reader *r, struct swim_parts *out)
{
	size_t n = read_u8(r);
	uint16_t length[SWIM_PARTS_MAX];

	for (size_t i = 0; i < n; i++)
		length[i] = read_u16(r);
	for (size_t i = 0; i < n; i++) {
		out->part[i].bytes = read_bytes(r, length[i]);
		out->part[i].n = length[i];
	}
	if (r->failed)
		return -EBADMSG;
	out->n = n;
	return 0;
}

int swim_split(const uint8_t *bytes, size_t n, struct swim_parts *out_parts)
{
	struct reader r = reader_of(bytes, n);
	struct packed packed;

	out_parts->n = 0;
	if (n > 0 && bytes[0] == FRAME_CRC) {
		read_u8(&r);
		if (!take_crc(&r))
			return -EBADMSG;
	}
	if (reader_left(&r) > 0 && *r.at == FRAME_COMPRESSED) {
		size_t unpacked_n;

		read_u8(&r);
		if (!read_packed(&r, &packed) ||
		    lzw_unpack(packed.bytes, packed.n, out_parts->unpacked, SWIM_UNPACKED_MAX,
			       &unpacked_n) != 0)
			return -EBADMSG;
		r = reader_of(out_parts->unpacked, unpacked_n);
	}
	if (reader_left(&r) == 0)
		return -EBADMSG;
	if (*r.at == FRAME_COMPOUND) {
		read_u8(&r);
		return split_compound(&r, out_parts);
	}
	out_parts->part[0].bytes = r.at;
	out_parts->part[0].n = reader_left(&r);
	out_parts->n = 1;
	return 0;
}

static void write_addr(struct writer *w, const char *key, const struct swim_addr *addr)
{
	msgpack_write_text(w, key);
	msgpack_write_bytes(w, addr->byte, addr->n);
}

/* Keys in byte order, as Go writes them; the source only when there is one. */
static void encode_ping(struct writer *w, const struct swim_ping *ping, bool indirect)
{
	bool source = ping->source_addr.n > 0;

	msgpack_write_map(w, 2u + (source ? 3u : 0u) + (indirect ? 3u : 0u));
	if (indirect) {
		msgpack_write_text(w, "Nack");
		msgpack_write_bool(w, ping->nack);
	}
	msgpack_write_text(w, "Node");
	msgpack_write_text(w, ping->node);
	if (indirect) {
		msgpack_write_text(w, "Port");
		msgpack_write_number(w, ping->target_port);
	}
	msgpack_write_text(w, "SeqNo");
	msgpack_write_number(w, ping->seq);
	if (source) {
		write_addr(w, "SourceAddr", &ping->source_addr);
		msgpack_write_text(w, "SourceNode");
		msgpack_write_text(w, ping->source_node);
		msgpack_write_text(w, "SourcePort");
		msgpack_write_number(w, ping->source_port);
	}
	if (indirect)
		write_addr(w, "Target", &ping->target);
}

static void encode_claim(struct writer *w, const struct swim_claim *claim)
{
	msgpack_write_map(w, 3);
	msgpack_write_text(w, "From");
	msgpack_write_text(w, claim->from);
	msgpack_write_text(w, "Incarnation");
	msgpack_write_number(w, claim->incarnation);
	msgpack_write_text(w, "Node");
	msgpack_write_text(w, claim->node);
}

/* An entry of a push/pull has its state besides, and another key for the name. */
static void encode_alive(struct writer *w, const struct swim_alive *alive, bool is_entry)
{
	msgpack_write_map(w, is_entry ? 7 : 6);
	write_addr(w, "Addr", &alive->addr);
	msgpack_write_text(w, "Incarnation");
	msgpack_write_number(w, alive->incarnation);
	msgpack_write_text(w, "Meta");
	if (alive->meta.n > 0)
		msgpack_write_bytes(w, alive->meta.byte, alive->meta.n);
	else
		msgpack_write_nil(w);
	msgpack_write_text(w, is_entry ? "Name" : "Node");
	msgpack_write_text(w, alive->node);
	msgpack_write_text(w, "Port");
	msgpack_write_number(w, alive->port);
	if (is_entry) {
		msgpack_write_text(w, "State");
		msgpack_write_number(w, alive->state);
	}
	msgpack_write_text(w, "Vsn");
	msgpack_write_bytes(w, alive->vsn.byte, alive->vsn.n);
}

static void encode_ack(struct writer *w, const struct swim_ack *ack, bool payload)
{
	msgpack_write_map(w, payload ? 2 : 1);
	if (payload) {
		msgpack_write_text(w, "Payload");
		msgpack_write_nil(w);
	}
	msgpack_write_text(w, "SeqNo");
	msgpack_write_number(w, ack->seq);
}

size_t swim_encode(const struct swim_msg *msg, uint8_t *out_bytes, size_t cap)
{
	struct writer w = writer_of(out_bytes, cap);

	write_u8(&w, (uint8_t)msg->kind);
	switch (msg->kind) {
	case SWIM_PING:
	case SWIM_INDIRECT:
		encode_ping(&w, &msg->ping, msg->kind == SWIM_INDIRECT);
		break;
	case SWIM_ACK:
	case SWIM_NACK:
		encode_ack(&w, &msg->ack, msg->kind == SWIM_ACK);
		break;
	case SWIM_SUSPECT:
	case SWIM_DEAD:
		encode_claim(&w, &msg->claim);
		break;
	case SWIM_ALIVE:
		encode_alive(&w, &msg->alive, false);
		break;
	case SWIM_ERROR:
		msgpack_write_map(&w, 1);
		msgpack_write_text(&w, "Error");
		msgpack_write_text(&w, msg->error);
		break;
	}
	return w.failed ? 0 : writer_used(&w);
}

size_t swim_compound_head(const uint16_t *length, size_t n, uint8_t *out_bytes, size_t cap)
{
	struct writer w = writer_of(out_bytes, cap);

	CHECK(n <= SWIM_PARTS_MAX);
	write_u8(&w, FRAME_COMPOUND);
	write_u8(&w, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		write_u16(&w, length[i]);
	return w.failed ? 0 : writer_used(&w);
}

int swim_stream_open(const uint8_t *bytes, size_t n, uint8_t **out_unpacked, uint8_t *out_type,
		     struct reader *out_body)
{
	struct reader r = reader_of(bytes, n);
	uint8_t type = read_u8(&r);
	uint8_t *unpacked = NULL;
	size_t unpacked_n = 0;
	struct packed packed;

	if (!r.failed && type == FRAME_COMPRESSED && read_packed(&r, &packed)) {
		unpacked = mem_new(SWIM_STREAM_MAX, 1);
		if (lzw_unpack(packed.bytes, packed.n, unpacked, SWIM_STREAM_MAX, &unpacked_n) != 0 ||
		    unpacked_n == 0) {
			free(unpacked);
			return -EPROTO;
		}
		r = reader_of(unpacked, unpacked_n);
		type = read_u8(&r);
	}
	if (r.failed || (type == FRAME_COMPRESSED && !unpacked))
		return -EBADMSG;
	*out_unpacked = unpacked;
	*out_type = type;
	*out_body = r;
	return 0;
}

int swim_decode_push_pull(struct reader *body, struct swim_push_pull *out_pp)
{
	struct push_pull_head head = { 0 };
	struct swim_alive *node = NULL;
	size_t n = 0, cap = 0;

	msgpack_read_map(body, head_fields, ARRAY_LEN(head_fields), &head);
	if (head.n_nodes > SWIM_NODES_MAX || head.n_user > SWIM_STREAM_MAX)
		body->failed = true;
	while (n < head.n_nodes && !body->failed) {
		node = mem_grow(node, n, &cap, sizeof(*node));
		node[n] = (struct swim_alive){ 0 };
		msgpack_read_map(body, entry_fields, ARRAY_LEN(entry_fields), &node[n]);
		if (!alive_is_sane(&node[n++]))
			body->failed = true;
	}
	read_bytes(body, head.n_user);
	if (body->failed) {
		free(node);
		return -EBADMSG;
	}
	*out_pp = (struct swim_push_pull){ .join = head.join, .node = node, .n = n };
	return 0;
}

size_t swim_encode_push_pull(const struct swim_push_pull *pp, uint8_t *out_bytes, size_t cap)
{
	struct writer w = writer_of(out_bytes, cap);

	write_u8(&w, SWIM_STREAM_PUSH_PULL);
	msgpack_write_map(&w, 3);
	msgpack_write_text(&w, "Join");
	msgpack_write_bool(&w, pp->join);
	msgpack_write_text(&w, "Nodes");
	msgpack_write_number(&w, (uint32_t)pp->n);
	msgpack_write_text(&w, "UserStateLen");
	msgpack_write_number(&w, 0);
	for (size_t i = 0; i < pp->n; i++)
		encode_alive(&w, &pp->node[i], true);
	return w.failed ? 0 : writer_used(&w);
}
