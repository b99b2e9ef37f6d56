/* test_reconcile - what services get, keep, lose and wait for */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/reconcile.h"
#include "tests/unit/controller/world.h"

#define POOL "address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/30]}]"
#define OTHER "address-pools: [{name: q, protocol: layer2, addresses: [9.9.9.0/30]}]"
#define DUAL "address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/31, \"1000::/127\"]}]"

static struct reconcile *fresh(const char *yaml)
{
	struct reconcile *r = reconcile_new("", 1);

	if (yaml)
		reconcile_on_config(r, 0, world_config(yaml));
	reconcile_on_all_services(r, 0);
	return r;
}

static const struct service *find(struct reconcile *r, const char *name)
{
	char key[64] = "default/";

	memcpy(key + 8, name, strlen(name) + 1);
	return reconcile_find(r, key);
}

/* "1.2.3.0", "1.2.3.0 1000::" or "" */
static const char *ips(struct reconcile *r, const char *name)
{
	static char text[2 * IP_TEXT_MAX];
	const struct service *s = find(r, name);
	char one[IP_TEXT_MAX];

	text[0] = '\0';
	for (size_t i = 0; i < s->n_ip; i++) {
		if (i > 0)
			memcpy(text + strlen(text), " ", 2);
		ip_format(&s->ip[i], one);
		memcpy(text + strlen(text), one, strlen(one) + 1);
	}
	return text;
}

static enum reason reason(struct reconcile *r, const char *name)
{
	return (enum reason)find(r, name)->reason;
}

static size_t count_notes(struct reconcile *r, const char *wanted)
{
	struct reconcile_note note;
	size_t n = 0;

	while (reconcile_next_note(r, &note))
		n += strcmp(note.reason, wanted) == 0;
	return n;
}

/* Every write that is due succeeds; returns how many there were. */
static size_t write_all(struct reconcile *r)
{
	struct reconcile_write write;
	size_t n = 0;

	for (; reconcile_next_write(r, 0, &write); n++)
		reconcile_on_written(r, 0, &write, "100");
	return n;
}

static void the_lowest_free_address_is_given_and_written_once(void **state)
{
	struct reconcile *r = fresh(POOL);

	(void)state;
	reconcile_on_service(r, 0, world_service("a"));
	reconcile_on_service(r, 0, world_service("b"));
	assert_string_equal(ips(r, "a"), "1.2.3.0");
	assert_string_equal(ips(r, "b"), "1.2.3.1");
	assert_int_equal(count_notes(r, "IPAllocated"), 2);
	assert_int_equal(write_all(r), 2);
	assert_int_equal(write_all(r), 0);
	reconcile_free(r);
}

static void nothing_is_given_before_all_services_were_seen(void **state)
{
	struct reconcile *r = reconcile_new("", 1);

	(void)state;
	reconcile_on_config(r, 0, world_config(POOL));
	reconcile_on_service(r, 0, world_service("a"));
	assert_string_equal(ips(r, "a"), "");
	assert_int_equal(reason(r, "a"), REASON_NOT_SYNCED);
	reconcile_on_service(r, 0, world_with_stored(world_service("z"), "1.2.3.0"));
	reconcile_on_all_services(r, 0);
	assert_string_equal(ips(r, "z"), "1.2.3.0"); /* it held it: claimed before anything is given */
	assert_string_equal(ips(r, "a"), "1.2.3.1");
	reconcile_free(r);
}

