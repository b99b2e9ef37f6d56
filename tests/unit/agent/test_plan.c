/* test_plan - who may answer, why not, and what is sent and told about it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/agent/world.h"

#define START_MS INT64_C(1700000000000)

struct fixture {
	struct plan *p;
	struct snapshot *s;
	struct config *config;
	int64_t now_ms;
	char log[4096]; /* what came out, one word or phrase after the other */
};

/* Three nodes, a pool, a service "d/web" at 10.0.0.1 with an endpoint on a. */
static void set_up(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->p = plan_new("b", START_MS);
	f->s = &f->p->cluster;
	f->now_ms = START_MS + 1000;
	f->config = world_config("10.0.0.0", "10.0.0.255", "10.1.0.0", "10.1.0.255");
	snapshot_on_config(f->s, f->config);
	world_node(f->s, "a", "192.168.0.1", WORLD_READY);
	world_node(f->s, "b", "192.168.0.2", WORLD_READY);
	world_node(f->s, "c", "192.168.0.3", WORLD_READY);
	world_service(f->s, "d/web", "10.0.0.1", 0);
	world_endpoints(f->s, "d/web", "d/web-1", "a");
}

static void tear_down(struct fixture *f)
{
	plan_free(f->p);
	config_free(f->config);
}

#define DECIDES(ip, text) assert_string_equal(world_decision(f.s, ip), text)

static void add(struct fixture *f, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct fixture *f, const char *format, ...)
{
	size_t n = strlen(f->log);
	va_list args;

	va_start(args, format);
	vsnprintf(f->log + n, sizeof(f->log) - n, format, args);
	va_end(args);
}

/* Everything to send, as a line. */
static const char *sent(struct fixture *f)
{
	struct table_message m;
	char ip[IP_TEXT_MAX];

	f->log[0] = '\0';
	while (plan_next_message(f->p, &m)) {
		add(f, "%s", f->log[0] ? "; " : "");
		if (m.kind == TABLE_NODE)
			add(f, "node %u %s%s", m.node.index, m.node.name,
			    m.node.alive ? "" : " down");
		else if (m.kind == TABLE_SYNCED)
			add(f, "synced %u", m.synced.n_rows);
		else if (m.kind == TABLE_ROW)
			add(f, "row %s %s %u", ip_format(&m.row.ip, ip),
			    table_reason_word(m.row.withheld), m.row.n_candidate);
		else
			add(f, "%s %s", m.kind == TABLE_DROP ? "drop" : "touch",
			    ip_format(&m.drop, ip));
	}
	return f->log;
}

static const char *told(struct fixture *f)
{
	static const char *const word[] = { "announced", "withdrawn", "noInterface",
					    "labelIgnored", "claimed", "moved", "silent" };
	struct plan_effect *effect;
	char ip[IP_TEXT_MAX];

	f->log[0] = '\0';
	while ((effect = plan_next_effect(f->p))) {
		add(f, "%s%s %s %s %s", f->log[0] ? "; " : "", word[effect->kind],
		    effect->service, ip_format(&effect->ip, ip),
		    effect->reason ? effect->reason :
		    effect->from[0] ? effect->from :
				      effect->pool);
		free(effect);
	}
	return f->log;
}

/* The announcer says: reason for ip, for age_ms already. */
static void verdict(struct fixture *f, const char *ip, enum table_reason reason, int64_t age_ms)
{
	struct table_verdict v = { .ip = world_ip(ip), .reason = reason, .owner = 1,
				   .since_ms = age_ms, .interface = { "eth0", "eth1" },
				   .n_interface = 2 };

	plan_on_verdict(f->p, &v, f->now_ms);
}

static void a_service_with_an_endpoint_may_be_answered_by_every_node(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	DECIDES("10.0.0.1", "a > c > b");
	world_endpoints(f.s, "d/web", "d/web-1", "?");
	DECIDES("10.0.0.1", "a > c > b");
	tear_down(&f);
}

static void under_policy_local_only_nodes_with_endpoints_may(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
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
	tear_down(&f);
}

static void every_reason_to_withhold_has_its_word(void **state)
{
	struct fixture f;
	struct config *other = world_config("10.9.0.0", "10.9.0.255", "fd00::", "fd00::ff");

	(void)state;
	set_up(&f);
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
	DECIDES("10.0.0.1", "noEndpoints"); /* ended, not yet worked on */
	tear_down(&f);
	config_free(other);
}

