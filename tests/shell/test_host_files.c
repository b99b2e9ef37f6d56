/* test_host_files - the settings of a kernel's network namespace, as /proc says them */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "speaker/agent/io/host_files.h"
#include "tests/shell/world.h"

static void set(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(value, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void look(struct host_facts *facts, const char *interface)
{
	struct strmap names = { 0 };

	strmap_put(&names, interface, &names);
	host_files_read("/proc", &names, facts);
	strmap_done(&names);
}

static void settings_and_routes_are_those_of_this_namespace(void **state)
{
	struct host_facts facts;
	const struct host_setting *of_v0;

	(void)state;
	world_ip("link add v0 type veth peer name v1");
	world_ip("addr add 10.1.2.3/24 dev v0");
	world_ip("link set v0 up");
	world_ip("link set v1 up");
	world_ip("route add default via 10.1.2.1");
	set("/proc/sys/net/ipv4/conf/v0/arp_ignore", "1");
	look(&facts, "v0");
	of_v0 = strmap_get(&facts.interface, "v0");
	assert_int_equal(of_v0->arp_ignore, 1);
	assert_true(of_v0->rp_filter >= 0 && facts.all.arp_ignore == 0);
	assert_false(facts.ipvs);
	assert_string_equal(facts.by_default, "v0");
	assert_int_equal(facts.n_subnet, 1);
	assert_int_equal(facts.subnet[0].bits, 24);
	host_facts_done(&facts);
}

static void kube_ipvs0_is_seen(void **state)
{
	struct host_facts facts;

	(void)state;
	world_ip("link add kube-ipvs0 type veth peer name v3");
	look(&facts, "gone");
	assert_true(facts.ipvs);
	assert_int_equal(((struct host_setting *)strmap_get(&facts.interface, "gone"))->rp_filter, -1);
	host_facts_done(&facts);
}

static void without_proc_nothing_is_known(void **state)
{
	struct host_facts facts;
	struct strmap none = { 0 };

	(void)state;
	host_files_read("/nowhere", &none, &facts);
	assert_int_equal(facts.all.arp_ignore, -1);
	assert_false(facts.ipvs);
	assert_int_equal(facts.n_subnet, 0);
	host_facts_done(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_and_routes_are_those_of_this_namespace),
		cmocka_unit_test(kube_ipvs0_is_seen),
		cmocka_unit_test(without_proc_nothing_is_known),
	};
	int skipped = world_enter();

	return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}
