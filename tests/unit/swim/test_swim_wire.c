/* test_swim_wire - memberlist's bytes, against what Go wrote */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/swim_gossip.h"
#include "speaker/announcer/wire/crc32.h"
#include "speaker/announcer/wire/lzw.h"
#include "speaker/announcer/wire/swim_wire.h"

static size_t from_hex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		char pair[3] = { hex[0], hex[1], '\0' };

		assert_true(n < cap);
		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

#define PING_HEX "0082a44e6f6465a66e6f64652d62a55365714e6f07"
#define ACK_HEX "0282a75061796c6f6164c0a55365714e6f07"
#define NACK_HEX "0b81a55365714e6f07"
#define DEAD_HEX                                                                                  \
	"0583a446726f6da66e6f64652d62ab496e6361726e6174696f6e01a44e6f6465a66e6f64652d62"
#define ALIVE_HEX                                                                                 \
	"0486a441646472a4c0a8010aab496e6361726e6174696f6e01a44d657461c0a44e6f6465a66e6f64652d62"  \
	"a4506f7274cd1f0aa356736ea6010502000000"

static void assert_encodes_to(const struct swim_msg *msg, const char *hex)
{
	uint8_t want[512], got[512];
	size_t n = from_hex(hex, want, sizeof(want));

	assert_int_equal(swim_encode(msg, got, sizeof(got)), n);
	assert_memory_equal(got, want, n);
	assert_int_equal(swim_gossip_size(msg), n);
	for (size_t cap = 0; cap < n; cap++)
		assert_int_equal(swim_encode(msg, got, cap), 0);
}

static struct swim_msg decoded(const char *hex)
{
	uint8_t bytes[512];
	size_t n = from_hex(hex, bytes, sizeof(bytes));
	struct swim_msg msg;

	assert_int_equal(swim_decode(bytes, n, &msg), 0);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(swim_decode(bytes, cut, &msg), -EBADMSG);
	assert_int_equal(swim_decode(bytes, n, &msg), 0);
	return msg;
}

static void messages_are_the_bytes_that_go_writes(void **state)
{
	static const char *const hex[] = { PING_HEX, ACK_HEX, NACK_HEX, DEAD_HEX, ALIVE_HEX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hex); i++) {
		struct swim_msg msg = decoded(hex[i]);

		assert_encodes_to(&msg, hex[i]);
	}
}

static void an_alive_message_has_its_fields(void **state)
{
	struct swim_msg msg = decoded(ALIVE_HEX);

	(void)state;
	assert_int_equal(msg.kind, SWIM_ALIVE);
	assert_string_equal(msg.alive.node, "node-b");
	assert_int_equal(msg.alive.incarnation, 1);
	assert_int_equal(msg.alive.addr.n, 4);
	assert_memory_equal(msg.alive.addr.byte, "\xc0\xa8\x01\x0a", 4);
	assert_int_equal(msg.alive.port, 7946);
	assert_int_equal(msg.alive.meta.n, 0);
	assert_memory_equal(msg.alive.vsn.byte, "\x01\x05\x02\x00\x00\x00", 6);
}

static void an_indirect_ping_survives_a_round_trip(void **state)
{
	struct swim_msg msg = { .kind = SWIM_INDIRECT }, again;
	uint8_t bytes[512];
	size_t n;

	(void)state;
	msg.ping = (struct swim_ping){ .seq = 70000, .node = "node-a", .source_port = 7946,
				       .source_node = "node-c", .target_port = 7947, .nack = true,
				       .source_addr = { 4, { 10, 0, 0, 1 } },
				       .target = { 16, { 0xfe, 0x80 } } };
	n = swim_encode(&msg, bytes, sizeof(bytes));
	assert_int_equal(n, swim_gossip_size(&msg));
	assert_int_equal(swim_decode(bytes, n, &again), 0);
	assert_memory_equal(&again.ping, &msg.ping, sizeof(msg.ping));
}

static void keys_may_come_in_any_order_and_unknown_ones_are_skipped(void **state)
{
	/* {"New":{"a":[1,nil]},"SeqNo":int16 7,"Node":bin8 "x"} */
	struct swim_msg msg = decoded("0083a34e657781a16192"
				      "01c0a55365714e6fd10007a44e6f6465c40178");

	(void)state;
	assert_int_equal(msg.ping.seq, 7);
	assert_string_equal(msg.ping.node, "x");
}

static void nonsense_is_refused(void **state)
{
	static const struct {
		const char *hex;
		int want;
	} bad[] = {
		{ "", -EBADMSG },
		{ "08", -EPROTONOSUPPORT },				/* user message */
		{ "ff80", -EPROTONOSUPPORT },
		{ "0093010203", -EBADMSG },				/* no map */
		{ "0081a55365714e6fd3ffffffffffffffff", -EBADMSG },	/* SeqNo -1 */
		{ "0081a55365714e6fcf0000000100000000", -EBADMSG },	/* SeqNo 2^32 */
		{ "0081a44e6f6465a30061ff", -EBADMSG },			/* NUL in a name */
		{ "0481a44e6f6465a161", 0 },				/* Addr may lack */
		{ "0482a44e6f6465a161a441646472a3010203", -EBADMSG },	/* Addr of 3 bytes */
		{ "0380", -EBADMSG },					/* suspect of nobody */
	};
	struct swim_msg msg;
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		size_t n = from_hex(bad[i].hex, bytes, sizeof(bytes));

		assert_int_equal(swim_decode(bytes, n, &msg), bad[i].want);
	}
}

