/* meta_wire - see meta_wire.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/meta_wire.h"

#include <errno.h>
#include <string.h>

#include "common/core/cursor.h"

#define MAGIC 0x544c42u /* "TLB" */
#define VERSION 1
#define FLAG_SYNCED 1
#define FLAG_CANDIDATE 2
#define FLAG_STOPPING 4
#define FLAG_PARTIAL 8
#define HEAD_BYTES (4 + 1 + 8 + 1)
#define REACH_BYTES (2 + 6 + 1 + 1 + IP_V6)

_Static_assert(HEAD_BYTES + RING_META_MAX_REACH * REACH_BYTES <= SWIM_META_MAX,
	       "all of it fits into Meta");

void meta_encode(const struct ring_meta *meta, struct swim_meta *out_bytes)
{
	struct writer w = writer_of(out_bytes->byte, sizeof(out_bytes->byte));

	CHECK(meta->n_reach <= RING_META_MAX_REACH);
	write_u32(&w, MAGIC << 8 | VERSION);
	write_u8(&w, (uint8_t)((meta->synced ? FLAG_SYNCED : 0) |
			       (meta->candidate ? FLAG_CANDIDATE : 0) |
			       (meta->stopping ? FLAG_STOPPING : 0) |
			       (meta->partial ? FLAG_PARTIAL : 0)));
	write_u64(&w, meta->table);
	write_u8(&w, meta->n_reach);
	for (size_t i = 0; i < meta->n_reach; i++) {
		const struct ring_reach *reach = &meta->reach[i];

		write_u16(&w, reach->name);
		write_bytes(&w, reach->mac, sizeof(reach->mac));
		write_u8(&w, reach->ip.len);
		write_bytes(&w, reach->ip.byte, reach->ip.len);
		write_u8(&w, reach->bits);
	}
	out_bytes->n = (uint16_t)writer_used(&w);
}

static void get_reach(struct reader *r, struct ring_reach *reach)
{
	reach->name = read_u16(r);
	read_into(r, reach->mac, sizeof(reach->mac));
	reach->ip = (struct ip){ .len = read_u8(r) };
	if (reach->ip.len != 0 && reach->ip.len != IP_V4 && reach->ip.len != IP_V6) {
		r->failed = true;
		reach->ip.len = 0;
	}
	read_into(r, reach->ip.byte, reach->ip.len);
	reach->bits = read_u8(r);
	if (reach->bits > reach->ip.len * 8)
		r->failed = true;
}

int meta_decode(const struct swim_meta *bytes, struct ring_meta *out_meta)
{
	struct reader r = reader_of(bytes->byte, bytes->n);
	struct ring_meta meta = { 0 };
	uint32_t head = read_u32(&r);
	uint8_t flags = read_u8(&r);

	meta.synced = flags & FLAG_SYNCED;
	meta.candidate = flags & FLAG_CANDIDATE;
	meta.stopping = flags & FLAG_STOPPING;
	meta.partial = flags & FLAG_PARTIAL;
	meta.table = read_u64(&r);
	meta.n_reach = read_u8(&r);
	if (r.failed || head >> 8 != MAGIC || (head & 0xff) == 0 ||
	    meta.n_reach > RING_META_MAX_REACH)
		return -EPROTO;
	for (size_t i = 0; i < meta.n_reach; i++)
		get_reach(&r, &meta.reach[i]);
	if (r.failed)
		return -EPROTO;
	*out_meta = meta;
	return 0;
}
