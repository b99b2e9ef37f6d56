/* test_ipmap - a map from addresses that forgets and loses nothing */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "common/core/ipmap.h"
#include "common/core/prng.h"

#define N 300

static struct ip numbered(size_t i)
{
	return ip_from_v4((const uint8_t[]){ 10, 0, (uint8_t)(i >> 8), (uint8_t)i });
}

static void an_empty_map_has_nothing(void **state)
{
	struct ipmap map = { 0 };
	struct ip ip = numbered(1);
	size_t at = 0;

	(void)state;
	assert_null(ipmap_get(&map, &ip));
	assert_null(ipmap_remove(&map, &ip));
	assert_null(ipmap_next(&map, &at));
	ipmap_done(&map);
}

static void putting_again_replaces_the_value(void **state)
{
	struct ipmap map = { 0 };
	struct ip ip = numbered(1);
	int one, two;

	(void)state;
	ipmap_put(&map, &ip, &one);
	ipmap_put(&map, &ip, &two);
	assert_int_equal(map.n, 1);
	assert_ptr_equal(ipmap_get(&map, &ip), &two);
	assert_ptr_equal(ipmap_remove(&map, &ip), &two);
	assert_null(ipmap_get(&map, &ip));
	ipmap_done(&map);
}

static void the_walk_meets_every_value_once(void **state)
{
	static unsigned met[N];
	struct ipmap map = { 0 };
	size_t at = 0, n = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		struct ip ip = numbered(i);

		ipmap_put(&map, &ip, &met[i]);
	}
	for (unsigned *value; (value = ipmap_next(&map, &at)); n++)
		++*value;
	assert_int_equal(n, N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(met[i], 1);
	ipmap_done(&map);
}

/* Random puts and removals, against an array. */
static void it_agrees_with_an_array_whatever_happens(void **state)
{
	static void *naive[N];
	struct prng prng = prng_seeded(6);
	struct ipmap map = { 0 };
	size_t n = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t i = prng_below(&prng, N);
		struct ip ip = numbered(i);

		assert_ptr_equal(ipmap_get(&map, &ip), naive[i]);
		if (prng_below(&prng, 2)) {
			n += naive[i] == NULL;
			naive[i] = &naive[prng_below(&prng, N)];
			ipmap_put(&map, &ip, naive[i]);
		} else {
			assert_ptr_equal(ipmap_remove(&map, &ip), naive[i]);
			n -= naive[i] != NULL;
			naive[i] = NULL;
		}
		assert_int_equal(map.n, n);
	}
	ipmap_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(putting_again_replaces_the_value),
		cmocka_unit_test(the_walk_meets_every_value_once),
		cmocka_unit_test(it_agrees_with_an_array_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
