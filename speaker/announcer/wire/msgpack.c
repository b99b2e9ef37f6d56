/* msgpack - see msgpack.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/msgpack.h"

#include <string.h>

#define MAX_DEPTH 8 /* of a value that is skipped */

enum head_kind { HEAD_NUMBER, HEAD_NIL, HEAD_BOOL, HEAD_BYTES, HEAD_ARRAY, HEAD_MAP, HEAD_OTHER };

/* The first bytes of a value: what it is, and its number, length or count. */
struct head {
	enum head_kind kind;
	uint64_t v;    /* number (when not negative), bool, or count of what follows */
	bool negative; /* a number below zero */
};

struct form { /* one encoding: first byte, width of the number behind it */
	uint8_t first, width;
	enum head_kind kind;
	bool is_signed;
};

static const struct form forms[] = {
	{ 0xc4, 1, HEAD_BYTES, false },	 { 0xc5, 2, HEAD_BYTES, false },
	{ 0xc6, 4, HEAD_BYTES, false },	 { 0xcc, 1, HEAD_NUMBER, false },
	{ 0xcd, 2, HEAD_NUMBER, false }, { 0xce, 4, HEAD_NUMBER, false },
	{ 0xcf, 8, HEAD_NUMBER, false }, { 0xd0, 1, HEAD_NUMBER, true },
	{ 0xd1, 2, HEAD_NUMBER, true },	 { 0xd2, 4, HEAD_NUMBER, true },
	{ 0xd3, 8, HEAD_NUMBER, true },	 { 0xd9, 1, HEAD_BYTES, false },
	{ 0xda, 2, HEAD_BYTES, false },	 { 0xdb, 4, HEAD_BYTES, false },
	{ 0xdc, 2, HEAD_ARRAY, false },	 { 0xdd, 4, HEAD_ARRAY, false },
	{ 0xde, 2, HEAD_MAP, false },	 { 0xdf, 4, HEAD_MAP, false },
};

static uint64_t read_wide(struct reader *r, unsigned width)
{
	switch (width) {
	case 1:
		return read_u8(r);
	case 2:
		return read_u16(r);
	case 4:
		return read_u32(r);
	default:
		return read_u64(r);
	}
}

/* Encodings whose first byte carries the number itself. */
static bool short_head(uint8_t first, struct head *out)
{
	if (first < 0x80)
		*out = (struct head){ HEAD_NUMBER, first, false };
	else if (first < 0x90)
		*out = (struct head){ HEAD_MAP, first & 0x0fu, false };
	else if (first < 0xa0)
		*out = (struct head){ HEAD_ARRAY, first & 0x0fu, false };
	else if (first < 0xc0)
		*out = (struct head){ HEAD_BYTES, first & 0x1fu, false };
	else if (first == 0xc0)
		*out = (struct head){ HEAD_NIL, 0, false };
	else if (first == 0xc2 || first == 0xc3)
		*out = (struct head){ HEAD_BOOL, first & 1u, false };
	else if (first >= 0xe0)
		*out = (struct head){ HEAD_NUMBER, 0, true };
	else
		return false;
	return true;
}

static struct head read_head(struct reader *r)
{
	uint8_t first = read_u8(r);
	struct head head;

	if (short_head(first, &head))
		return head;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const struct form *form = &forms[i];
		uint64_t v;

		if (form->first != first)
			continue;
		v = read_wide(r, form->width);
		return (struct head){ form->kind, v,
				      form->is_signed && v >> (form->width * 8 - 1) & 1 };
	}
	r->failed = true; /* floats and extensions: memberlist has none */
	return (struct head){ .kind = HEAD_OTHER };
}

/* Skip what follows a head. Each level costs at least a byte, so counts are bounded by the input. */
static void skip_body(struct reader *r, struct head head, unsigned depth)
{
	uint64_t n = head.kind == HEAD_MAP ? head.v * 2 : head.v;

	if (head.kind == HEAD_BYTES)
		read_bytes(r, (size_t)head.v);
	if (head.kind != HEAD_ARRAY && head.kind != HEAD_MAP)
		return;
	if (depth == MAX_DEPTH)
		r->failed = true;
	for (uint64_t i = 0; i < n && !r->failed; i++)
		skip_body(r, read_head(r), depth + 1);
}

static void store_number(struct reader *r, const struct msgpack_field *field, struct head head,
			 uint8_t *out)
{
	uint64_t limit = field->size >= 8 ? UINT64_MAX : (UINT64_C(1) << field->size * 8) - 1;

	if (head.kind != HEAD_NUMBER || head.negative || head.v > limit) {
		r->failed = true;
		return;
	}
	if (field->size == 1)
		memcpy(out, &(uint8_t){ (uint8_t)head.v }, 1);
	else if (field->size == 2)
		memcpy(out, &(uint16_t){ (uint16_t)head.v }, 2);
	else
		memcpy(out, &(uint32_t){ (uint32_t)head.v }, 4);
}

static void store_text(struct reader *r, const struct msgpack_field *field, struct head head,
		       char *out)
{
	const uint8_t *bytes = head.kind == HEAD_BYTES ? read_bytes(r, (size_t)head.v) : NULL;
	size_t n = (size_t)head.v;

	if (bytes && n >= field->size && field->type == MSGPACK_CUT_TEXT)
		n = field->size - 1;
	if (!bytes || n >= field->size || memchr(bytes, '\0', n)) {
		r->failed = true;
		return;
	}
	memcpy(out, bytes, n);
	out[n] = '\0';
}