static void a_deep_value_does_not_exhaust_the_stack(void **state)
{
	uint8_t bytes[4096] = { 0x00, 0x81, 0xa1, 'x' };
	struct swim_msg msg;

	(void)state;
	memset(bytes + 4, 0x91, sizeof(bytes) - 4);
	assert_int_equal(swim_decode(bytes, sizeof(bytes), &msg), -EBADMSG);
}

static void compressed_text_is_what_go_packed(void **state)
{
	static const struct {
		const char *packed, *plain;
	} vector[] = {
		{ "000302", "" },
		{ "00c30404", "a" },
		{ "00c3081c48b0609880", "aaaaaaaaaaaaaaaa" },
		{ "00c388192390a0183205131e546810e140850e0d3664283022448a0b1f6ab4b83120",
		  "abcabcabdabcabcabdabcabcabdabcabcabdabcabcabdabcabcabdabcabcabdabcabcabdabcabcabd"
		  "abcabcabd" },
	};
	uint8_t packed[128], plain[256];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		size_t packed_n = from_hex(vector[i].packed, packed, sizeof(packed));
		size_t want = strlen(vector[i].plain);

		assert_int_equal(lzw_unpack(packed, packed_n, plain, sizeof(plain), &n), 0);
		assert_int_equal(n, want);
		assert_memory_equal(plain, vector[i].plain, want);
		if (want > 0)
			assert_int_equal(lzw_unpack(packed, packed_n, plain, want - 1, &n), -EFBIG);
		assert_int_equal(lzw_unpack(packed, packed_n - 1, plain, sizeof(plain), &n),
				 -EBADMSG);
	}
}

/* A packer for the test alone: literals only, a clear before the width would grow. */
static size_t pack_literals(const uint8_t *bytes, size_t n, uint8_t *out)
{
	uint64_t held = 0;
	unsigned n_held = 0;
	size_t used = 0;

	for (size_t i = 0; i <= n; i++) {
		unsigned code[2] = { i % 200 == 0 ? 256u : i < n ? bytes[i] : 257u,
				     i < n ? bytes[i] : 257u };

		for (unsigned k = 0; k < (i % 200 == 0 ? 2u : 1u); k++) {
			held |= (uint64_t)code[k] << n_held;
			n_held += 9;
			for (; n_held >= 8; n_held -= 8, held >>= 8)
				out[used++] = (uint8_t)held;
		}
	}
	out[used++] = (uint8_t)held;
	return used;
}

static size_t frame_compressed(const uint8_t *inner, size_t n, uint8_t *out)
{
	uint8_t packed[4096];
	size_t packed_n = pack_literals(inner, n, packed);
	struct writer w = writer_of(out, 8192);

	write_bytes(&w, "\x09\x82\xa4"
			"Algo\x00\xa3"
			"Buf\xda", 13);
	write_u16(&w, (uint16_t)packed_n);
	write_bytes(&w, packed, packed_n);
	assert_false(w.failed);
	return writer_used(&w);
}

static size_t compound_of_two(uint8_t *out, size_t cap)
{
	uint8_t ping[64], ack[64];
	uint16_t length[2];
	size_t head;

	length[0] = (uint16_t)from_hex(PING_HEX, ping, sizeof(ping));
	length[1] = (uint16_t)from_hex(ACK_HEX, ack, sizeof(ack));
	head = swim_compound_head(length, 2, out, cap);
	assert_true(head > 0);
	memcpy(out + head, ping, length[0]);
	memcpy(out + head + length[0], ack, length[1]);
	return head + length[0] + length[1];
}

static void assert_splits_in_two(const uint8_t *bytes, size_t n)
{
	static struct swim_parts parts;
	struct swim_msg msg;

	assert_int_equal(swim_split(bytes, n, &parts), 0);
	assert_int_equal(parts.n, 2);
	assert_int_equal(swim_decode(parts.part[0].bytes, parts.part[0].n, &msg), 0);
	assert_int_equal(msg.kind, SWIM_PING);
	assert_int_equal(swim_decode(parts.part[1].bytes, parts.part[1].n, &msg), 0);
	assert_int_equal(msg.kind, SWIM_ACK);
	for (size_t cut = 0; cut < n; cut++)
		assert_true(swim_split(bytes, cut, &parts) != 0 || parts.n != 2);
}

static void frames_come_off_in_every_nesting(void **state)
{
	uint8_t plain[256], packed[8192], checked[8192];
	size_t n = compound_of_two(plain, sizeof(plain));
	size_t packed_n = frame_compressed(plain, n, packed);
	struct writer w = writer_of(checked, sizeof(checked));
	static struct swim_parts parts;

	(void)state;
	assert_splits_in_two(plain, n);
	assert_splits_in_two(packed, packed_n);
	write_u8(&w, 12);
	write_u32(&w, crc32_ieee(packed, packed_n));
	write_bytes(&w, packed, packed_n);
	assert_splits_in_two(checked, writer_used(&w));
	checked[writer_used(&w) - 1] ^= 1;
	assert_int_equal(swim_split(checked, writer_used(&w), &parts), -EBADMSG);
}

