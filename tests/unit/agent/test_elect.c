/* test_elect - the order of candidates agrees with MetalLB's */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "speaker/agent/core/elect.h"

struct order {
	const char *key, *given[4], *wanted[4];
	uint8_t first_byte; /* of the winner's digest */
};

static const struct order orders[] = {
	{ "10.20.30.1", { "iris1", "iris2" }, { "iris2", "iris1" }, 0xaf },
	{ "10.20.30.2", { "iris1", "iris2" }, { "iris1", "iris2" }, 0x61 },
	{ "10.0.0.1", { "node-a", "node-b", "node-c" }, { "node-b", "node-a", "node-c" }, 0x2a },
	{ "10.0.0.2", { "node-a", "node-b", "node-c" }, { "node-b", "node-c", "node-a" }, 0x48 },
	{ "10.20.30.1", { "edge-a", "edge-b", "worker-a", "worker-b" },
	  { "edge-b", "worker-a", "edge-a", "worker-b" }, 0x3e },
	{ "2001:db8::1", { "node-a", "node-b", "node-c" }, { "node-b", "node-a", "node-c" }, 0x1a },
	{ "fc00:f853:ccd:e799::", { "node-a", "node-b", "node-c" },
	  { "node-b", "node-c", "node-a" }, 0x90 },
	{ "test1", { "iris1", "iris2" }, { "iris2", "iris1" }, 0x1a },
};

static void the_order_is_that_of_metallb(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct elect_candidate candidate[4];
		size_t n = 0;

		for (; n < 4 && orders[i].given[n]; n++)
			candidate[n] = (struct elect_candidate){ .node = orders[i].given[n] };
		elect_sort(candidate, n, orders[i].key);
		for (size_t k = 0; k < n; k++)
			assert_string_equal(candidate[k].node, orders[i].wanted[k]);
		assert_int_equal(candidate[0].digest[0], orders[i].first_byte);
	}
}

static void an_index_travels_with_its_node(void **state)
{
	struct elect_candidate candidate[] = {
		{ .node = "node-a", .index = 7 },
		{ .node = "node-b", .index = 3 },
	};

	(void)state;
	elect_sort(candidate, 2, "10.0.0.1");
	assert_int_equal(candidate[0].index, 3);
	assert_int_equal(candidate[1].index, 7);
}

static void weight_comes_before_the_hash(void **state)
{
	struct elect_candidate candidate[] = {
		{ .node = "node-b", .weight = 10 },
		{ .node = "node-a", .weight = 90 },
		{ .node = "node-c", .weight = 90 },
	};

	(void)state;
	elect_sort(candidate, 3, "10.0.0.1"); /* by hash alone: b, a, c */
	assert_string_equal(candidate[0].node, "node-a");
	assert_string_equal(candidate[1].node, "node-c");
	assert_string_equal(candidate[2].node, "node-b");
}

static void nobody_and_one_are_sorted(void **state)
{
	struct elect_candidate one = { .node = "node-a", .index = 1 };

	(void)state;
	elect_sort(NULL, 0, "10.0.0.1");
	elect_sort(&one, 1, "10.0.0.1");
	assert_int_equal(one.index, 1);
	assert_int_equal(one.digest[0], 0xdd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_is_that_of_metallb),
		cmocka_unit_test(an_index_travels_with_its_node),
		cmocka_unit_test(weight_comes_before_the_hash),
		cmocka_unit_test(nobody_and_one_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
