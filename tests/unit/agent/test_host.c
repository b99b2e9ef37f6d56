/* test_host - which settings of a node's kernel disturb addresses */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/core/text.h"
#include "speaker/agent/wire/host_pages.h"
#include "tests/unit/agent/world.h"

#define HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   \n"
#define DEFAULT "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0 \n"
#define ETH0 "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0 \n"
#define ETH1 "eth1\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0 \n"
#define POD "cali1\t0503000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0 \n"
#define FAR "eth0\t0000140A\t010011AC\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0 \n"

static void set(struct host_facts *facts, const char *name, int arp_ignore, int rp_filter)
{
	struct host_setting *setting = mem_new(1, sizeof(*setting));

	*setting = (struct host_setting){ arp_ignore, rp_filter };
	strmap_put(&facts->interface, name, setting);
}

static void subnets_are_the_routes_without_a_gateway(void **state)
{
	struct host_facts facts = { 0 };
	char ip[IP_TEXT_MAX];

	(void)state;
	host_take_routes(&facts, HEAD DEFAULT ETH0 ETH1 POD FAR "eth2\tnonsense\n\n");
	assert_string_equal(facts.by_default, "eth0");
	assert_int_equal(facts.n_subnet, 2);
	assert_string_equal(facts.subnet[0].interface, "eth0");
	assert_string_equal(ip_format(&facts.subnet[0].range.first, ip), "172.17.0.0");
	assert_int_equal(facts.subnet[0].bits, 16);
	assert_string_equal(facts.subnet[1].interface, "eth1");
	assert_string_equal(ip_format(&facts.subnet[1].range.last, ip), "10.0.0.255");
}

static void more_routes_than_there_is_room_for_are_left_out(void **state)
{
	struct host_facts facts = { 0 };
	struct text t;

	(void)state;
	text_init(&t, 1 << 20);
	for (int i = 0; i < HOST_MAX_SUBNETS + 5; i++)
		text_add(&t, ETH1);
	host_take_routes(&facts, t.s);
	assert_int_equal(facts.n_subnet, HOST_MAX_SUBNETS);
	text_done(&t);
}

/* A node that announces 10.0.0.1; how kube-ipvs0 and the settings stand differs. */
static const struct {
	bool ipvs;
	int all_arp, eth0_arp, all_filter, eth1_filter;
	const char *routes;
	bool loose, filter;
	size_t outside; /* announced in no subnet */
} cases[] = {
	{ false, 0, 0, 0, 0, DEFAULT ETH0 ETH1, false, false, 0 },
	{ true, 0, 0, 0, 0, DEFAULT ETH0 ETH1, true, false, 0 },
	{ true, 1, 0, 0, 0, DEFAULT ETH0 ETH1, false, false, 0 }, /* strictARP */
	{ true, 0, 2, 0, 0, DEFAULT ETH0 ETH1, false, false, 0 },
	{ true, -1, -1, 0, 0, DEFAULT ETH0 ETH1, false, false, 0 }, /* not known: not blamed */
	{ false, 0, 0, 1, 0, DEFAULT ETH0 ETH1, false, true, 0 },
	{ false, 0, 0, 0, 1, DEFAULT ETH0 ETH1, false, true, 0 },
	{ false, 0, 0, 1, 2, DEFAULT ETH0 ETH1, false, false, 0 }, /* loose wins */
	{ false, 0, 0, 0, 1, ETH0 ETH1, false, false, 0 },          /* no way out at all */
	{ false, 0, 0, 0, 1, DEFAULT ETH0, false, false, 1 },    /* announced in no subnet of it */
	{ false, 0, 0, 0, 1, DEFAULT, false, false, 0 }, /* no subnet is known */
};

static void each_trouble_is_found_where_it_disturbs(void **state)
{
	struct plan *p = plan_new("a", 0);
	struct config *config = world_config("10.0.0.0", "10.0.0.255", NULL, NULL);
	struct table_verdict v = { .ip = world_address("10.0.0.1"), .interface = { "eth1" },
				   .n_interface = 1 };

	(void)state;
	snapshot_on_config(&p->cluster, config);
	world_node(&p->cluster, "a", "192.168.0.1", WORLD_READY);
	world_service(&p->cluster, "d/web", "10.0.0.1", 0);
	plan_on_verdict(p, &v, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct host_facts facts = { .ipvs = cases[i].ipvs,
					    .all = { cases[i].all_arp, cases[i].all_filter } };

		set(&facts, "eth0", cases[i].eth0_arp, 0);
		set(&facts, "eth1", 0, cases[i].eth1_filter);
		host_take_routes(&facts, cases[i].routes);
		if (host_has_trouble(&facts, p, HOST_IPVS_LOOSE) != cases[i].loose ||
		    host_has_trouble(&facts, p, HOST_PATH_FILTER) != cases[i].filter ||
		    host_n_outside(&facts, p) != cases[i].outside)
			fail_msg("case %zu", i);
		host_facts_done(&facts);
	}
	plan_free(p);
	config_free(config);
}

static void the_metric_has_a_series_for_each_trouble(void **state)
{
	struct host_facts facts = { .ipvs = true };
	struct plan *p = plan_new("a", 0);
	struct text t;

	(void)state;
	text_init(&t, 4096);
	host_metrics_write(&t, &facts, p);
	assert_non_null(strstr(t.s, "tinlb_host_troubles{trouble=\"ipvsWithoutStrictArp\"} 1\n"));
	assert_non_null(strstr(t.s, "tinlb_host_troubles{trouble=\"reversePathFilter\"} 0\n"));
	text_done(&t);
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subnets_are_the_routes_without_a_gateway),
		cmocka_unit_test(more_routes_than_there_is_room_for_are_left_out),
		cmocka_unit_test(each_trouble_is_found_where_it_disturbs),
		cmocka_unit_test(the_metric_has_a_series_for_each_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