static void addresses_of_two_pools_in_one_service_are_not_allowed(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	world_service(f.s, "d/web", "10.0.0.1,10.1.0.1", 0);
	DECIDES("10.0.0.1", "ipNotAllowed");
	DECIDES("10.1.0.1", "ipNotAllowed");
	world_service(f.s, "d/web", "10.0.0.1,10.0.0.2,10.0.0.1", 0);
	DECIDES("10.0.0.2", "a > c > b"); /* in the order of the first address */
	f.s->elect_by_name = true;
	DECIDES("10.0.0.2", "b > c > a"); /* sha256(node "#d/web"), as old versions do */
	tear_down(&f);
}

static void one_entry_that_is_no_address_spoils_the_service(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	world_service(f.s, "d/web", "10.0.0.1,lb.example", 0);
	assert_int_equal(f.s->row[0]->n_hold, 1);
	assert_string_equal(f.s->row[0]->hold[0].ended, "invalidIP");
	tear_down(&f);
}

static void the_exclude_label_puts_a_node_behind_all_others(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_EXCLUDED);
	DECIDES("10.0.0.1", "c > b > !a");
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	DECIDES("10.0.0.1", "c > !a > !b");
	world_node(f.s, "c", NULL, WORLD_READY | WORLD_EXCLUDED);
	DECIDES("10.0.0.1", "!a > !c > !b");
	f.s->ignore_exclude = true;
	DECIDES("10.0.0.1", "a > c > b");
	tear_down(&f);
}

static void a_node_whose_network_is_unavailable_is_out(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_UNAVAILABLE);
	DECIDES("10.0.0.1", "c > b");
	tear_down(&f);
}

static void sharers_are_one_row_over_the_union_of_their_nodes(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	world_service(f.s, "d/web", "10.0.0.1", WORLD_LOCAL);
	world_service(f.s, "d/dns", "10.0.0.1", WORLD_LOCAL);
	DECIDES("10.0.0.1", "a");
	world_endpoints(f.s, "d/dns", "d/dns-1", "c");
	DECIDES("10.0.0.1", "a > c");
	assert_int_equal(f.s->n_row, 1);
	tear_down(&f);
}

static void the_first_table_ends_with_synced_and_then_only_differences_are_sent(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	assert_string_equal(sent(&f), "node 0 a; node 1 b; node 2 c; row 10.0.0.1 ok 3; synced 1");
	assert_string_equal(sent(&f), "");
	world_endpoints(f.s, "d/web", "d/web-1", "b,c");
	assert_string_equal(sent(&f), "");
	world_node(f.s, "c", "192.168.0.3", 0);
	assert_string_equal(sent(&f), "node 2 c down");
	world_service(f.s, "d/dns", "10.0.0.2", 0);
	assert_string_equal(sent(&f), "row 10.0.0.2 noEndpoints 0");
	snapshot_on_node_gone(f.s, "a");
	assert_string_equal(sent(&f), "node 0 a down; row 10.0.0.1 ok 2");
	snapshot_on_service_gone(f.s, "d/web");
	assert_string_equal(sent(&f), "drop 10.0.0.1");
	world_service(f.s, "d/dns", "", WORLD_CLUSTER_IP);
	assert_string_equal(sent(&f), "drop 10.0.0.2");
	assert_int_equal(f.s->n_row, 0);
	assert_int_equal(f.s->service.n, 1); /* web's endpoints */
	tear_down(&f);
}

static void an_update_that_changes_nothing_touches_the_address(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	world_service(f.s, "d/web", "10.0.0.1", 0);
	assert_string_equal(sent(&f), "touch 10.0.0.1");
	tear_down(&f);
}

static void a_row_that_comes_and_goes_before_it_was_sent_is_not_sent(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	world_service(f.s, "d/dns", "10.0.0.2", 0);
	snapshot_on_service_gone(f.s, "d/dns");
	assert_string_equal(sent(&f), "node 0 a; node 1 b; node 2 c; row 10.0.0.1 ok 3; synced 1");
	snapshot_on_service_gone(f.s, "d/web");
	world_service(f.s, "d/web", "10.0.0.1", 0);
	assert_string_equal(sent(&f), "touch 10.0.0.1");
	tear_down(&f);
}

static void a_take_is_told_once_and_so_is_its_end(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	assert_string_equal(told(&f), "");
	verdict(&f, "10.0.0.1", TABLE_OK, 0);
	assert_string_equal(told(&f), "announced d/web 10.0.0.1 a");
	verdict(&f, "10.0.0.1", TABLE_OK, 500);
	world_service(f.s, "d/web", "10.0.0.1", 0);
	sent(&f);
	assert_string_equal(told(&f), "");
	verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 0);
	assert_string_equal(told(&f), "withdrawn d/web 10.0.0.1 notOwner");
	verdict(&f, "10.0.0.1", TABLE_LINK_DOWN, 0);
	assert_string_equal(told(&f), "");
	tear_down(&f);
}

