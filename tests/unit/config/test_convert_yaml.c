/* test_convert_yaml - from 2020 to today, and back where that is possible */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/wire/convert_yaml.h"

#define OBJECT(kind, name) \
	"---\napiVersion: metallb.io/v1beta1\nkind: " kind "\nmetadata: {name: " name ", namespace: lb}\n"

static struct convert_source read_good(const char *text)
{
	struct config_errors errors = { 0 };
	struct convert_source source;
	struct text t;

	if (convert_read(text, strlen(text), &source, &errors) != 0) {
		text_init(&t, 4000);
		config_errors_format(&errors, &t);
		fail_msg("%s", t.s);
	}
	return source;
}

static void assert_same_pools(const struct config *a, const struct config *b)
{
	assert_int_equal(a->n_pool, b->n_pool);
	for (size_t i = 0; i < a->n_pool; i++) {
		assert_int_equal(a->pool[i].n_range, b->pool[i].n_range);
		for (size_t k = 0; k < a->pool[i].n_range; k++) {
			assert_true(ip_equal(&a->pool[i].range[k].first, &b->pool[i].range[k].first));
			assert_true(ip_equal(&a->pool[i].range[k].last, &b->pool[i].range[k].last));
		}
		assert_int_equal(a->pool[i].auto_assign, b->pool[i].auto_assign);
		assert_int_equal(a->pool[i].avoid_buggy, b->pool[i].avoid_buggy);
	}
}

static const char document[] = "address-pools:\n"
			       "- name: zebra\n"
			       "  protocol: layer2\n"
			       "  auto-assign: false\n"
			       "  addresses: [10.0.0.0/24, 10.0.1.5-10.0.1.9, \"fd00::/64\"]\n"
			       "- name: Apple_1\n"
			       "  protocol: layer2\n"
			       "  avoid-buggy-ips: true\n"
			       "  addresses: [10.1.0.0/16]\n";

static void there_and_back_gives_the_same_pools_in_the_same_order(void **state)
{
	struct convert_source map = read_good(document), objects, again;
	struct text yaml, notes;

	(void)state;
	text_init(&yaml, 10000);
	text_init(&notes, 10000);
	assert_int_equal(map.form, CONVERT_MAP);
	convert_to_objects(map.config, "lb", &yaml, &notes);
	assert_non_null(strstr(notes.s, "\"Apple_1\" is called apple-1 now"));
	assert_non_null(strstr(yaml.s, "priority: 1"));
	objects = read_good(yaml.s);
	assert_int_equal(objects.form, CONVERT_OBJECTS);
	assert_string_equal(objects.namespace, "lb");
	assert_same_pools(map.config, objects.config);
	assert_int_equal(objects.config->pool[0].n_advert, 1);
	text_clear(&yaml);
	assert_int_equal(convert_to_map(objects.config, "lb", &yaml, &notes), 0);
	again = read_good(yaml.s);
	assert_int_equal(again.form, CONVERT_MAP);
	assert_same_pools(map.config, again.config);
	convert_source_done(&map);
	convert_source_done(&objects);
	convert_source_done(&again);
	text_done(&yaml);
	text_done(&notes);
}

static void names_stay_different_and_order_by_name_needs_no_priority(void **state)
{
	struct convert_source map = read_good("address-pools:\n"
					      "- {name: a, protocol: layer2, addresses: [10.0.0.0/32]}\n"
					      "- {name: a!, protocol: layer2, addresses: [10.0.1.0/32]}\n"
					      "- {name: \"!\", protocol: layer2, addresses: [10.0.2.0/32]}\n");
	struct text yaml, notes;

	(void)state;
	text_init(&yaml, 10000);
	text_init(&notes, 10000);
	convert_to_objects(map.config, "lb", &yaml, &notes);
	assert_non_null(strstr(yaml.s, "name: \"a-2\"\n"));
	assert_non_null(strstr(yaml.s, "name: \"pool\"\n"));
	assert_null(strstr(yaml.s, "priority"));
	convert_source_done(&map);
	text_done(&yaml);
	text_done(&notes);
}

