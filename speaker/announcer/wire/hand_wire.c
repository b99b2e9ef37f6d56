/* hand_wire - see hand_wire.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/hand_wire.h"

#include <errno.h>

#include "common/core/cursor.h"
#include "speaker/announcer/wire/swim_wire.h"

#define MAGIC 0x544c48u /* "TLH" */
#define VERSION 1
#define FLAG_STOPPING 1
#define FLAG_HELD 2

_Static_assert(HAND_WIRE_MAX <= SWIM_PACKET_MAX - 29, "a full message fits into a sealed packet");

size_t hand_encode(const struct hand_msg *msg, uint8_t out_bytes[static HAND_WIRE_MAX])
{
	struct writer w = writer_of(out_bytes, HAND_WIRE_MAX);

	CHECK(msg->n <= HAND_MAX_ENTRIES);
	write_u8(&w, HAND_WIRE_TYPE);
	write_u32(&w, MAGIC << 8 | VERSION);
	write_u8(&w, (uint8_t)msg->kind);
	write_u8(&w, (msg->stopping ? FLAG_STOPPING : 0) | (msg->held ? FLAG_HELD : 0));
	write_string(&w, msg->from);
	write_u8(&w, msg->n);
	for (size_t i = 0; i < msg->n; i++) {
		write_u8(&w, msg->entry[i].ip.len);
		write_bytes(&w, msg->entry[i].ip.byte, msg->entry[i].ip.len);
		write_u32(&w, msg->entry[i].token);
	}
	return writer_used(&w);
}

static void get_entry(struct reader *r, struct hand_entry *entry)
{
	entry->ip.len = read_u8(r);
	if (entry->ip.len != IP_V4 && entry->ip.len != IP_V6) {
		r->failed = true;
		entry->ip.len = 0;
	}
	read_into(r, entry->ip.byte, entry->ip.len);
	entry->token = read_u32(r);
}

int hand_decode(const uint8_t *bytes, size_t n, struct hand_msg *out_msg)
{
	struct reader r = reader_of(bytes, n);
	struct hand_msg msg = { 0 };
	uint8_t kind, flags;

	if (read_u8(&r) != HAND_WIRE_TYPE || read_u32(&r) != (MAGIC << 8 | VERSION))
		return -EPROTO;
	kind = read_u8(&r);
	flags = read_u8(&r);
	msg.stopping = flags & FLAG_STOPPING;
	msg.held = flags & FLAG_HELD;
	read_string(&r, msg.from, sizeof(msg.from));
	msg.n = read_u8(&r);
	if (r.failed || kind == 0 || kind >= HAND_N_KINDS || msg.n > HAND_MAX_ENTRIES)
		return -EPROTO;
	msg.kind = (enum hand_kind)kind;
	for (size_t i = 0; i < msg.n; i++)
		get_entry(&r, &msg.entry[i]);
	if (r.failed)
		return -EPROTO;
	*out_msg = msg;
	return 0;
}
