/* test_config_yaml - MetalLB's ConfigMap format, right and wrong */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/wire/config_yaml.h"

#define POOL(addresses) "address-pools:\n- name: p\n  protocol: layer2\n  addresses: " addresses "\n"

static struct config *accepted(const char *text)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;

	assert_int_equal(config_from_yaml(text, strlen(text), &config, &errors), 0);
	assert_int_equal(errors.n, 0);
	return config;
}

static void assert_refused(const char *text, unsigned line, const char *path, const char *words)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;

	assert_true(config_from_yaml(text, strlen(text), &config, &errors) != 0);
	assert_null(config);
	assert_int_equal(errors.at[0].line, line);
	assert_string_equal(errors.at[0].path, path);
	if (!strstr(errors.at[0].text, words))
		fail_msg("\"%s\" does not say \"%s\"", errors.at[0].text, words);
	config_errors_done(&errors);
}

static void a_pool_has_its_ranges_and_flags(void **state)
{
	struct config *config = accepted("address-pools:\n"
					 "- name: a\n"
					 "  protocol: layer2\n"
					 "  addresses: [10.20.30.40/24, \"1.2.3.4 - 1.2.3.9\", fd00::/120]\n"
					 "  avoid-buggy-ips: yes\n"
					 "- name: b\n"
					 "  protocol: layer2\n"
					 "  auto-assign: off\n"
					 "  addresses: [9.9.9.9/32]\n");
	const struct config_pool *a = config_find_pool(config, "a");
	struct ip ip;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_int_equal(a->n_range, 3);
	assert_string_equal(ip_format(&a->range[0].first, text), "10.20.30.0"); /* host bits are masked */
	assert_string_equal(ip_format(&a->range[1].last, text), "1.2.3.9");
	assert_true(a->avoid_buggy && a->auto_assign);
	assert_false(config_find_pool(config, "b")->auto_assign);
	assert_int_equal(ip_parse("1.2.3.5", &ip), 0);
	assert_ptr_equal(config_pool_of(config, &ip), a);
	assert_int_equal(ip_parse("1.2.3.10", &ip), 0);
	assert_null(config_pool_of(config, &ip));
	assert_int_equal(config_pool_size_family(a, IP_V4), 254 + 6);
	assert_int_equal(config_pool_size(a), 254 + 6 + 256);
	assert_null(config_find_pool(config, "c"));
	config_free(config);
}

