/* test_strmap - a map from strings that forgets and loses nothing */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/prng.h"
#include "common/core/strmap.h"

#define N 300

static void an_empty_map_has_nothing(void **state)
{
	struct strmap map = { 0 };
	const char *key;
	void *value;
	size_t at = 0;

	(void)state;
	assert_null(strmap_get(&map, "a"));
	assert_null(strmap_remove(&map, "a"));
	assert_false(strmap_next(&map, &at, &key, &value));
	free(strmap_sorted_keys(&map));
	strmap_done(&map);
}

static void keys_are_copied_and_values_are_handed_back(void **state)
{
	struct strmap map = { 0 };
	char key[] = "default/web";
	int one, two;

	(void)state;
	assert_null(strmap_put(&map, key, &one));
	key[0] = 'X';
	assert_ptr_equal(strmap_get(&map, "default/web"), &one);
	assert_ptr_equal(strmap_put(&map, "default/web", &two), &one);
	assert_int_equal(map.n, 1);
	assert_ptr_equal(strmap_remove(&map, "default/web"), &two);
	assert_null(strmap_get(&map, "default/web"));
	strmap_done(&map);
}

static void sorted_keys_are_all_keys_in_order(void **state)
{
	static const char *const wanted[] = { "", "B", "a", "aa", "b" };
	struct strmap map = { 0 };
	const char **key;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_null(strmap_put(&map, wanted[(i * 3) % ARRAY_LEN(wanted)], &map));
	key = strmap_sorted_keys(&map);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_string_equal(key[i], wanted[i]);
	free(key);
	strmap_done(&map);
}

static void the_walk_meets_every_pair_once(void **state)
{
	static unsigned met[N];
	struct strmap map = { 0 };
	const char *key;
	void *value;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%zu", i);
		strmap_put(&map, name, &met[i]);
	}
	for (size_t at = 0; strmap_next(&map, &at, &key, &value); n++) {
		assert_ptr_equal(value, &met[strtoul(key, NULL, 10)]);
		++*(unsigned *)value;
	}
	assert_int_equal(n, N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(met[i], 1);
	strmap_done(&map);
}

/* Random puts and removals, against an array. */
static void it_agrees_with_an_array_whatever_happens(void **state)
{
	static void *naive[N];
	struct prng prng = prng_seeded(7);
	struct strmap map = { 0 };

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t i = prng_below(&prng, N);
		void *value = prng_below(&prng, 2) ? &naive[prng_below(&prng, N)] : NULL;
		char name[16];

		snprintf(name, sizeof(name), "key-%zu", i);
		assert_ptr_equal(strmap_get(&map, name), naive[i]);
		if (value)
			assert_ptr_equal(strmap_put(&map, name, value), naive[i]);
		else
			assert_ptr_equal(strmap_remove(&map, name), naive[i]);
		naive[i] = value;
	}
	strmap_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(keys_are_copied_and_values_are_handed_back),
		cmocka_unit_test(sorted_keys_are_all_keys_in_order),
		cmocka_unit_test(the_walk_meets_every_pair_once),
		cmocka_unit_test(it_agrees_with_an_array_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