static void crc_is_the_ieee_one(void **state)
{
	(void)state;
	assert_int_equal(crc32_ieee((const uint8_t *)"123456789", 9), 0xcbf43926);
}

static struct swim_push_pull two_nodes(void)
{
	struct swim_alive *node = mem_new(2, sizeof(*node));

	node[0] = (struct swim_alive){ .incarnation = 300, .node = "node-a", .port = 7946,
				       .addr = { 4, { 10, 0, 0, 1 } },
				       .meta = { 3, { 'a', 'b', 'c' } },
				       .vsn = { 6, { 1, 5, 2 } }, .state = SWIM_STATE_SUSPECT };
	node[1] = (struct swim_alive){ .incarnation = 70000, .node = "node-b", .port = 1,
				       .addr = { 16, { 0xfe } }, .vsn = { 6, { 1, 5, 2 } },
				       .state = SWIM_STATE_LEFT };
	return (struct swim_push_pull){ .join = true, .node = node, .n = 2 };
}

static void a_push_pull_survives_a_round_trip(void **state)
{
	struct swim_push_pull pp = two_nodes(), again;
	uint8_t bytes[1024], *unpacked;
	size_t n = swim_encode_push_pull(&pp, bytes, sizeof(bytes));
	struct reader body;
	uint8_t type;

	(void)state;
	assert_true(n > 0);
	for (size_t cut = 1; cut < n; cut++) {
		assert_int_equal(swim_stream_open(bytes, cut, &unpacked, &type, &body), 0);
		assert_int_equal(swim_decode_push_pull(&body, &again), -EBADMSG);
	}
	assert_int_equal(swim_stream_open(bytes, n, &unpacked, &type, &body), 0);
	assert_int_equal(type, SWIM_STREAM_PUSH_PULL);
	assert_null(unpacked);
	assert_int_equal(swim_decode_push_pull(&body, &again), 0);
	assert_true(again.join);
	assert_int_equal(again.n, 2);
	assert_memory_equal(again.node, pp.node, 2 * sizeof(*pp.node));
	free(again.node);
	free(pp.node);
}

static void a_packed_push_pull_is_unpacked(void **state)
{
	struct swim_push_pull pp = two_nodes(), again;
	uint8_t plain[1024], packed[8192], *unpacked;
	size_t n = swim_encode_push_pull(&pp, plain, sizeof(plain));
	size_t packed_n = frame_compressed(plain, n, packed);
	struct reader body;
	uint8_t type;

	(void)state;
	assert_int_equal(swim_stream_open(packed, packed_n, &unpacked, &type, &body), 0);
	assert_non_null(unpacked);
	assert_int_equal(swim_decode_push_pull(&body, &again), 0);
	assert_int_equal(again.n, 2);
	free(again.node);
	free(unpacked);
	free(pp.node);
	packed[7] = 1; /* another algorithm */
	assert_int_equal(swim_stream_open(packed, packed_n, &unpacked, &type, &body), -EBADMSG);
	packed[7] = 0;
	for (size_t cut = 0; cut < packed_n; cut++)
		assert_int_equal(swim_stream_open(packed, cut, &unpacked, &type, &body), -EBADMSG);
	memset(packed + 15, 0xff, packed_n - 15); /* the first code is a literal */
	assert_int_equal(swim_stream_open(packed, packed_n, &unpacked, &type, &body), -EPROTO);
}

static void numbers_above_127_come_signed_or_unsigned(void **state)
{
	/* Nodes = 200 as newer codecs write it (d1 00c8): 200 entries are announced, none follow. */
	static const char *const form[] = { "0681a54e6f646573d100c8", "0681a54e6f646573ccc8" };
	struct swim_push_pull pp;
	uint8_t bytes[64], *unpacked, type;
	struct reader body;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(form); i++) {
		size_t n = from_hex(form[i], bytes, sizeof(bytes));

		assert_int_equal(swim_stream_open(bytes, n, &unpacked, &type, &body), 0);
		assert_int_equal(swim_decode_push_pull(&body, &pp), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_the_bytes_that_go_writes),
		cmocka_unit_test(an_alive_message_has_its_fields),
		cmocka_unit_test(an_indirect_ping_survives_a_round_trip),
		cmocka_unit_test(keys_may_come_in_any_order_and_unknown_ones_are_skipped),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(a_deep_value_does_not_exhaust_the_stack),
		cmocka_unit_test(compressed_text_is_what_go_packed),
		cmocka_unit_test(frames_come_off_in_every_nesting),
		cmocka_unit_test(crc_is_the_ieee_one),
		cmocka_unit_test(a_push_pull_survives_a_round_trip),
		cmocka_unit_test(a_packed_push_pull_is_unpacked),
		cmocka_unit_test(numbers_above_127_come_signed_or_unsigned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