static void sizes_leave_buggy_addresses_out_exactly(void **state)
{
	static const struct {
		const char *address;
		uint64_t size;
	} row[] = {
		{ "[1.2.3.0/32]", 0 },	 { "[1.2.3.255/32]", 0 }, { "[1.2.3.1/32]", 1 },
		{ "[1.2.3.0/24]", 254 }, { "[1.2.2.0/23]", 508 }, { "[2.3.4.128/25]", 127 },
		{ "[1.2.3.0-1.2.4.0]", 254 },
		{ "[1000::/120]", 256 }, { "[1000::/64, 2000::/64]", UINT64_MAX }, { "[1000::/48]", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct text t;
		struct config *config;

		text_init(&t, 512);
		text_addf(&t, "address-pools: [{name: p, protocol: layer2, addresses: %s, avoid-buggy-ips: true}]",
			  row[i].address);
		config = accepted(t.s);
		assert_true(config_pool_size(&config->pool[0]) == row[i].size);
		config_free(config);
		text_done(&t);
	}
}

static void an_empty_document_is_a_configuration_without_pools(void **state)
{
	static const char *const text[] = { "", "\n", "# nothing\n", "{}", "address-pools:\n", "address-pools: []",
					    "---\n...\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct config *config = accepted(text[i]);

		assert_int_equal(config->n_pool, 0);
		config_free(config);
	}
}

static void line_ends_of_windows_and_json_are_read(void **state)
{
	struct config *config = accepted("address-pools:\r\n- name: p\r\n  protocol: layer2\r\n"
					 "  addresses: [1.2.3.0/24]\r\n");

	(void)state;
	assert_string_equal(config->pool[0].name, "p");
	assert_int_equal(strlen(config->hash), 16);
	config_free(config);
	config_free(accepted("{\"address-pools\": [{\"name\": \"p\", \"protocol\": \"layer2\", "
			     "\"addresses\": [\"1.2.3.0/24\"]}]}"));
}

static void what_is_wrong_is_named_with_line_path_and_remedy(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *path, *words;
	} row[] = {
		{ POOL("[1.2.3.4]"), 4, "address-pools[0].addresses[0]", "1.2.3.4/32" },
		{ POOL("[1.2.3.0/33]"), 4, "address-pools[0].addresses[0]", "0 to 32" },
		{ POOL("[1.2.3.0/x]"), 4, "address-pools[0].addresses[0]", "not a prefix" },
		{ POOL("[1.2.3/24]"), 4, "address-pools[0].addresses[0]", "not an address" },
		{ POOL("[1.2.3.9-1.2.3.4]"), 4, "address-pools[0].addresses[0]", "1.2.3.4-1.2.3.9" },
		{ POOL("[1.2.3.4-fd00::1]"), 4, "address-pools[0].addresses[0]", "mixes" },
		{ POOL("[1.2.3.4-x]"), 4, "address-pools[0].addresses[0]", "end of the range" },
		{ POOL("[x-1.2.3.4]"), 4, "address-pools[0].addresses[0]", "start of the range" },
		{ POOL("[hello]"), 4, "address-pools[0].addresses[0]", "CIDR" },
		{ POOL("[[a]]"), 4, "address-pools[0].addresses[0]", "text" },
		{ POOL("[]"), 2, "address-pools[0].addresses", "no prefixes" },
		{ POOL("1.2.3.0/24"), 4, "address-pools[0].addresses", "list" },
		{ POOL("[1.2.3.0/24, 1.2.3.128/25]"), 4, "address-pools[0].addresses[1]", "overlaps" },
		{ "address-pools:\n- protocol: layer2\n  addresses: [1.2.3.0/24]\n", 2,
		  "address-pools[0].name", "missing pool name" },
		{ "address-pools:\n- name: p\n  addresses: [1.2.3.0/24]\n", 2,
		  "address-pools[0].protocol", "missing protocol" },
		{ "address-pools:\n- name: p\n  protocol: bgp\n  addresses: [1.2.3.0/24]\n", 3,
		  "address-pools[0].protocol", "layer 2" },
		{ "address-pools:\n- name: p\n  protocol: ospf\n  addresses: [1.2.3.0/24]\n", 3,
		  "address-pools[0].protocol", "unknown protocol" },
		{ POOL("[1.2.3.0/24]") "- name: p\n  protocol: layer2\n  addresses: [1.2.4.0/24]\n", 5,
		  "address-pools[1].name", "duplicate" },
		{ POOL("[1.2.3.0/24]\n  speed: 9"), 5, "address-pools[0].speed", "unknown key" },
		{ POOL("[1.2.3.0/24]\n  auto-assign: maybe"), 5, "address-pools[0].auto-assign", "true or false" },
		{ POOL("[1.2.3.0/24]\n  auto-assign: \"true\""), 5, "address-pools[0].auto-assign", "quotes" },
		{ POOL("[1.2.3.0/24]\n  bgp-advertisements: []"), 5, "address-pools[0].bgp-advertisements",
		  "layer 2" },
		{ "peers: []", 1, "peers", "layer 2" },
		{ "bgp-communities: {}", 1, "bgp-communities", "layer 2" },
		{ "pools: []", 1, "pools", "address-pools" },
		{ "address-pools: []\naddress-pools: []\n", 2, "address-pools", "twice" },
		{ "address-pools: 7", 1, "address-pools", "list" },
		{ "- a\n", 1, "", "map" },
		{ "address-pools:\n\t- name: p\n", 2, "", "tabs" },
		{ "address-pools: &a []\nx: *a\n", 2, "", "aliases" },
		{ "a: 1\n---\nb: 2\n", 2, "", "second document" },
		{ "{a: 1", 2, "", "not valid YAML" },
		{ "? [a]\n: b\n", 1, "", "plain text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_refused(row[i].text, row[i].line, row[i].path, row[i].words);
}

static void all_errors_come_at_once(void **state)
{
	const char *text = "peers: []\naddress-pools:\n- protocol: bgp\n  addresses: [1.2.3.4, x]\n  speed: 1\n";
	struct config_errors errors = { 0 };
	struct config *config;
	struct text t;

	(void)state;
	assert_true(config_from_yaml(text, strlen(text), &config, &errors) != 0);
	assert_int_equal(errors.n, 6);
	text_init(&t, 4096);
	config_errors_format(&errors, &t);
	assert_non_null(strstr(t.s, "line 1: peers: "));
	assert_non_null(strstr(t.s, "; line 4: address-pools[0].addresses[1]: "));
	text_done(&t);
	config_errors_done(&errors);
}

static void errors_beyond_the_limit_are_counted(void **state)
{
	struct config_errors errors = { 0 };
	struct config *config;
	struct text t;

	(void)state;
	text_init(&t, 1 << 20);
	text_add(&t, "address-pools:\n");
	for (int i = 0; i < 200; i++)
		text_add(&t, "- {}\n");
	assert_true(config_from_yaml(t.s, t.n, &config, &errors) != 0);
	assert_int_equal(errors.n, CONFIG_MAX_ERRORS);
	assert_int_equal(errors.n_more, 600 - CONFIG_MAX_ERRORS); /* name, protocol and addresses of each */
	text_clear(&t);
	config_errors_format(&errors, &t);
	assert_non_null(strstr(t.s, "and 500 more"));
	text_done(&t);
	config_errors_done(&errors);
}

static void documents_that_are_too_deep_or_too_long_are_refused(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 2 << 20);
	for (int i = 0; i < 100; i++)
		text_add(&t, "[");
	assert_refused(t.s, 1, "", "deep");
	text_clear(&t);
	while (t.n <= 1024 * 1024)
		text_add(&t, "# a long comment that means nothing\n");
	assert_refused(t.s, 1, "", "bytes");
	text_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_has_its_ranges_and_flags),
		cmocka_unit_test(sizes_leave_buggy_addresses_out_exactly),
		cmocka_unit_test(an_empty_document_is_a_configuration_without_pools),
		cmocka_unit_test(line_ends_of_windows_and_json_are_read),
		cmocka_unit_test(what_is_wrong_is_named_with_line_path_and_remedy),
		cmocka_unit_test(all_errors_come_at_once),
		cmocka_unit_test(errors_beyond_the_limit_are_counted),
		cmocka_unit_test(documents_that_are_too_deep_or_too_long_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