static void what_a_configmap_cannot_say_is_named(void **state)
{
	struct convert_source objects = read_good(
		OBJECT("IPAddressPool", "p") "spec:\n  addresses: [10.0.0.0/24]\n"
					     "  serviceAllocation: {namespaces: [a]}\n"
		OBJECT("IPAddressPool", "silent") "spec: {addresses: [10.0.1.0/24]}\n"
		OBJECT("L2Advertisement", "l") "spec: {ipAddressPools: [p], interfaces: [eth0]}\n");
	struct text yaml, notes;

	(void)state;
	text_init(&yaml, 10000);
	text_init(&notes, 10000);
	assert_int_equal(convert_to_map(objects.config, "lb", &yaml, &notes), -ENOTSUP);
	assert_string_equal(yaml.s, "");
	assert_non_null(strstr(notes.s, "L2Advertisement l: a ConfigMap cannot say spec.interfaces"));
	assert_non_null(strstr(notes.s, "IPAddressPool p: a ConfigMap cannot say for whom"));
	assert_non_null(strstr(notes.s, "IPAddressPool silent: no L2Advertisement"));
	convert_source_done(&objects);
	text_done(&yaml);
	text_done(&notes);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *words;
		unsigned line;
	} row[] = {
		{ "", "nothing to convert", 0 },
		{ "kind: Service\n", "nothing to convert", 0 },
		{ "address-pools:\n- name: x\n  protocol: bgp\n", "bgp is not supported", 3 },
		{ "kind: Service\n---\nkind: ConfigMap\ndata:\n  config: |\n    peers: []\n", "BGP", 6 },
		{ "kind: Service\n---\na: [\n", "", 4 },
		{ OBJECT("IPAddressPool", "p") "spec: {addresses: [x]}\n", "invalid CIDR", 5 },
		{ OBJECT("IPAddressPool", "p") "spec:\n  addresses:\n  - 10.0.0.1/32\n  - x\n", "invalid CIDR", 8 },
		{ OBJECT("IPAddressPool", "p") "spec: {addresses: [10.0.0.1/32]}\nstatus: {}\n---\n"
		  OBJECT("L2Advertisement", "l") "spec:\n  nodeSelectors:\n  - matchLabels:\n      a: [b]\n",
		  "matchLabels", 14 },
		{ "---\nkind: IPAddressPool\n", "has no name", 2 },
		{ "kind: ConfigMap\ndata: {config: \"\"}\n" OBJECT("IPAddressPool", "p"), "one or the other",
		  0 },
		{ "a: 1\n---\nb: 1\n", "unknown key", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct config_errors errors = { 0 };
		struct convert_source source;
		struct text t;

		text_init(&t, 4000);
		if (convert_read(row[i].text, strlen(row[i].text), &source, &errors) == 0)
			fail_msg("row %zu is taken", i);
		config_errors_format(&errors, &t);
		if (!strstr(t.s, row[i].words) || errors.at[0].line != row[i].line)
			fail_msg("row %zu: %s", i, t.s);
		text_done(&t);
		config_errors_done(&errors);
	}
}

static void a_list_as_kubectl_prints_it_is_read(void **state)
{
	struct convert_source objects = read_good(
		"apiVersion: v1\nkind: List\nitems:\n"
		"- apiVersion: metallb.io/v1beta1\n  kind: IPAddressPool\n"
		"  metadata: {name: p, namespace: lb, resourceVersion: \"7\"}\n"
		"  spec: {addresses: [10.0.0.0/24], autoAssign: true, serviceAllocation: {priority: 3}}\n"
		"- apiVersion: metallb.io/v1beta1\n  kind: L2Advertisement\n  metadata: {name: l}\n");

	(void)state;
	assert_int_equal(objects.config->pool[0].scope.priority, 3);
	assert_int_equal(objects.config->pool[0].n_advert, 1);
	convert_source_done(&objects);
}

static void checking_judges_maps_for_themselves_and_objects_together(void **state)
{
	static const char both[] = "address-pools: []\n---\nkind: ConfigMap\ndata:\n  config: |\n"
				   "    address-pools:\n    - {name: a, protocol: layer2, addresses: [10.0.0.0/24]}\n"
		OBJECT("IPAddressPool", "p") "spec: {addresses: [10.0.0.0/24]}\n"
		OBJECT("L2Advertisement", "l");
	static const char wrong[] = "peers: []\n---\nbfd-profiles: []\n"
		OBJECT("IPAddressPool", "p") "spec: {addresses: [10.0.0.0/24]}\n"
		OBJECT("IPAddressPool", "q") "spec: {addresses: [10.0.0.0/24]}\n";
	struct convert_counts counts;
	struct config_errors errors = { 0 };

	(void)state;
	assert_int_equal(convert_check(both, strlen(both), &counts, &errors), 0);
	assert_int_equal(counts.n_map, 2);
	assert_int_equal(counts.n_object, 2);
	assert_int_equal(counts.n_pool, 2);
	assert_int_equal(convert_check(wrong, strlen(wrong), &counts, &errors), -EINVAL);
	assert_int_equal(errors.n, 3);
	assert_int_equal(errors.at[0].line, 1);
	assert_int_equal(errors.at[1].line, 3);
	assert_int_equal(errors.at[2].line, 13);
	config_errors_done(&errors);
	assert_int_equal(convert_check("", 0, &counts, &errors), -EINVAL);
	assert_non_null(strstr(errors.at[0].text, "nothing to check"));
	config_errors_done(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back_gives_the_same_pools_in_the_same_order),
		cmocka_unit_test(names_stay_different_and_order_by_name_needs_no_priority),
		cmocka_unit_test(what_a_configmap_cannot_say_is_named),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(checking_judges_maps_for_themselves_and_objects_together),
		cmocka_unit_test(a_list_as_kubectl_prints_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
