/* test_cursor - reads and writes stay inside their bytes and fail once and for all */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/core/cursor.h"

static void numbers_are_in_network_order(void **state)
{
	static const uint8_t wanted[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t bytes[sizeof(wanted)];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct reader r = reader_of(bytes, sizeof(bytes));

	(void)state;
	write_u8(&w, 0x01);
	write_u16(&w, 0x0203);
	write_u32(&w, 0x04050607);
	write_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(w.failed);
	assert_int_equal(writer_used(&w), sizeof(wanted));
	assert_memory_equal(bytes, wanted, sizeof(wanted));
	assert_int_equal(read_u8(&r), 0x01);
	assert_int_equal(read_u16(&r), 0x0203);
	assert_int_equal(read_u32(&r), 0x04050607);
	assert_true(read_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_int_equal(reader_left(&r), 0);
	assert_false(r.failed);
}

static void after_one_short_read_all_later_ones_give_zero(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct reader r = reader_of(bytes, sizeof(bytes));
	uint8_t into[2] = { 9, 9 };

	(void)state;
	assert_int_equal(read_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(read_u8(&r), 0);
	assert_null(read_bytes(&r, 1));
	read_into(&r, into, sizeof(into));
	assert_int_equal(into[0], 0);
	assert_int_equal(into[1], 0);
}

static void after_one_short_write_nothing_more_is_written(void **state)
{
	uint8_t bytes[4] = { 0xee, 0xee, 0xee, 0xee };
	struct writer w = writer_of(bytes, 3);

	(void)state;
	write_u16(&w, 0x0102);
	write_u32(&w, 7);
	write_u8(&w, 3);
	assert_true(w.failed);
	assert_int_equal(bytes[0], 1);
	assert_int_equal(bytes[1], 2);
	assert_int_equal(bytes[2], 0xee);
	assert_int_equal(bytes[3], 0xee);
}

static void strings_go_round(void **state)
{
	uint8_t bytes[16];
	char text[8];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct reader r = reader_of(bytes, sizeof(bytes));

	(void)state;
	write_string(&w, "node-a");
	write_string(&w, "");
	assert_int_equal(writer_used(&w), 10);
	read_string(&r, text, sizeof(text));
	assert_string_equal(text, "node-a");
	read_string(&r, text, sizeof(text));
	assert_string_equal(text, "");
	assert_false(r.failed);
}

static void a_string_that_is_too_long_or_holds_a_nul_fails(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} wrong[] = { { "\0\4abcd", 6 }, { "\0\2a", 3 }, { "\0\3a\0b", 5 }, { "\0", 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct reader r = reader_of(wrong[i].bytes, wrong[i].n);
		char text[4] = "xyz";

		read_string(&r, text, sizeof(text));
		assert_true(r.failed);
		assert_string_equal(text, "");
	}
}

static void no_bytes_at_all_can_be_read_and_written(void **state)
{
	struct reader r = reader_of(NULL, 0);

	(void)state;
	assert_int_equal(reader_left(&r), 0);
	assert_int_equal(read_u8(&r), 0);
	assert_true(r.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_in_network_order),
		cmocka_unit_test(after_one_short_read_all_later_ones_give_zero),
		cmocka_unit_test(after_one_short_write_nothing_more_is_written),
		cmocka_unit_test(strings_go_round),
		cmocka_unit_test(a_string_that_is_too_long_or_holds_a_nul_fails),
		cmocka_unit_test(no_bytes_at_all_can_be_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
