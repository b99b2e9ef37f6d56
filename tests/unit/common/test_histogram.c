/* test_histogram - times fall into the first class that is large enough */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/core/histogram.h"

static void a_bound_belongs_to_its_class(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, 0);
	histogram_add(&h, 1000);
	histogram_add(&h, 1001);
	histogram_add(&h, 60000000);
	histogram_add(&h, 60000001);
	histogram_add(&h, -5);
	assert_int_equal(h.n[0], 3);
	assert_int_equal(h.n[1], 1);
	assert_int_equal(h.n[HISTOGRAM_CLASSES - 2], 1);
	assert_int_equal(h.n[HISTOGRAM_CLASSES - 1], 1);
	assert_int_equal(h.sum_us, 120002002);
}

static void bounds_grow(void **state)
{
	(void)state;
	for (size_t i = 1; i < HISTOGRAM_CLASSES - 1; i++)
		assert_true(histogram_bound_ms(i) > histogram_bound_ms(i - 1));
	assert_int_equal(histogram_bound_ms(HISTOGRAM_CLASSES - 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_belongs_to_its_class),
		cmocka_unit_test(bounds_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
