/* test_selector - Kubernetes' label selectors */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/core/selector.h"

#define L(k, v) { (char[]){ k }, (char[]){ v } }

static void each_operator_has_its_rule(void **state)
{
	struct kube_label label[] = { L("app", "web"), L("tier", "") };
	const struct kube_labels labels = { label, ARRAY_LEN(label) };
	char *values[] = { (char[]){ "db" }, (char[]){ "web" } };
	static const struct {
		const char *key;
		enum selector_operator operator;
		size_t n_value;
		bool holds;
	} row[] = {
		{ "app", SELECTOR_EQUALS, 1, false },  { "app", SELECTOR_IN, 2, true },
		{ "app", SELECTOR_IN, 1, false },      { "none", SELECTOR_IN, 2, false },
		{ "app", SELECTOR_NOT_IN, 2, false },  { "app", SELECTOR_NOT_IN, 1, true },
		{ "none", SELECTOR_NOT_IN, 2, true },  { "tier", SELECTOR_EXISTS, 0, true },
		{ "none", SELECTOR_EXISTS, 0, false }, { "tier", SELECTOR_NOT_EXISTS, 0, false },
		{ "none", SELECTOR_NOT_EXISTS, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char key[8];
		struct selector_term term = { .key = key, .operator = row[i].operator,
					      .value = values, .n_value = row[i].n_value };
		struct selector selector = { &term, 1 };

		memcpy(key, row[i].key, strlen(row[i].key) + 1);
		if (selector_matches(&selector, &labels) != row[i].holds)
			fail_msg("row %zu", i);
	}
}

static void terms_are_all_wanted_and_selectors_one_of(void **state)
{
	struct kube_label label[] = { L("a", "1"), L("b", "2") };
	const struct kube_labels labels = { label, ARRAY_LEN(label) };
	struct selector_term term[] = {
		{ .key = (char[]){ "a" }, .operator = SELECTOR_EXISTS },
		{ .key = (char[]){ "c" }, .operator = SELECTOR_EXISTS },
	};
	struct selector selector[] = { { term, 2 }, { term, 1 }, { NULL, 0 } };

	(void)state;
	assert_false(selector_matches(&selector[0], &labels));
	assert_true(selector_matches(&selector[1], &labels));
	assert_true(selector_matches(&selector[2], &labels));
	assert_true(selector_matches(&selector[2], &(struct kube_labels){ 0 }));
	assert_false(selectors_match(&(struct selectors){ selector, 1 }, &labels));
	assert_true(selectors_match(&(struct selectors){ selector, 2 }, &labels));
	assert_false(selectors_match(&(struct selectors){ 0 }, &labels));
}

static struct selector make(const char *const *key, size_t n, const char *const *value, size_t n_value)
{
	struct selector s = { mem_new(n, sizeof(struct selector_term)), n };

	for (size_t i = 0; i < n; i++) {
		s.term[i].key = mem_strdup(key[i]);
		s.term[i].operator = SELECTOR_IN;
		s.term[i].value = mem_new(n_value, sizeof(char *));
		s.term[i].n_value = n_value;
		for (size_t k = 0; k < n_value; k++)
			s.term[i].value[k] = mem_strdup(value[k]);
	}
	selector_sort(&s);
	return s;
}

static void the_order_of_terms_and_values_makes_no_difference(void **state)
{
	struct selector a = make((const char *[]){ "x", "y" }, 2, (const char *[]){ "1", "2" }, 2);
	struct selector b = make((const char *[]){ "y", "x" }, 2, (const char *[]){ "2", "1" }, 2);
	struct selector c = make((const char *[]){ "x", "y" }, 2, (const char *[]){ "1", "3" }, 2);
	struct selector d = make((const char *[]){ "x" }, 1, (const char *[]){ "1", "2" }, 2);

	(void)state;
	assert_int_equal(selector_compare(&a, &b), 0);
	assert_int_equal(selector_compare(&a, &c), -selector_compare(&c, &a));
	assert_int_not_equal(selector_compare(&a, &c), 0);
	assert_int_equal(selector_compare(&d, &a), -1);
	selector_done(&a);
	selector_done(&b);
	selector_done(&c);
	selector_done(&d);
}

static void keys_and_values_are_those_of_kubernetes(void **state)
{
	static const char *const good[] = { "a", "app", "a.b_c-d", "example.com/app", "A1",
					    "node.kubernetes.io/exclude-from-external-load-balancers" };
	static const char *const bad[] = { "", "/", "a/", "/a", "-a", "a-", "a b", "Example.com/a",
					   "a/b/c", "a..b/c",
					   "a234567890123456789012345678901234567890123456789012345678901234" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!selector_key_is_valid(good[i]))
			fail_msg("%s is a key", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (selector_key_is_valid(bad[i]))
			fail_msg("%s is no key", bad[i]);
	assert_true(selector_value_is_valid(""));
	assert_true(selector_value_is_valid("v1.2_3-x"));
	assert_false(selector_value_is_valid("a b"));
	assert_false(selector_value_is_valid("-"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operator_has_its_rule),
		cmocka_unit_test(terms_are_all_wanted_and_selectors_one_of),
		cmocka_unit_test(the_order_of_terms_and_values_makes_no_difference),
		cmocka_unit_test(keys_and_values_are_those_of_kubernetes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
