/* test_decide - who may answer for an address, and why not */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/agent/fixture.h"

#define DECIDES(ip, text) assert_string_equal(world_decision(f.s, ip), text)

static void a_service_with_an_endpoint_may_be_answered_by_every_node(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	DECIDES("10.0.0.1", "a > c > b");
	world_endpoints(f.s, "d/web", "d/web-1", "?");
	DECIDES("10.0.0.1", "a > c > b");
	fixture_tear_down(&f);
}

static void under_policy_local_only_nodes_with_endpoints_may(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	world_service(f.s, "d/web", "10.0.0.1", WORLD_LOCAL);
	DECIDES("10.0.0.1", "a");
	world_endpoints(f.s, "d/web", "d/web-2", "b,b,!c,stranger");
	DECIDES("10.0.0.1", "a > b");
	world_endpoints(f.s, "d/web", "d/web-1", "!a");
	DECIDES("10.0.0.1", "b");
	world_endpoints(f.s, "d/web", "d/web-2", "stranger,?");
	DECIDES("10.0.0.1", "noLocalEndpoints");
	world_node(f.s, "stranger", NULL, WORLD_READY);
	DECIDES("10.0.0.1", "stranger");
	fixture_tear_down(&f);
}

static void every_reason_to_withhold_has_its_word(void **state)
{
	struct fixture f;
	struct config *other = world_config("10.9.0.0", "10.9.0.255", "fd00::", "fd00::ff");

	(void)state;
	fixture_set_up(&f);
	world_endpoints(f.s, "d/web", "d/web-1", "!a");
	DECIDES("10.0.0.1", "noEndpoints");
	snapshot_on_endpoints_gone(f.s, "d/web-1");
	DECIDES("10.0.0.1", "noEndpoints");
	snapshot_on_config(f.s, NULL);
	DECIDES("10.0.0.1", "noConfig");
	snapshot_on_config(f.s, other);
	DECIDES("10.0.0.1", "ipNotAllowed");
	world_service(f.s, "d/six", "fd00::1", 0);
	DECIDES("fd00::1", "ipv6");
	world_node(f.s, "c", "10.9.0.7", WORLD_READY);
	world_service(f.s, "d/node", "10.9.0.7", 0);
	DECIDES("10.9.0.7", "nodeAddress");
	world_service(f.s, "d/web", "10.9.0.1", 0);
	world_endpoints(f.s, "d/web", "d/web-1", "a");
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_UNAVAILABLE);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_UNAVAILABLE);
	snapshot_on_node_gone(f.s, "c");
	DECIDES("10.9.0.1", "noCandidate");
	DECIDES("10.0.0.1", "no row");
	fixture_tear_down(&f);
	config_free(other);
}

static void addresses_of_two_pools_in_one_service_are_not_allowed(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	world_service(f.s, "d/web", "10.0.0.1,10.1.0.1", 0);
	DECIDES("10.0.0.1", "ipNotAllowed");
	DECIDES("10.1.0.1", "ipNotAllowed");
	world_service(f.s, "d/web", "10.0.0.1,10.0.0.2,10.0.0.1", 0);
	DECIDES("10.0.0.2", "a > c > b"); /* in the order of the first address */
	f.s->elect_by_name = true;
	DECIDES("10.0.0.2", "b > c > a"); /* sha256(node "#d/web"), as old versions do */
	fixture_tear_down(&f);
}

static void one_entry_that_is_no_address_spoils_the_service(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 5000);
	world_service(f.s, "d/web", "10.0.0.1,lb.example", 0);
	assert_string_equal(fixture_sent(&f), "drop 10.0.0.1");
	assert_string_equal(fixture_told(&f), "withdrawn d/web 10.0.0.1 invalidIP");
	fixture_tear_down(&f);
}

static void the_exclude_label_puts_a_node_behind_all_others(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_EXCLUDED);
	DECIDES("10.0.0.1", "c > b > !a");
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	DECIDES("10.0.0.1", "c > !a > !b");
	world_node(f.s, "c", NULL, WORLD_READY | WORLD_EXCLUDED);
	DECIDES("10.0.0.1", "!a > !c > !b");
	f.s->ignore_exclude = true;
	DECIDES("10.0.0.1", "a > c > b");
	fixture_tear_down(&f);
}

static void a_node_whose_network_is_unavailable_is_out(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_UNAVAILABLE);
	DECIDES("10.0.0.1", "c > b");
	fixture_tear_down(&f);
}

static void sharers_are_one_row_over_the_union_of_their_nodes(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	world_service(f.s, "d/web", "10.0.0.1", WORLD_LOCAL);
	world_service(f.s, "d/dns", "10.0.0.1", WORLD_LOCAL);
	DECIDES("10.0.0.1", "a");
	world_endpoints(f.s, "d/dns", "d/dns-1", "c");
	DECIDES("10.0.0.1", "a > c");
	assert_int_equal(f.s->n_row, 1);
	fixture_tear_down(&f);
}

static void limits_refuse_and_count(void **state)
{
	struct fixture f;
	char name[TABLE_NODE_NAME_MAX + 8], ips[SNAPSHOT_MAX_IPS * 16 + 64] = "";

	(void)state;
	fixture_set_up(&f);
	memset(name, 'n', sizeof(name));
	name[TABLE_NODE_NAME_MAX] = '\0';
	world_node(f.s, name, NULL, WORLD_READY);
	assert_int_equal(f.s->nodes.n_refused, 1);
	for (int i = 0; i <= SNAPSHOT_MAX_IPS; i++)
		snprintf(ips + strlen(ips), 24, "10.0.0.%d,", i);
	world_service(f.s, "d/many", ips, 0);
	assert_int_equal(f.s->n_row, 1);
	for (int i = 0; i < TABLE_MAX_NODES; i++) {
		snprintf(name, sizeof(name), "node%d", i);
		world_node(f.s, name, NULL, WORLD_READY);
	}
	assert_int_equal(f.s->nodes.n_refused, 4);
	snapshot_on_node_gone(f.s, "node0");
	fixture_sent(&f);
	world_node(f.s, "node0", NULL, WORLD_READY);
	assert_int_equal(f.s->nodes.n_refused, 4);
	fixture_tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_with_an_endpoint_may_be_answered_by_every_node),
		cmocka_unit_test(under_policy_local_only_nodes_with_endpoints_may),
		cmocka_unit_test(every_reason_to_withhold_has_its_word),
		cmocka_unit_test(addresses_of_two_pools_in_one_service_are_not_allowed),
		cmocka_unit_test(one_entry_that_is_no_address_spoils_the_service),
		cmocka_unit_test(the_exclude_label_puts_a_node_behind_all_others),
		cmocka_unit_test(a_node_whose_network_is_unavailable_is_out),
		cmocka_unit_test(sharers_are_one_row_over_the_union_of_their_nodes),
		cmocka_unit_test(limits_refuse_and_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