/* Go's codecs also take an array of numbers for a byte string. */
static void store_array(struct reader *r, struct head head, uint8_t *out)
{
	for (uint64_t i = 0; i < head.v && !r->failed; i++) {
		struct head element = read_head(r);

		if (element.kind != HEAD_NUMBER || element.negative || element.v > UINT8_MAX)
			r->failed = true;
		out[i] = (uint8_t)element.v;
	}
}

static void store_bytes(struct reader *r, const struct msgpack_field *field, struct head head,
			uint8_t *out)
{
	uint16_t n = (uint16_t)head.v;

	if (head.kind == HEAD_NIL) {
		memset(out, 0, sizeof(n));
		return;
	}
	if (head.v > field->size) {
		r->failed = true;
		return;
	}
	if (head.kind == HEAD_BYTES)
		read_into(r, out + sizeof(n), n);
	else if (head.kind == HEAD_ARRAY)
		store_array(r, head, out + sizeof(n));
	else
		r->failed = true;
	memcpy(out, &n, sizeof(n));
}

static void store(struct reader *r, const struct msgpack_field *field, struct head head, void *out)
{
	uint8_t *at = (uint8_t *)out + field->offset;

	switch (field->type) {
	case MSGPACK_NUMBER:
		store_number(r, field, head, at);
		break;
	case MSGPACK_BOOL:
		if (head.kind != HEAD_BOOL)
			r->failed = true;
		*(bool *)at = head.v == 1;
		break;
	case MSGPACK_TEXT:
	case MSGPACK_CUT_TEXT:
		store_text(r, field, head, (char *)at);
		break;
	case MSGPACK_BYTES:
		store_bytes(r, field, head, at);
		break;
	}
}

static const struct msgpack_field *find_field(const struct msgpack_field *field, size_t n_field,
					      const uint8_t *name, size_t n)
{
	for (size_t i = 0; i < n_field; i++)
		if (strlen(field[i].name) == n && memcmp(field[i].name, name, n) == 0)
			return &field[i];
	return NULL;
}

void msgpack_read_map(struct reader *r, const struct msgpack_field *field, size_t n_field,
		      void *out)
{
	struct head map = read_head(r);

	if (map.kind != HEAD_MAP)
		r->failed = true;
	for (uint64_t i = 0; i < map.v && !r->failed; i++) {
		struct head key = read_head(r);
		const uint8_t *name = key.kind == HEAD_BYTES ? read_bytes(r, (size_t)key.v) : NULL;
		const struct msgpack_field *found;
		struct head value;

		if (!name) {
			r->failed = true;
			return;
		}
		found = find_field(field, n_field, name, (size_t)key.v);
		value = read_head(r);
		if (found)
			store(r, found, value, out);
		else
			skip_body(r, value, 0);
	}
}

bool msgpack_find_bytes(const struct reader *r, const char *key, const uint8_t **out_bytes,
			size_t *out_n)
{
	struct reader at = *r;
	struct head map = read_head(&at);

	for (uint64_t i = 0; map.kind == HEAD_MAP && i < map.v && !at.failed; i++) {
		struct head name = read_head(&at);
		const uint8_t *text = name.kind == HEAD_BYTES ? read_bytes(&at, (size_t)name.v) : NULL;
		struct head value = read_head(&at);

		if (!text || at.failed)
			return false;
		if (value.kind == HEAD_BYTES && name.v == strlen(key) &&
		    memcmp(text, key, (size_t)name.v) == 0) {
			*out_n = (size_t)value.v;
			*out_bytes = read_bytes(&at, *out_n);
			return *out_bytes != NULL;
		}
		skip_body(&at, value, 0);
	}
	return false;
}

void msgpack_write_map(struct writer *w, size_t n_pairs)
{
	CHECK(n_pairs <= 15);
	write_u8(w, (uint8_t)(0x80 | n_pairs));
}

void msgpack_write_bytes(struct writer *w, const uint8_t *bytes, size_t n)
{
	if (n <= 31) {
		write_u8(w, (uint8_t)(0xa0 | n));
	} else if (n <= UINT16_MAX) {
		write_u8(w, 0xda);
		write_u16(w, (uint16_t)n);
	} else {
		w->failed = true;
	}
	write_bytes(w, bytes, n);
}

void msgpack_write_text(struct writer *w, const char *text)
{
	msgpack_write_bytes(w, (const uint8_t *)text, strlen(text));
}

void msgpack_write_number(struct writer *w, uint32_t v)
{
	if (v <= 0x7f) {
		write_u8(w, (uint8_t)v);
	} else if (v <= UINT8_MAX) {
		write_u8(w, 0xcc);
		write_u8(w, (uint8_t)v);
	} else if (v <= UINT16_MAX) {
		write_u8(w, 0xcd);
		write_u16(w, (uint16_t)v);
	} else {
		write_u8(w, 0xce);
		write_u32(w, v);
	}
}

void msgpack_write_bool(struct writer *w, bool v)
{
	write_u8(w, v ? 0xc3 : 0xc2);
}

void msgpack_write_nil(struct writer *w)
{
	write_u8(w, 0xc0);
}