static void a_take_from_another_node_tells_whose_it_was_and_stays_in_the_history(void **state)
{
	struct table_verdict v = { .ip = world_ip("10.0.0.1"), .owner = 1, .from = 0,
				   .cause = TABLE_CAUSE_DEAD };
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	plan_on_verdict(f.p, &v, f.now_ms);
	assert_string_equal(told(&f), "announced d/web 10.0.0.1 a; moved d/web 10.0.0.1 a");
	assert_string_equal(history_last(&f.p->history, 0)->about, "10.0.0.1");
	assert_string_equal(history_last(&f.p->history, 0)->event, "announced");
	assert_string_equal(history_last(&f.p->history, 0)->message, "this node answers now: a died");
	plan_on_verdict(f.p, &v, f.now_ms);
	assert_string_equal(told(&f), "");
	v = (struct table_verdict){ .ip = v.ip, .owner = 0, .reason = TABLE_NOT_OWNER };
	plan_on_verdict(f.p, &v, f.now_ms);
	assert_string_equal(history_last(&f.p->history, 0)->message, "a answers now, b did before");
	assert_int_equal(f.p->history.n, 2);
	tear_down(&f);
}

static void that_nobody_answers_is_told_by_one_node_when_it_lasts(void **state)
{
	struct table_member self = { .name = "b", .alive = true, .self = true };
	struct table_member others[] = { { .name = "a", .alive = true }, { .name = "c", .alive = true } };
	struct fixture f;
	unsigned told_here = 0;

	(void)state;
	set_up(&f);
	plan_on_member(f.p, &self);
	world_service(f.s, "d/lonely", "10.0.0.7", 0);
	sent(&f);
	plan_tick(f.p, START_MS + 20000);
	assert_true(f.p->silent);
	plan_tick(f.p, START_MS + 23000);
	assert_string_equal(told(&f), "silent d/lonely 10.0.0.7 noEndpoints");
	plan_tick(f.p, START_MS + 30000);
	assert_string_equal(told(&f), "");
	assert_false(f.p->silent);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		plan_on_member(f.p, &others[i]);
	for (char key[] = "d/a"; key[2] <= 'z'; key[2]++) {
		world_service(f.s, key, "10.0.0.8", 0);
		sent(&f);
		plan_tick(f.p, START_MS + 40000);
		plan_tick(f.p, START_MS + 43000);
		told_here += told(&f)[0] != '\0';
		snapshot_on_service_gone(f.s, key);
		sent(&f);
	}
	assert_true(told_here > 0 && told_here < 26);
	tear_down(&f);
}

static void a_take_from_before_this_agent_is_no_news_but_its_end_is(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_OK, 5000);
	assert_string_equal(told(&f), "");
	snapshot_on_service_gone(f.s, "d/web");
	assert_string_equal(sent(&f), "drop 10.0.0.1");
	assert_string_equal(told(&f), "withdrawn d/web 10.0.0.1 serviceDeleted");
	tear_down(&f);
}

static void no_end_is_told_of_what_was_no_take(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 5000);
	verdict(&f, "10.0.0.1", TABLE_LINK_DOWN, 0);
	assert_string_equal(told(&f), "");
	tear_down(&f);
}

static void a_service_that_joins_an_announced_address_is_told(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_OK, 5000);
	world_service(f.s, "d/dns", "10.0.0.1", 0);
	sent(&f);
	assert_string_equal(told(&f), "");
	world_endpoints(f.s, "d/dns", "d/dns-1", "c");
	sent(&f);
	assert_string_equal(told(&f), "announced d/dns 10.0.0.1 a");
	world_endpoints(f.s, "d/dns", "d/dns-1", "");
	sent(&f);
	assert_string_equal(told(&f), "withdrawn d/dns 10.0.0.1 noEndpoints");
	tear_down(&f);
}

static void a_new_address_withdraws_the_old_one(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_OK, 0);
	told(&f);
	world_service(f.s, "d/web", "10.0.0.9", 0);
	assert_string_equal(sent(&f), "drop 10.0.0.1; row 10.0.0.9 ok 3");
	assert_string_equal(told(&f), "withdrawn d/web 10.0.0.1 loadBalancerIPChanged");
	tear_down(&f);
}