static void the_order_of_arrival_does_not_matter_at_the_start(void **state)
{
	static const char *const order[2][3] = { { "a", "b", "c" }, { "c", "b", "a" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct reconcile *r = reconcile_new("", 1);

		for (size_t k = 0; k < 3; k++)
			reconcile_on_service(r, 0, world_service(order[i][k]));
		reconcile_on_all_services(r, 0);
		reconcile_on_config(r, 0, world_config(POOL));
		assert_string_equal(ips(r, "a"), "1.2.3.0");
		assert_string_equal(ips(r, "c"), "1.2.3.2");
		reconcile_free(r);
	}
}

static void a_stored_address_that_is_right_costs_no_write(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct kube_service *s = world_with_stored(world_service("a"), "1.2.3.2");

	(void)state;
	reconcile_on_service(r, 0, world_with_note(s, SERVICE_NOTE, "p"));
	assert_string_equal(ips(r, "a"), "1.2.3.2");
	assert_int_equal(write_all(r), 0);
	assert_int_equal(count_notes(r, "IPAllocated"), 0);
	reconcile_free(r);
}

static void without_pools_nothing_is_taken(void **state)
{
	static const char *const none[] = { NULL, "", "address-pools: []" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct reconcile *r = fresh(none[i]);

		reconcile_on_no_config(r, 0);
		reconcile_on_service(r, 0, world_with_stored(world_service("a"), "1.2.3.2"));
		reconcile_on_service(r, 0, world_service("b"));
		assert_int_equal(write_all(r), 0);
		assert_int_equal(reason(r, "b"), none[i] ? REASON_NO_POOLS : REASON_NO_CONFIG);
		assert_int_equal(count_notes(r, "AllocationFailed"), 1);
		reconcile_free(r);
	}
}

static void pools_that_lose_an_address_take_it_and_give_another(void **state)
{
	struct reconcile *r = fresh(POOL);

	(void)state;
	reconcile_on_service(r, 0, world_service("a"));
	write_all(r);
	count_notes(r, "");
	reconcile_on_config(r, 0, world_config(OTHER));
	assert_string_equal(ips(r, "a"), "9.9.9.0");
	assert_int_equal(count_notes(r, "ClearAssignment"), 1);
	assert_int_equal(write_all(r), 1);
	reconcile_free(r);
}

static void a_reload_that_changes_nothing_writes_nothing(void **state)
{
	struct reconcile *r = fresh(POOL);

	(void)state;
	reconcile_on_service(r, 0, world_service("b"));
	reconcile_on_service(r, 0, world_service("a"));
	write_all(r);
	count_notes(r, "");
	reconcile_on_config(r, 0, world_config(POOL));
	assert_string_equal(ips(r, "b"), "1.2.3.0"); /* though a comes first by name */
	assert_int_equal(write_all(r), 0);
	assert_int_equal(count_notes(r, "IPAllocated"), 0);
	reconcile_free(r);
}

static void an_address_being_written_survives_a_reload(void **state)
{
	struct reconcile *r = fresh(POOL);

	(void)state;
	reconcile_on_service(r, 0, world_service("b"));
	reconcile_on_service(r, 0, world_service("a"));
	reconcile_on_config(r, 0, world_config(POOL)); /* nothing is stored yet */
	assert_string_equal(ips(r, "b"), "1.2.3.0");
	assert_string_equal(ips(r, "a"), "1.2.3.1");
	reconcile_free(r);
}

static void requests_are_honoured_and_refused_with_a_reason(void **state)
{
	static const struct {
		const char *field, *key, *value, *ip;
		enum reason reason;
	} row[] = {
		{ "1.2.3.2", NULL, NULL, "1.2.3.2", REASON_NONE },
		{ "5.5.5.5", NULL, NULL, "", REASON_OUTSIDE_POOLS },
		{ "nonsense", NULL, NULL, "", REASON_BAD_REQUEST },
		{ "1000::1", NULL, NULL, "", REASON_FAMILY_MISMATCH },
		{ NULL, "metallb.io/loadBalancerIPs", " 1.2.3.3 ", "1.2.3.3", REASON_NONE },
		{ NULL, "metallb.universe.tf/loadBalancerIPs", "1.2.3.3", "1.2.3.3", REASON_NONE },
		{ NULL, "metallb.io/loadBalancerIPs", "1.2.3.1,1.2.3.2", "", REASON_BAD_REQUEST },
		{ NULL, "metallb.io/loadBalancerIPs", "1.2.3.1,1000::,1.1.1.1", "", REASON_BAD_REQUEST },
		{ "1.2.3.1", "metallb.io/loadBalancerIPs", "1.2.3.1", "", REASON_BAD_REQUEST },
		{ NULL, "metallb.io/address-pool", "p", "1.2.3.0", REASON_NONE },
		{ NULL, "metallb.io/address-pool", "zz", "", REASON_UNKNOWN_POOL },
		{ "1.2.3.1", "metallb.io/address-pool", "zz", "", REASON_OTHER_POOL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct reconcile *r = fresh(POOL);
		struct kube_service *s = world_service("a");

		if (row[i].field)
			world_with_ip(s, row[i].field);
		if (row[i].key)
			world_with_note(s, row[i].key, row[i].value);
		reconcile_on_service(r, 0, s);
		assert_string_equal(ips(r, "a"), row[i].ip);
		assert_int_equal(reason(r, "a"), row[i].reason);
		reconcile_free(r);
	}
}

static struct kube_service *sharing(const char *name, const char *key, int32_t port)
{
	struct kube_service *s = world_with_port(world_with_ip(world_service(name), "1.2.3.1"), "TCP", port);

	return world_with_note(s, "metallb.io/allow-shared-ip", key);
}

static void services_share_by_key_backend_and_ports(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct kube_service *local = sharing("local", "k", 9);

	(void)state;
	reconcile_on_service(r, 0, sharing("a", "k", 80));
	reconcile_on_service(r, 0, sharing("b", "k", 443));
	assert_string_equal(ips(r, "b"), "1.2.3.1");
	reconcile_on_service(r, 0, sharing("c", "k", 80));
	assert_int_equal(reason(r, "c"), REASON_PORT_TAKEN);
	assert_non_null(strstr(find(r, "c")->message, "default/a"));
	reconcile_on_service(r, 0, sharing("d", "other", 81));
	assert_int_equal(reason(r, "d"), REASON_SHARING_KEY);
	local->local_policy = true;
	local->selector.at = mem_new(1, sizeof(*local->selector.at));
	local->selector.at[local->selector.n++] = (struct kube_label){ mem_strdup("k"), mem_strdup("v") };
	reconcile_on_service(r, 0, local);
	assert_int_equal(reason(r, "local"), REASON_SHARING_BACKEND);
	reconcile_on_gone(r, 0, "default/a"); /* its port is free: c gets in */
	assert_string_equal(ips(r, "c"), "1.2.3.1");
	reconcile_free(r);
}

static void tcp_and_udp_of_one_port_share(void **state)
{
	struct reconcile *r = fresh(POOL);

	(void)state;
	reconcile_on_service(r, 0, world_with_port(sharing("t", "dns", 1), "TCP", 53));
	reconcile_on_service(r, 0, world_with_port(sharing("u", "dns", 1), "UDP", 53));
	assert_string_equal(ips(r, "t"), "1.2.3.1");
	assert_string_equal(ips(r, "u"), "1.2.3.1");
	reconcile_free(r);
}

static void who_waits_gets_what_is_freed_and_is_told_once(void **state)
{
	static const char *const name[] = { "a", "b", "c", "d", "e", "f" };
	struct reconcile *r = fresh(POOL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(name); i++)
		reconcile_on_service(r, 0, world_service(name[i]));
	assert_int_equal(reason(r, "e"), REASON_ALL_FULL);
	assert_int_equal(count_notes(r, "AllocationFailed"), 2);
	reconcile_on_gone(r, 0, "default/b");
	assert_string_equal(ips(r, "e"), "1.2.3.1");
	assert_int_equal(reason(r, "f"), REASON_ALL_FULL);
	assert_int_equal(count_notes(r, "AllocationFailed"), 0);
	reconcile_free(r);
}

static void a_change_of_type_frees_the_address_and_clears_the_status(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct kube_service *s = world_with_stored(world_service("a"), "1.2.3.0");

	(void)state;
	reconcile_on_service(r, 0, world_service("a"));
	write_all(r);
	s->is_load_balancer = false;
	reconcile_on_service(r, 0, world_with_note(s, SERVICE_NOTE, "p"));
	assert_int_equal(write_all(r), 1);
	assert_int_equal(reason(r, "a"), REASON_NOT_OURS);
	reconcile_on_service(r, 0, world_service("b"));
	assert_string_equal(ips(r, "b"), "1.2.3.0");
	reconcile_free(r);
}

static void a_foreign_class_is_neither_served_nor_cleared_nor_reserved(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct kube_service *s = world_with_stored(world_service("foreign"), "1.2.3.0");

	(void)state;
	s->class = mem_strdup("other");
	reconcile_on_service(r, 0, s);
	reconcile_on_service(r, 0, world_service("mine"));
	assert_string_equal(ips(r, "mine"), "1.2.3.0");
	assert_int_equal(write_all(r), 1);
	reconcile_free(r);
}

static void dual_stack_takes_both_or_says_why_not(void **state)
{
	struct reconcile *r = fresh(DUAL);

	(void)state;
	reconcile_on_service(r, 0, world_dual("a", KUBE_REQUIRE_DUAL));
	assert_string_equal(ips(r, "a"), "1.2.3.0 1000::");
	reconcile_on_service(r, 0, world_with_ip(world_service("v4"), "1.2.3.1"));
	reconcile_on_service(r, 0, world_dual("b", KUBE_REQUIRE_DUAL));
	assert_int_equal(reason(r, "b"), REASON_ALL_FULL);
	reconcile_on_service(r, 0, world_dual("c", KUBE_PREFER_DUAL));
	assert_string_equal(ips(r, "c"), "1000::1");
	assert_int_equal(reason(r, "c"), REASON_PARTLY);
	reconcile_on_gone(r, 0, "default/v4"); /* the second family follows, in place */
	assert_string_equal(ips(r, "c"), "1000::1 1.2.3.1");
	reconcile_free(r);
}

static void who_prefers_two_gets_the_second_when_the_pool_gains_its_family(void **state)
{
	struct reconcile *r = fresh(POOL);

	(void)state;
	reconcile_on_service(r, 0, world_with_stored(world_dual("d", KUBE_PREFER_DUAL), "1.2.3.0"));
	assert_string_equal(ips(r, "d"), "1.2.3.0");
	reconcile_on_config(r, 0, world_config(DUAL));
	assert_string_equal(ips(r, "d"), "1.2.3.0 1000::");
	reconcile_free(r);
}

static void a_single_stack_service_that_prefers_two_does_not_flip(void **state)
{
	struct reconcile *r = fresh(DUAL);
	struct kube_service *s = world_service("a");

	(void)state;
	s->policy = KUBE_PREFER_DUAL;
	reconcile_on_service(r, 0, s);
	assert_string_equal(ips(r, "a"), "1.2.3.0");
	write_all(r);
	reconcile_on_config(r, 0, world_config(DUAL));
	assert_int_equal(write_all(r), 0);
	reconcile_free(r);
}

static void addresses_of_nodes_are_kept_out(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct ip node, inside[4];

	(void)state;
	assert_int_equal(ip_parse("1.2.3.0", &node), 0);
	reconcile_on_nodes(r, 0, &node, 1);
	reconcile_on_service(r, 0, world_service("a"));
	assert_string_equal(ips(r, "a"), "1.2.3.1");
	assert_int_equal(reconcile_node_addresses(r, inside, 4), 1);
	reconcile_on_service(r, 0, world_with_ip(world_service("b"), "1.2.3.0"));
	assert_int_equal(reason(r, "b"), REASON_NODE_ADDRESS);
	reconcile_on_nodes(r, 0, NULL, 0);
	assert_string_equal(ips(r, "b"), "1.2.3.0");
	reconcile_free(r);
}

static void a_conflict_is_tried_again_after_a_while_with_a_new_object(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct reconcile_write write;
	instant due;

	(void)state;
	reconcile_on_service(r, 0, world_service("a"));
	assert_true(reconcile_next_write(r, 0, &write));
	assert_non_null(write.raw);
	reconcile_on_failed(r, 0, &write);
	assert_false(reconcile_next_write(r, 0, &write));
	due = reconcile_deadline(r);
	assert_in_range(due, 1, 60 * NS_PER_S);
	assert_true(reconcile_next_write(r, due, &write));
	assert_null(write.raw); /* the object that we had is not the stored one */
	reconcile_free(r);
}

static void an_old_state_that_arrives_late_is_not_written_again(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct kube_service *late = world_service("a");

	(void)state;
	reconcile_on_service(r, 0, world_service("a"));
	assert_int_equal(write_all(r), 1); /* stored as version 100 */
	free(late->meta.resource_version);
	late->meta.resource_version = mem_strdup("50");
	reconcile_on_service(r, 0, late);
	assert_int_equal(write_all(r), 0);
	reconcile_free(r);
}

static void absurd_services_harm_no_other(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct kube_service *odd = world_with_stored(world_service("odd"), "not an address");
	struct kube_service *three = world_with_stored(world_service("three"), "1.2.3.0");

	(void)state;
	free(odd->cluster_ip[0]);
	odd->cluster_ip[0] = mem_strdup("what?");
	reconcile_on_service(r, 0, odd);
	assert_int_equal(reason(r, "odd"), REASON_FAMILY_UNKNOWN);
	world_with_stored(world_with_stored(three, "1.2.3.1"), "1.2.3.2");
	reconcile_on_service(r, 0, three);
	assert_string_equal(ips(r, "three"), "1.2.3.0");
	reconcile_on_service(r, 0, world_service("sane"));
	assert_string_equal(ips(r, "sane"), "1.2.3.1");
	reconcile_free(r);
}

static struct kube_service *stored_as(const char *ip, const char *version)
{
	struct kube_service *s = world_with_note(world_with_stored(world_service("a"), ip),
						 SERVICE_NOTE, "p");

	free(s->meta.resource_version);
	s->meta.resource_version = mem_strdup(version);
	return s;
}

static void who_else_changes_the_status_is_counted(void **state)
{
	struct reconcile *r = fresh(POOL);

	(void)state;
	reconcile_on_service(r, 0, world_service("a"));
	assert_int_equal(write_all(r), 1); /* stored as version 100 */
	reconcile_on_service(r, 1, stored_as("1.2.3.0", "100"));
	reconcile_on_service(r, 2, stored_as("1.2.3.0", "101"));
	assert_int_equal(find(r, "a")->n_overwritten, 0);
	reconcile_on_service(r, 3, stored_as("8.8.8.8", "99")); /* from before our write */
	assert_int_equal(find(r, "a")->n_overwritten, 0);
	reconcile_on_service(r, 4, stored_as("8.8.8.8", "102"));
	assert_int_equal(find(r, "a")->n_overwritten, 1);
	assert_int_equal(find(r, "a")->overwritten, 4);
	reconcile_on_service(r, 5, stored_as("8.8.8.8", "103")); /* the same, still to be mended */
	assert_int_equal(find(r, "a")->n_overwritten, 1);
	assert_string_equal(ips(r, "a"), "1.2.3.0");
	reconcile_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_free_address_is_given_and_written_once),
		cmocka_unit_test(nothing_is_given_before_all_services_were_seen),
		cmocka_unit_test(the_order_of_arrival_does_not_matter_at_the_start),
		cmocka_unit_test(a_stored_address_that_is_right_costs_no_write),
		cmocka_unit_test(without_pools_nothing_is_taken),
		cmocka_unit_test(pools_that_lose_an_address_take_it_and_give_another),
		cmocka_unit_test(a_reload_that_changes_nothing_writes_nothing),
		cmocka_unit_test(an_address_being_written_survives_a_reload),
		cmocka_unit_test(requests_are_honoured_and_refused_with_a_reason),
		cmocka_unit_test(services_share_by_key_backend_and_ports),
		cmocka_unit_test(tcp_and_udp_of_one_port_share),
		cmocka_unit_test(who_waits_gets_what_is_freed_and_is_told_once),
		cmocka_unit_test(a_change_of_type_frees_the_address_and_clears_the_status),
		cmocka_unit_test(a_foreign_class_is_neither_served_nor_cleared_nor_reserved),
		cmocka_unit_test(dual_stack_takes_both_or_says_why_not),
		cmocka_unit_test(who_prefers_two_gets_the_second_when_the_pool_gains_its_family),
		cmocka_unit_test(a_single_stack_service_that_prefers_two_does_not_flip),
		cmocka_unit_test(addresses_of_nodes_are_kept_out),
		cmocka_unit_test(a_conflict_is_tried_again_after_a_while_with_a_new_object),
		cmocka_unit_test(an_old_state_that_arrives_late_is_not_written_again),
		cmocka_unit_test(absurd_services_harm_no_other),
		cmocka_unit_test(who_else_changes_the_status_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
