/* lzw - see lzw.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/lzw.h"

#include <errno.h>
#include <string.h>

#define CODE_CLEAR 256
#define CODE_END 257
#define CODE_FIRST 258 /* the first one that stands for a string */
#define WIDTH_MIN 9
#define WIDTH_MAX 12
#define N_CODES (1u << WIDTH_MAX)

/*
 * A code's string is the string of `prefix` and then one byte. Its length is
 * kept too, so that it can be written from its end to its start in place.
 */
struct table {
	uint16_t prefix[N_CODES];
	uint8_t last[N_CODES];
	uint16_t length[N_CODES];
	unsigned next; /* the code that the next string gets; N_CODES: full */
	unsigned width;
};

struct bits {
	const uint8_t *at, *end;
	uint32_t held;
	unsigned n_held;
};

/* The next code, or N_CODES when the input ends. */
static unsigned read_code(struct bits *bits, unsigned width)
{
	unsigned code;

	while (bits->n_held < width) {
		if (bits->at == bits->end)
			return N_CODES;
		bits->held |= (uint32_t)*bits->at++ << bits->n_held;
		bits->n_held += 8;
	}
	code = bits->held & ((1u << width) - 1);
	bits->held >>= width;
	bits->n_held -= width;
	return code;
}

static void clear(struct table *t)
{
	t->next = CODE_FIRST;
	t->width = WIDTH_MIN;
}

/* Write the string of `code`, whose length is known; returns its first byte. */
static uint8_t expand(const struct table *t, unsigned code, uint8_t *out, size_t length)
{
	while (code >= CODE_FIRST) {
		out[--length] = t->last[code];
		code = t->prefix[code];
	}
	out[0] = (uint8_t)code;
	return (uint8_t)code;
}

static size_t length_of(const struct table *t, unsigned code)
{
	return code < CODE_FIRST ? 1 : t->length[code];
}

/* The string of `before` and then `byte` gets the next code, unless the table is full. */
static void learn(struct table *t, unsigned before, uint8_t byte)
{
	size_t length = length_of(t, before) + 1;

	if (t->next == N_CODES)
		return;
	t->prefix[t->next] = (uint16_t)before;
	t->last[t->next] = byte;
	t->length[t->next] = (uint16_t)length;
	t->next++;
	/* The code after next must fit: the encoder is one string ahead of us. */
	if (t->next + 1 > 1u << t->width && t->width < WIDTH_MAX)
		t->width++;
}

int lzw_unpack(const uint8_t *bytes, size_t n, uint8_t *out_bytes, size_t cap, size_t *out_n)
{
	struct bits bits = { .at = bytes, .end = bytes + n };
	struct table t;
	unsigned before = N_CODES; /* none yet since the last clear */
	size_t used = 0;

	clear(&t);
	for (;;) {
		unsigned code = read_code(&bits, t.width);
		size_t length;

		if (code == CODE_END) {
			*out_n = used;
			return 0;
		}
		if (code == CODE_CLEAR) {
			clear(&t);
			before = N_CODES;
			continue;
		}
		/* A code not learnt yet can only be the one that this very step makes. */
		if (code > t.next || code == N_CODES ||
		    (code == t.next && (before == N_CODES || t.next == N_CODES)))
			return -EBADMSG;
		length = code == t.next ? length_of(&t, before) + 1 : length_of(&t, code);
		if (length > cap - used)
			return -EFBIG;
		if (code == t.next) {
			out_bytes[used + length - 1] = expand(&t, before, out_bytes + used, length - 1);
			learn(&t, before, out_bytes[used]);
		} else {
			uint8_t first = expand(&t, code, out_bytes + used, length);

			if (before != N_CODES)
				learn(&t, before, first);
		}
		used += length;
		before = code;
	}
}
