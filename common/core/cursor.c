/* cursor - see cursor.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/cursor.h"

struct reader reader_of(const void *bytes, size_t n)
{
	const uint8_t *start = bytes;

	return (struct reader){ .at = start, .end = start ? start + n : start };
}

static uint64_t read_number(struct reader *r, size_t n)
{
	const uint8_t *bytes = read_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; bytes && i < n; i++)
		v = v << 8 | bytes[i];
	return v;
}

uint16_t read_u16(struct reader *r)
{
	return (uint16_t)read_number(r, 2);
}

uint32_t read_u32(struct reader *r)
{
	return (uint32_t)read_number(r, 4);
}

uint64_t read_u64(struct reader *r)
{
	return read_number(r, 8);
}

void read_into(struct reader *r, void *out_bytes, size_t n)
{
	const uint8_t *bytes = read_bytes(r, n);

	if (bytes)
		memcpy(out_bytes, bytes, n);
	else
		memset(out_bytes, 0, n);
}

void read_string(struct reader *r, char *out_text, size_t max)
{
	size_t n = read_u16(r);
	const uint8_t *bytes = n < max ? read_bytes(r, n) : NULL;

	if (!bytes || memchr(bytes, '\0', n)) {
		r->failed = true;
		n = 0;
	}
	if (n > 0)
		memcpy(out_text, bytes, n);
	out_text[n] = '\0';
}

struct writer writer_of(void *bytes, size_t n)
{
	uint8_t *start = bytes;

	return (struct writer){ .start = start, .at = start, .end = start + n };
}

size_t writer_used(const struct writer *w)
{
	return (size_t)(w->at - w->start);
}

static void write_number(struct writer *w, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	write_bytes(w, bytes, n);
}

void write_u16(struct writer *w, uint16_t v)
{
	write_number(w, v, 2);
}

void write_u32(struct writer *w, uint32_t v)
{
	write_number(w, v, 4);
}

void write_u64(struct writer *w, uint64_t v)
{
	write_number(w, v, 8);
}

void write_string(struct writer *w, const char *text)
{
	size_t n = strlen(text);

	if (n > UINT16_MAX) {
		w->failed = true;
		return;
	}
	write_u16(w, (uint16_t)n);
	write_bytes(w, text, n);
}
