/* test_crd_status - what is written about pools, configuration and services is read back as the same */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/wire/crd_status.h"

static void counts_of_a_pool_are_read_whole_or_not_at_all(void **state)
{
	const struct crd_pool_counts counts = { 1, 2, 3, INT64_MAX };
	struct crd_pool_counts again = { 0 };
	struct text t;

	(void)state;
	text_init(&t, 1000);
	crd_pool_counts_write(&counts, &t);
	assert_string_equal(t.s, "{\"status\":{\"assignedIPv4\":1,\"assignedIPv6\":2,\"availableIPv4\":3,"
				 "\"availableIPv6\":9223372036854775807}}");
	assert_true(crd_pool_counts_read(t.s, &again));
	assert_memory_equal(&again, &counts, sizeof(counts));
	assert_false(crd_pool_counts_read("{\"status\":{\"assignedIPv4\":1}}", &again));
	assert_false(crd_pool_counts_read("", &again));
	assert_true(crd_pool_counts_read("{\"metadata\":{\"annotations\":{\"a\":\"b\\u0000c\"}},\"status\":"
					 "{\"assignedIPv4\":1,\"assignedIPv6\":2,\"availableIPv4\":3,"
					 "\"availableIPv6\":4}}", &again));
	text_done(&t);
}

static void a_state_has_the_mark_of_what_was_written(void **state)
{
	struct crd_state s = { .namespace = "m", .name = "controller", .component = "controller",
			       .condition = "poolReconcilerValid", .errors = "IPAddressPool p: no",
			       .owner = { "pod-1", "uid-1" } };
	const struct crd_owner other = { "pod-2", "uid-2" }, nobody = { 0 };
	char *mark = crd_state_mark(&s), *again;
	struct text t;

	(void)state;
	text_init(&t, 4000);
	crd_state_status(&s, &t);
	again = crd_state_mark_of(t.s);
	assert_string_equal(mark, again);
	assert_non_null(strstr(t.s, "\"result\":\"Invalid\""));
	assert_non_null(strstr(t.s, "\"reason\":\"ConfigurationError\""));
	free(again);
	s.errors = NULL;
	again = crd_state_mark(&s);
	assert_string_not_equal(mark, again);
	text_clear(&t);
	crd_state_object(&s, &t);
	assert_true(crd_is_owned(t.s, &s.owner));
	assert_true(crd_is_owned(t.s, &nobody));
	assert_false(crd_is_owned(t.s, &other));
	assert_null(crd_state_mark_of("{"));
	text_done(&t);
	free(mark);
	free(again);
}

static void a_service_status_says_node_service_and_interfaces(void **state)
{
	static const char *const interfaces[] = { "", "eth0", "eth0,eth1" };
	struct crd_l2_seen seen;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(interfaces); i++) {
		const struct crd_l2 l2 = { "m", "l2-1", "node-a", "web/shop", interfaces[i], { 0 } };
		struct text t;

		text_init(&t, 4000);
		crd_l2_status(&l2, &t);
		assert_non_null(strstr(t.s, "\"serviceName\":\"shop\",\"serviceNamespace\":\"web\""));
		assert_int_equal(crd_l2_read(t.s, &seen), 0);
		assert_string_equal(seen.interfaces, interfaces[i]);
		assert_null(seen.service); /* labels are part of the other write */
		crd_l2_seen_done(&seen);
		text_clear(&t);
		crd_l2_object(&l2, &t);
		assert_int_equal(crd_l2_read(t.s, &seen), 0);
		assert_string_equal(seen.service, "web/shop");
		assert_string_equal(seen.node, "node-a");
		assert_null(seen.interfaces);
		crd_l2_seen_done(&seen);
		text_done(&t);
	}
	assert_true(crd_l2_read("", &seen) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_of_a_pool_are_read_whole_or_not_at_all),
		cmocka_unit_test(a_state_has_the_mark_of_what_was_written),
		cmocka_unit_test(a_service_status_says_node_service_and_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
