/* fuzz_swim - any datagram or stream of gossip is refused or decodes to what can be encoded */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/wire/swim_wire.h"

#define ENCODED_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Encode, decode, encode: the two encodings are the same bytes. */
static void goes_round(const struct swim_msg *msg)
{
	uint8_t first[ENCODED_MAX], second[ENCODED_MAX];
	size_t n = swim_encode(msg, first, sizeof(first));
	struct swim_msg again;

	CHECK(n > 0);
	CHECK(swim_decode(first, n, &again) == 0);
	CHECK(swim_encode(&again, second, sizeof(second)) == n);
	CHECK(memcmp(first, second, n) == 0);
}

static void datagram(const uint8_t *bytes, size_t n)
{
	static struct swim_parts parts;
	struct swim_msg msg;

	if (swim_split(bytes, n, &parts) != 0)
		return;
	for (size_t i = 0; i < parts.n; i++)
		if (swim_decode(parts.part[i].bytes, parts.part[i].n, &msg) == 0)
			goes_round(&msg);
}

static void stream(const uint8_t *bytes, size_t n)
{
	struct swim_push_pull pp;
	uint8_t *unpacked = NULL;
	struct reader body;
	uint8_t type;

	if (swim_stream_open(bytes, n, &unpacked, &type, &body) != 0)
		return;
	if (type == SWIM_STREAM_PUSH_PULL && swim_decode_push_pull(&body, &pp) == 0) {
		CHECK(pp.n <= SWIM_NODES_MAX);
		free(pp.node);
	}
	free(unpacked);
}

/* The first byte says which of the two it is. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n == 0)
		return 0;
	if (bytes[0] == 's')
		stream(bytes + 1, n - 1);
	else
		datagram(bytes + 1, n - 1);
	return 0;
}
