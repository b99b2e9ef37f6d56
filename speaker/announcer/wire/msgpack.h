/*
 * msgpack - the part of MessagePack that memberlist speaks
 *
 * Wire: bytes to structs and back, no state. memberlist writes the old "raw"
 * form (strings and byte strings alike, no str8, no bin); decoding takes both
 * forms and every width of integer, as Go's codecs do. Maps are decoded by a
 * table of fields into a struct; keys that the table lacks are skipped.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_MSGPACK_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_MSGPACK_H

#include "common/core/cursor.h"

enum msgpack_type {
	MSGPACK_NUMBER, /* unsigned, `size` bytes wide in the struct; too large fails */
	MSGPACK_BOOL,
	MSGPACK_TEXT,     /* char[size]; too long, or a NUL inside: fails */
	MSGPACK_CUT_TEXT, /* char[size]; too long: cut */
	MSGPACK_BYTES,    /* struct { uint16_t n; uint8_t byte[size]; }; nil is empty */
};

struct msgpack_field {
	const char *name;
	enum msgpack_type type;
	size_t offset, size;
};

/* A map into *out, whose fields must have their defaults before. r fails when it is none. */
void msgpack_read_map(struct reader *r, const struct msgpack_field *field, size_t n_field,
		      void *out);

/*
 * Of the map at r, which is not moved: where the byte string of `key` stands.
 * False when the map has none.
 */
bool msgpack_find_bytes(const struct reader *r, const char *key, const uint8_t **out_bytes,
			size_t *out_n) MUST_CHECK;

void msgpack_write_map(struct writer *w, size_t n_pairs); /* at most 15 */
void msgpack_write_text(struct writer *w, const char *text);
void msgpack_write_bytes(struct writer *w, const uint8_t *bytes, size_t n);
void msgpack_write_number(struct writer *w, uint32_t v);
void msgpack_write_bool(struct writer *w, bool v);
void msgpack_write_nil(struct writer *w);

#endif
