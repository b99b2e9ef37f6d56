/* test_table_wire - messages between agent and announcer survive the trip, others are refused */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "speaker/table/wire/table_wire.h"

static uint16_t three[] = { 4, 0, TABLE_MAX_NODES - 1 };

static const struct ip v4 = { .len = IP_V4, .byte = { 172, 17, 255, 1 } };

static const struct table_message samples[] = {
	{ .kind = TABLE_SETTINGS, .settings = { .node_name = "node1", .exclude = "^veth|^lo" } },
	{ .kind = TABLE_SETTINGS, .settings = { .node_name = "node1", .timing = { 1, [TABLE_AWARENESS_MAX] = UINT32_MAX } } },
	{ .kind = TABLE_NODE, .node = { .index = 1023, .alive = true, .name = "node1.example" } },
	{ .kind = TABLE_ROW,
	  .row = { .ip = { .len = IP_V4, .byte = { 10, 0, 0, 1 } },
		   .candidate = three,
		   .n_candidate = 3,
		   .interface = { "eth0", "a-name-of-15-by" },
		   .n_interface = 2,
		   .differs = true } },
	{ .kind = TABLE_ROW,
	  .row = { .ip = { .len = IP_V6, .byte = { 0x20, 1 } }, .withheld = TABLE_IPV6 } },
	{ .kind = TABLE_DROP, .drop = { .len = IP_V4, .byte = { 10, 0, 0, 1 } } },
	{ .kind = TABLE_TOUCH, .drop = { .len = IP_V4, .byte = { 10, 0, 0, 1 } } },
	{ .kind = TABLE_SYNCED, .synced = { .n_rows = 10000 } },
	{ .kind = TABLE_ASK },
	{ .kind = TABLE_VERDICT,
	  .verdict = { .ip = { .len = IP_V4, .byte = { 10, 0, 0, 1 } },
		       .reason = TABLE_NODE_EXCLUDED,
		       .owner = UINT16_MAX,
		       .from = 3,
		       .cause = TABLE_CAUSE_DEAD,
		       .since_ms = INT64_MAX,
		       .interface = { "eth0" },
		       .n_interface = 1 } },
	{ .kind = TABLE_COUNTS,
	  .counts = { .ip = { .len = IP_V4, .byte = { 10, 0, 0, 1 } },
		      .requests = UINT64_MAX, .responses = 2, .gratuitous = 3, .takes = 4 } },
	{ .kind = TABLE_MEMBER, .member = { .name = "node2", .alive = false, .self = true } },
	{ .kind = TABLE_LINK,
	  .link = { .ifindex = 3, .name = "eth0", .mac = { 2, 0, 0, 0, 0, 1 }, .usable = true } },
	{ .kind = TABLE_PEERS,
	  .peers = { .more = true, .n = 2, .ip = { { 4, { 10, 0, 0, 1 } }, { 16, { 0xfd } } } } },
	{ .kind = TABLE_RING,
	  .ring = { .state = TABLE_RING_JOINED, .key_ids = "9f3c21aa,51d07e44", .n_differ = 1,
		    .sent = 2, .received = 3, .trouble = { 4, 5, 6, 7, 8, 9 },
		    .indirect = { "node2", "node3" }, .n_indirect = 2 } },
	{ .kind = TABLE_CLAIM,
	  .claim = { .ip = { 4, { 10, 0, 0, 1 } }, .mac = { 2, 0, 0, 0, 0, 9 }, .gone = true } },
	{ .kind = TABLE_TOTALS,
	  .totals = { .frames_seen = 1, .frames_dropped = 2, .agent_restarts = 3,
		      .loop_late_max_us = 4, .taken = { 0, 5, 6 }, .claims_of_speakers = 7,
		      .claims_of_strangers = 8, .late = { .n = { 9 }, .sum_us = 10 },
		      .failover = { .n = { [15] = 11 }, .sum_us = 12 } } },
};

static size_t encoded(const struct table_message *m, uint8_t buf[TABLE_MESSAGE_MAX])
{
	int n = table_encode(m, buf, TABLE_MESSAGE_MAX);

	assert_true(n > 0 && n <= TABLE_MESSAGE_MAX);
	return (size_t)n;
}

static void every_kind_comes_back_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		uint8_t buf[TABLE_MESSAGE_MAX], again[TABLE_MESSAGE_MAX];
		size_t n = encoded(&samples[i], buf);
		struct table_message m;

		assert_int_equal(table_decode(buf, n, &m), 0);
		if (m.kind == TABLE_ROW && m.row.n_candidate > 0)
			assert_memory_equal(m.row.candidate, three, sizeof(three));
		assert_int_equal(encoded(&m, again), n);
		assert_memory_equal(buf, again, n);
		if (m.kind != TABLE_ROW)
			assert_memory_equal(&m, &samples[i], sizeof(m));
		table_message_done(&m);
	}
}

static void a_message_cut_off_or_with_more_behind_it_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		uint8_t buf[TABLE_MESSAGE_MAX + 1] = { 0 };
		size_t n = encoded(&samples[i], buf);
		struct table_message m;

		for (size_t k = 0; k < n; k++)
			assert_int_equal(table_decode(buf, k, &m), -EPROTO);
		assert_int_equal(table_decode(buf, n + 1, &m), -EPROTO);
	}
}

