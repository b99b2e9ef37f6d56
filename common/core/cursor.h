/*
 * cursor - bounds-checked reading and writing of byte strings
 *
 * Core: no sockets, no clock, no logging.
 *
 * Always true: a cursor never touches a byte outside the memory it was given;
 * after the first read or write that does not fit, the cursor has failed, all
 * later reads give 0 and all later writes do nothing. So a decoder reads a
 * whole message and asks once, at the end, whether it was there.
 * Numbers are in network order on the wire.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_CURSOR_H
#define TINLB_COMMON_CORE_CURSOR_H

#include <string.h>

#include "common/core/base.h"

struct reader {
	const uint8_t *at, *end;
	bool failed;
};

struct writer {
	uint8_t *start, *at, *end;
	bool failed;
};

struct reader reader_of(const void *bytes, size_t n);

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

/* n bytes to look at in place, or NULL when they are not there. */
static inline const uint8_t *read_bytes(struct reader *r, size_t n)
{
	const uint8_t *bytes = r->at;

	if (r->failed || reader_left(r) < n) {
		r->failed = true;
		return NULL;
	}
	r->at += n;
	return bytes;
}

static inline uint8_t read_u8(struct reader *r)
{
	const uint8_t *byte = read_bytes(r, 1);

	return byte ? *byte : 0;
}

uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);

/* n bytes into memory of the caller, which is zeroed when they are not there. */
void read_into(struct reader *r, void *out_bytes, size_t n);

/* A string of at most max - 1 bytes after a 16-bit length; a NUL inside fails. */
void read_string(struct reader *r, char *out_text, size_t max);

struct writer writer_of(void *bytes, size_t n);
size_t writer_used(const struct writer *w);

static inline void write_bytes(struct writer *w, const void *bytes, size_t n)
{
	if (w->failed || (size_t)(w->end - w->at) < n) {
		w->failed = true;
		return;
	}
	if (n > 0)
		memcpy(w->at, bytes, n);
	w->at += n;
}

static inline void write_u8(struct writer *w, uint8_t v)
{
	write_bytes(w, &v, 1);
}

void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_u64(struct writer *w, uint64_t v);
void write_string(struct writer *w, const char *text);

#endif
