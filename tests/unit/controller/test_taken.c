/* test_taken - everything that takes an address from its holder, and the log's word for it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/reconcile.h"
#include "tests/unit/controller/world.h"

#define POOLS                                                                                     \
	"address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/30]},\n"                     \
	"{name: q, protocol: layer2, addresses: [1.2.4.0/31, \"1000::/127\"], avoid-buggy-ips: true}]"

/* The service "w" after what its status holds; `service` is the caller's no more. */
static struct reconcile *after(struct kube_service *service)
{
	struct reconcile *r = reconcile_new("", 1);
	struct ip node = { .len = IP_V4, .byte = { 1, 2, 3, 3 } };

	reconcile_on_nodes(r, 0, &node, 1);
	reconcile_on_config(r, 0, world_config(POOLS));
	reconcile_on_service(r, 0, world_with_stored(world_service("holder"), "1.2.3.1"));
	reconcile_on_service(r, 0, service);
	reconcile_on_all_services(r, 0);
	return r;
}

/* One note about "w" says so; the address is not its own any more. */
static void taken(struct kube_service *service, const char *word, const char *reason)
{
	struct reconcile *r = after(service);
	struct reconcile_note note;
	size_t n = 0;

	while (reconcile_next_note(r, &note)) {
		if (!note.taken)
			continue;
		n++;
		assert_string_equal(note.key, "default/w");
		assert_string_equal(note.taken, word);
		assert_string_equal(note.reason, reason);
	}
	assert_int_equal(n, 1);
	reconcile_free(r);
}

static struct kube_service *holds(const char *ip)
{
	return world_with_stored(world_service("w"), ip);
}

static struct kube_service *with_cluster_ip(struct kube_service *s, const char *ip)
{
	free(s->cluster_ip[0]);
	s->cluster_ip[0] = mem_strdup(ip);
	return s;
}

static struct kube_service *requiring_two(struct kube_service *s)
{
	s->policy = KUBE_REQUIRE_DUAL;
	return s;
}

static void the_configuration_may_take_it(void **state)
{
	static const char *const ip[] = {
		"9.9.9.9", /* in no pool */
		"1.2.4.0", /* avoided */
		"1.2.3.3", /* a node's own */
		"1.2.3.1", /* somebody's who does not share */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ip); i++)
		taken(holds(ip[i]), "notAllowedByConfig", "ClearAssignment");
	taken(world_with_stored(world_with_stored(world_dual("w", KUBE_PREFER_DUAL), "1.2.3.0"), "1000::1"),
	      "notAllowedByConfig", "ClearAssignment");
}

static void the_service_may_ask_for_another(void **state)
{
	(void)state;
	taken(world_with_note(holds("1.2.3.0"), "metallb.io/address-pool", "q"),
	      "differentPoolRequested", "ClearAssignment");
	taken(world_with_ip(holds("1.2.3.0"), "1.2.3.2"), "differentIPRequested", "ClearAssignment");
}

static void its_families_may_not_fit(void **state)
{
	(void)state;
	taken(holds("1000::1"), "familyChanged", "ClearAssignment");
	taken(holds("nonsense"), "nolbIPsIPFamily", "nolbIPsIPFamily");
	taken(requiring_two(holds("1.2.3.0")), "notEnoughClusterIPs", "not enough clusterips");
}

static void it_may_have_no_cluster_ip(void **state)
{
	(void)state;
	taken(with_cluster_ip(holds("1.2.3.0"), "None"), "noClusterIP", "AllocationFailed");
	taken(with_cluster_ip(holds("1.2.3.0"), ""), "noClusterIP", "WaitingForClusterIP");
}

static void from_whom_nothing_is_held_nothing_is_taken(void **state)
{
	struct kube_service *const service[] = {
		world_service("w"),
		holds("1.2.3.0"),
		with_cluster_ip(world_service("w"), "None"),
		requiring_two(world_service("w")),
		with_cluster_ip(holds("1.2.3.0"), "nonsense"), /* cannot be judged */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(service); i++) {
		struct reconcile *r = after(service[i]);
		struct reconcile_note note;

		while (reconcile_next_note(r, &note))
			assert_null(note.taken);
		reconcile_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_may_take_it),
		cmocka_unit_test(the_service_may_ask_for_another),
		cmocka_unit_test(its_families_may_not_fit),
		cmocka_unit_test(it_may_have_no_cluster_ip),
		cmocka_unit_test(from_whom_nothing_is_held_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