static void announcing_in_spite_of_the_label_is_told(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_OK, 0);
	told(&f);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED); /* the others take over */
	sent(&f);
	assert_string_equal(told(&f), "");
	world_node(f.s, "b", NULL, WORLD_READY);
	sent(&f);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_EXCLUDED);
	world_node(f.s, "c", NULL, 0); /* it has no label, and does not live */
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	sent(&f);
	assert_string_equal(told(&f), "labelIgnored d/web 10.0.0.1 a");
	verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 0);
	verdict(&f, "10.0.0.1", TABLE_OK, 0);
	assert_string_equal(told(&f), "withdrawn d/web 10.0.0.1 notOwner; "
				      "announced d/web 10.0.0.1 a; labelIgnored d/web 10.0.0.1 a");
	tear_down(&f);
}

static void it_is_told_when_the_last_one_without_the_label_gets_it_before_it_took_over(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_OK, 0);
	world_node(f.s, "c", NULL, WORLD_READY | WORLD_EXCLUDED);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_EXCLUDED);
	sent(&f);
	told(&f);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	sent(&f);
	assert_string_equal(told(&f), "labelIgnored d/web 10.0.0.1 a");
	tear_down(&f);
}

static void a_missing_interface_is_told_once(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_NO_INTERFACE, 0);
	verdict(&f, "10.0.0.1", TABLE_NO_INTERFACE, 10);
	assert_string_equal(told(&f), "noInterface d/web 10.0.0.1 a");
	tear_down(&f);
}

static void view(struct fixture *f, enum plan_state state, const char *reason, const char *owner,
		 const char *next)
{
	struct plan_view v;

	plan_view(f->p, f->s->row[0], &v);
	assert_int_equal(v.state, state);
	assert_string_equal(table_reason_word(v.reason), reason);
	assert_true(str_equal(v.owner, owner));
	assert_true(str_equal(v.next, next));
}

static void the_view_says_owner_next_and_reason(void **state)
{
	struct fixture f;
	struct table_member c = { .name = "c", .alive = false };

	(void)state;
	set_up(&f);
	view(&f, PLAN_IS_WITHHELD, "notSynced", NULL, "a");
	sent(&f);
	verdict(&f, "10.0.0.1", TABLE_OK, 0);
	view(&f, PLAN_IS_ANNOUNCED, "ok", "b", "a");
	verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 0);
	view(&f, PLAN_IS_NOT_OWNER, "notOwner", "b", "a");
	world_node(f.s, "a", NULL, 0);
	view(&f, PLAN_IS_NOT_OWNER, "notOwner", "b", "c");
	plan_on_member(f.p, &c);
	view(&f, PLAN_IS_NOT_OWNER, "notOwner", "b", NULL);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	view(&f, PLAN_IS_NOT_OWNER, "nodeExcluded", "b", NULL);
	world_service(f.s, "d/web", "10.0.0.1", WORLD_LOCAL);
	world_node(f.s, "b", NULL, WORLD_READY);
	view(&f, PLAN_IS_NOT_OWNER, "noLocalEndpointHere", "b", NULL);
	verdict(&f, "10.0.0.1", TABLE_LINK_DOWN, 0);
	view(&f, PLAN_IS_WITHHELD, "linkDown", "b", NULL);
	tear_down(&f);
}

static void limits_refuse_and_count(void **state)
{
	struct fixture f;
	char name[TABLE_NODE_NAME_MAX + 8], ips[SNAPSHOT_MAX_IPS * 16 + 64] = "";

	(void)state;
	set_up(&f);
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
	sent(&f);
	world_node(f.s, "node0", NULL, WORLD_READY);
	assert_int_equal(f.s->nodes.n_refused, 4);
	tear_down(&f);
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
		cmocka_unit_test(
			the_first_table_ends_with_synced_and_then_only_differences_are_sent),
		cmocka_unit_test(an_update_that_changes_nothing_touches_the_address),
		cmocka_unit_test(a_row_that_comes_and_goes_before_it_was_sent_is_not_sent),
		cmocka_unit_test(a_take_is_told_once_and_so_is_its_end),
		cmocka_unit_test(a_take_from_another_node_tells_whose_it_was_and_stays_in_the_history),
		cmocka_unit_test(that_nobody_answers_is_told_by_one_node_when_it_lasts),
		cmocka_unit_test(a_take_from_before_this_agent_is_no_news_but_its_end_is),
		cmocka_unit_test(no_end_is_told_of_what_was_no_take),
		cmocka_unit_test(a_service_that_joins_an_announced_address_is_told),
		cmocka_unit_test(a_new_address_withdraws_the_old_one),
		cmocka_unit_test(announcing_in_spite_of_the_label_is_told),
		cmocka_unit_test(it_is_told_when_the_last_one_without_the_label_gets_it_before_it_took_over),
		cmocka_unit_test(a_missing_interface_is_told_once),
		cmocka_unit_test(the_view_says_owner_next_and_reason),
		cmocka_unit_test(limits_refuse_and_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
