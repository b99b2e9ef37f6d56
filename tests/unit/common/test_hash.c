/* test_hash - FNV-1a as published, in pieces as in one */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/core/hash.h"

static void the_published_values_come_out(void **state)
{
	(void)state;
	assert_true(hash_text(HASH_EMPTY, "") == UINT64_C(0xcbf29ce484222325));
	assert_true(hash_text(HASH_EMPTY, "a") == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(hash_text(HASH_EMPTY, "foobar") == UINT64_C(0x85944171f73967e8));
	assert_true(hash_bytes(HASH_EMPTY, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void pieces_are_as_one(void **state)
{
	(void)state;
	assert_true(hash_text(hash_text(HASH_EMPTY, "foo"), "bar") == hash_text(HASH_EMPTY, "foobar"));
	assert_true(hash_field(hash_field(HASH_EMPTY, "a"), "b") == hash_bytes(HASH_EMPTY, "a\0b", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_values_come_out),
		cmocka_unit_test(pieces_are_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
