/* test_counters - series are made on first use and named by escaped labels */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/core/counters.h"

static const struct counters_labels eth0[] = { { "ip", "10.0.0.1" }, { "interface", "eth0" } };

/* 0 where there is none. */
static double value_of(const struct counters_family *f, const char *labels)
{
	const double *value = strmap_get(&f->series, labels);

	return value ? *value : 0;
}

static void a_series_starts_at_zero_and_adds_up(void **state)
{
	struct counters c = { 0 };
	struct counters_family *f = counters_add(&c, "requests", COUNTERS_COUNTER, "Requests.");

	(void)state;
	counters_increase(f, eth0, 2, 1);
	counters_increase(f, eth0, 2, 2.5);
	counters_increase(f, eth0, 1, 4);
	assert_true(value_of(f, "ip=\"10.0.0.1\",interface=\"eth0\"") == 3.5);
	assert_true(value_of(f, "ip=\"10.0.0.1\"") == 4);
	assert_int_equal(f->series.n, 2);
	counters_done(&c);
}

static void a_gauge_is_what_was_set_last(void **state)
{
	struct counters c = { 0 };
	struct counters_family *f = counters_add(&c, "loaded", COUNTERS_GAUGE, "Loaded.");

	(void)state;
	counters_set(f, NULL, 0, 1);
	counters_set(f, NULL, 0, 7);
	assert_true(value_of(f, "") == 7);
	assert_int_equal(f->series.n, 1);
	counters_done(&c);
}

static void families_keep_the_order_in_which_they_came(void **state)
{
	struct counters c = { 0 };

	(void)state;
	counters_add(&c, "z", COUNTERS_COUNTER, "Z.");
	counters_add(&c, "a", COUNTERS_GAUGE, "A.");
	assert_string_equal(c.first->name, "z");
	assert_string_equal(c.first->next->name, "a");
	assert_null(c.first->next->next);
	counters_done(&c);
	assert_null(c.first);
}

static void label_values_are_escaped_as_the_format_wants(void **state)
{
	const struct counters_labels label[] = { { "a", "say \"x\"" }, { "b", "c\\d\ne" } };
	struct counters c = { 0 };
	struct counters_family *f = counters_add(&c, "a", COUNTERS_GAUGE, "A.");

	(void)state;
	counters_set(f, label, 2, 5);
	assert_non_null(strmap_get(&f->series, "a=\"say \\\"x\\\"\",b=\"c\\\\d\\ne\""));
	counters_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_starts_at_zero_and_adds_up),
		cmocka_unit_test(a_gauge_is_what_was_set_last),
		cmocka_unit_test(families_keep_the_order_in_which_they_came),
		cmocka_unit_test(label_values_are_escaped_as_the_format_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
