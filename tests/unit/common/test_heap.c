/* test_heap - what is due first comes out first */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "common/core/heap.h"
#include "common/core/prng.h"

#define N 500

static void an_empty_heap_is_never_due(void **state)
{
	struct heap heap = { 0 };
	struct heap_node node = { 0 };

	(void)state;
	assert_null(heap_first(&heap));
	assert_true(heap_deadline(&heap) == INSTANT_NEVER);
	heap_remove(&heap, &node);
	assert_null(heap_first(&heap));
	heap_done(&heap);
}

static void equal_instants_come_out_in_the_order_of_insertion(void **state)
{
	struct heap heap = { 0 };
	struct heap_node node[20] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(node); i++)
		heap_set(&heap, &node[i], 7);
	for (size_t i = 0; i < ARRAY_LEN(node); i++) {
		assert_ptr_equal(heap_first(&heap), &node[i]);
		heap_remove(&heap, &node[i]);
	}
	heap_done(&heap);
}

static void a_node_moves_when_it_is_set_again(void **state)
{
	struct heap heap = { 0 };
	struct heap_node a = { 0 }, b = { 0 };

	(void)state;
	heap_set(&heap, &a, 1);
	heap_set(&heap, &b, 2);
	heap_set(&heap, &a, 3);
	assert_int_equal(heap.n, 2);
	assert_ptr_equal(heap_first(&heap), &b);
	heap_set(&heap, &a, 1);
	assert_ptr_equal(heap_first(&heap), &a);
	heap_done(&heap);
}

/* Random sets, moves and removals, against a look at every node. */
static void the_first_is_always_the_earliest(void **state)
{
	struct prng prng = prng_seeded(5);
	static struct heap_node node[N];
	struct heap heap = { 0 };

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		struct heap_node *some = &node[prng_below(&prng, N)];
		instant earliest = INSTANT_NEVER;
		size_t n = 0;

		if (prng_below(&prng, 3) == 0)
			heap_remove(&heap, some);
		else
			heap_set(&heap, some, prng_between(&prng, -1000, 1000));
		for (size_t i = 0; i < N; i++) {
			if (node[i].place == 0)
				continue;
			earliest = instant_min(earliest, node[i].due);
			n++;
		}
		assert_int_equal(heap.n, n);
		assert_true(heap_deadline(&heap) == earliest);
	}
	heap_done(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_heap_is_never_due),
		cmocka_unit_test(equal_instants_come_out_in_the_order_of_insertion),
		cmocka_unit_test(a_node_moves_when_it_is_set_again),
		cmocka_unit_test(the_first_is_always_the_earliest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