static void a_buffer_too_small_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		uint8_t buf[TABLE_MESSAGE_MAX];
		size_t n = encoded(&samples[i], buf);

		for (size_t k = 0; k < n; k++)
			assert_int_equal(table_encode(&samples[i], buf, k), -EINVAL);
	}
}

static void the_largest_row_fits(void **state)
{
	static uint16_t all[TABLE_MAX_NODES];
	struct table_message m = { .kind = TABLE_ROW,
				   .row = { .candidate = all, .n_candidate = TABLE_MAX_NODES,
					    .n_interface = TABLE_MAX_INTERFACES } };
	uint8_t buf[TABLE_MESSAGE_MAX];

	(void)state;
	m.row.ip.len = IP_V6;
	for (size_t i = 0; i < TABLE_MAX_INTERFACES; i++)
		memcpy(m.row.interface[i], "abcdefghijklmno", TABLE_INTERFACE_NAME_MAX);
	encoded(&m, buf);
	m.row.n_candidate++;
	assert_int_equal(table_encode(&m, buf, sizeof(buf)), -EINVAL);
}

static void fields_out_of_bounds_are_not_sent(void **state)
{
	uint16_t far = TABLE_MAX_NODES;
	uint8_t buf[TABLE_MESSAGE_MAX];
	struct table_message bad[] = {
		{ .kind = TABLE_NODE, .node = { .index = TABLE_MAX_NODES, .name = "a" } },
		{ .kind = TABLE_NODE, .node = { .name = "" } },
		{ .kind = TABLE_SETTINGS },
		{ .kind = TABLE_DROP },
		{ .kind = TABLE_ROW, .row = { .ip = v4, .withheld = TABLE_N_REASONS } },
		{ .kind = TABLE_ROW, .row = { .ip = v4, .candidate = &far, .n_candidate = 1 } },
		{ .kind = TABLE_ROW, .row = { .ip = v4, .n_interface = 1 } },
		{ .kind = TABLE_ROW, .row = { .ip = v4, .n_interface = TABLE_MAX_INTERFACES + 1 } },
		{ .kind = TABLE_VERDICT, .verdict = { .ip = v4, .owner = 1024 } },
		{ .kind = TABLE_VERDICT, .verdict = { .ip = v4, .since_ms = -1 } },
		{ .kind = 0 },
		{ .kind = (enum table_kind)200 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(table_encode(&bad[i], buf, sizeof(buf)), -EINVAL);
}

struct raw {
	uint8_t byte[40];
	size_t n;
};

static void fields_out_of_bounds_are_not_taken(void **state)
{
	static const struct raw raw[] = {
		{ { TABLE_DROP, 5, 1, 2, 3, 4, 5 }, 7 },               /* no length of an address */
		{ { TABLE_NODE, 4, 0, 1, 0, 1, 'a' }, 7 },             /* index 1024 */
		{ { TABLE_NODE, 0, 0, 2, 0, 1, 'a' }, 7 },             /* a bool of 2 */
		{ { TABLE_NODE, 0, 0, 1, 0, 0 }, 6 },                  /* no name */
		{ { TABLE_NODE, 0, 0, 1, 0, 2, 'a', 0 }, 8 },          /* NUL inside the name */
		{ { TABLE_ROW, 4, 1, 2, 3, 4, 99, 0, 0, 0 }, 10 },     /* no such reason */
		{ { TABLE_ROW, 4, 1, 2, 3, 4, 0, 0xff, 0xff, 0 }, 10 }, /* 65535 candidates */
		{ { TABLE_ROW, 4, 1, 2, 3, 4, 0, 0, 1, 4, 0, 0 }, 12 }, /* candidate 1024 */
		{ { TABLE_ROW, 4, 1, 2, 3, 4, 0, 0, 0, 17 }, 10 },     /* 17 interfaces */
		{ { TABLE_ROW, 4, 1, 2, 3, 4, 0, 0, 0, 1, 0, 16, 'a', 'a', 'a', 'a', 'a', 'a', 'a',
		    'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a' }, 28 }, /* too long a name */
		{ { TABLE_VERDICT, 4, 1, 2, 3, 4, 0, 0, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0 }, 21 },
		{ { TABLE_VERDICT, 4, 1, 2, 3, 4, 0, 0, 1, 0, 1, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 21 }, /* no such cause */
		{ { 0 }, 1 },
		{ { 31 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(raw); i++) {
		struct table_message m;

		assert_int_equal(table_decode(raw[i].byte, raw[i].n, &m), -EPROTO);
	}
}

static void every_reason_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < TABLE_N_REASONS; i++) {
		assert_non_null(table_reason_word((enum table_reason)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(table_reason_word((enum table_reason)i),
						table_reason_word((enum table_reason)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_comes_back_as_it_was),
		cmocka_unit_test(a_message_cut_off_or_with_more_behind_it_is_refused),
		cmocka_unit_test(a_buffer_too_small_is_refused),
		cmocka_unit_test(the_largest_row_fits),
		cmocka_unit_test(fields_out_of_bounds_are_not_sent),
		cmocka_unit_test(fields_out_of_bounds_are_not_taken),
		cmocka_unit_test(every_reason_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
