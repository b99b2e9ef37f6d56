/* test_plan - what is sent and told about who may answer, and what the page shows */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "speaker/agent/core/plan_view.h"
#include "tests/unit/agent/fixture.h"

static void the_first_table_ends_with_synced_and_then_only_differences_are_sent(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	assert_string_equal(fixture_sent(&f), "node 0 a; node 1 b; node 2 c; row 10.0.0.1 ok 3; synced 1");
	assert_string_equal(fixture_sent(&f), "");
	world_endpoints(f.s, "d/web", "d/web-1", "b,c");
	assert_string_equal(fixture_sent(&f), "");
	world_node(f.s, "c", "192.168.0.3", 0);
	assert_string_equal(fixture_sent(&f), "node 2 c down");
	world_service(f.s, "d/dns", "10.0.0.2", 0);
	assert_string_equal(fixture_sent(&f), "row 10.0.0.2 noEndpoints 0");
	snapshot_on_node_gone(f.s, "a");
	assert_string_equal(fixture_sent(&f), "node 0 a down; row 10.0.0.1 ok 2");
	snapshot_on_service_gone(f.s, "d/web");
	assert_string_equal(fixture_sent(&f), "drop 10.0.0.1");
	world_service(f.s, "d/dns", "", WORLD_CLUSTER_IP);
	assert_string_equal(fixture_sent(&f), "drop 10.0.0.2");
	assert_int_equal(f.s->n_row, 0);
	assert_int_equal(f.s->service.n, 1); /* web's endpoints */
	fixture_tear_down(&f);
}

static void an_update_that_changes_nothing_touches_the_address(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	world_service(f.s, "d/web", "10.0.0.1", 0);
	assert_string_equal(fixture_sent(&f), "touch 10.0.0.1");
	fixture_tear_down(&f);
}

static void a_row_that_comes_and_goes_before_it_was_sent_is_not_sent(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	world_service(f.s, "d/dns", "10.0.0.2", 0);
	snapshot_on_service_gone(f.s, "d/dns");
	assert_string_equal(fixture_sent(&f), "node 0 a; node 1 b; node 2 c; row 10.0.0.1 ok 3; synced 1");
	snapshot_on_service_gone(f.s, "d/web");
	world_service(f.s, "d/web", "10.0.0.1", 0);
	assert_string_equal(fixture_sent(&f), "touch 10.0.0.1");
	fixture_tear_down(&f);
}

#define N_MOVES 300 /* more than eight bits count */

static const char *nth_ip(unsigned i)
{
	static char ip[IP_TEXT_MAX];

	snprintf(ip, sizeof(ip), "10.%u.0.%u", i / 200, 2 + i % 200);
	return ip;
}

static void what_moves_while_nothing_can_be_sent_leaves_nothing(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	for (unsigned i = 0; i < N_MOVES; i++)
		world_service(f.s, "d/many", nth_ip(i), 0);
	assert_int_equal(f.s->n_row, 2);
	snapshot_on_service_gone(f.s, "d/many");
	assert_int_equal(f.s->n_row, 1);
	assert_int_equal(f.s->service.n, 1);
	assert_string_equal(fixture_sent(&f), "node 0 a; node 1 b; node 2 c; row 10.0.0.1 ok 3; synced 1");
	fixture_tear_down(&f);
}

static void what_was_announced_is_withdrawn_however_often_it_moved_before_that_could_be_sent(void **state)
{
	struct plan_effect *effect;
	struct fixture f;
	unsigned n = 0;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	world_endpoints(f.s, "d/many", "d/many-1", "a");
	for (unsigned i = 0; i < N_MOVES; i++) {
		world_service(f.s, "d/many", nth_ip(i), 0);
		fixture_verdict(&f, nth_ip(i), TABLE_OK, 5000);
	}
	snapshot_on_endpoints_gone(f.s, "d/many-1");
	snapshot_on_service_gone(f.s, "d/many");
	fixture_sent(&f);
	while ((effect = plan_next_effect(f.p))) {
		n += effect->kind == PLAN_WITHDRAWN;
		free(effect);
	}
	assert_int_equal(n, N_MOVES);
	assert_int_equal(f.s->service.n, 1);
	fixture_tear_down(&f);
}

static void a_take_is_told_once_and_so_is_its_end(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "");
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 0);
	assert_string_equal(fixture_told(&f), "announced d/web 10.0.0.1 a");
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 500);
	world_service(f.s, "d/web", "10.0.0.1", 0);
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "");
	fixture_verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 0);
	assert_string_equal(fixture_told(&f), "withdrawn d/web 10.0.0.1 notOwner");
	fixture_verdict(&f, "10.0.0.1", TABLE_LINK_DOWN, 0);
	assert_string_equal(fixture_told(&f), "");
	fixture_tear_down(&f);
}

static void a_take_from_another_node_tells_whose_it_was_and_stays_in_the_history(void **state)
{
	struct table_verdict v = { .ip = world_address("10.0.0.1"), .owner = 1, .from = 0,
				   .cause = TABLE_CAUSE_DEAD };
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	plan_on_verdict(f.p, &v, f.now_ms);
	assert_string_equal(fixture_told(&f), "announced d/web 10.0.0.1 a; moved d/web 10.0.0.1 a");
	assert_string_equal(history_last(&f.p->history, 0)->about, "10.0.0.1");
	assert_string_equal(history_last(&f.p->history, 0)->event, "announced");
	assert_string_equal(history_last(&f.p->history, 0)->message, "this node answers now: a died");
	plan_on_verdict(f.p, &v, f.now_ms);
	assert_string_equal(fixture_told(&f), "");
	v = (struct table_verdict){ .ip = v.ip, .owner = 0, .reason = TABLE_NOT_OWNER };
	plan_on_verdict(f.p, &v, f.now_ms);
	assert_string_equal(history_last(&f.p->history, 0)->message, "a answers now, b did before");
	assert_int_equal(f.p->history.n, 2);
	fixture_tear_down(&f);
}

static void that_nobody_answers_is_told_by_one_node_when_it_lasts(void **state)
{
	struct table_member self = { .name = "b", .alive = true, .self = true };
	struct table_member others[] = { { .name = "a", .alive = true }, { .name = "c", .alive = true } };
	struct fixture f;
	unsigned told_here = 0;

	(void)state;
	fixture_set_up(&f);
	plan_on_member(f.p, &self, 0);
	world_service(f.s, "d/lonely", "10.0.0.7", 0);
	fixture_sent(&f);
	plan_tick(f.p, START_MS + 20000);
	assert_true(f.p->silent);
	plan_tick(f.p, START_MS + 23000);
	assert_string_equal(fixture_told(&f), "silent d/lonely 10.0.0.7 noEndpoints");
	plan_tick(f.p, START_MS + 30000);
	assert_string_equal(fixture_told(&f), "");
	assert_false(f.p->silent);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		plan_on_member(f.p, &others[i], 0);
	for (char key[] = "d/a"; key[2] <= 'z'; key[2]++) {
		world_service(f.s, key, "10.0.0.8", 0);
		fixture_sent(&f);
		plan_tick(f.p, START_MS + 40000);
		plan_tick(f.p, START_MS + 43000);
		told_here += fixture_told(&f)[0] != '\0';
		snapshot_on_service_gone(f.s, key);
		fixture_sent(&f);
	}
	assert_true(told_here > 0 && told_here < 26);
	fixture_tear_down(&f);
}

static void a_take_from_before_this_agent_is_no_news_but_its_end_is(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 5000);
	assert_string_equal(fixture_told(&f), "");
	snapshot_on_service_gone(f.s, "d/web");
	assert_string_equal(fixture_sent(&f), "drop 10.0.0.1");
	assert_string_equal(fixture_told(&f), "withdrawn d/web 10.0.0.1 serviceDeleted");
	fixture_tear_down(&f);
}

static void no_end_is_told_of_what_was_no_take(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 5000);
	fixture_verdict(&f, "10.0.0.1", TABLE_LINK_DOWN, 0);
	assert_string_equal(fixture_told(&f), "");
	fixture_tear_down(&f);
}

static void a_service_that_joins_an_announced_address_is_told(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 5000);
	world_service(f.s, "d/dns", "10.0.0.1", 0);
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "");
	world_endpoints(f.s, "d/dns", "d/dns-1", "c");
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "announced d/dns 10.0.0.1 a");
	world_endpoints(f.s, "d/dns", "d/dns-1", "");
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "withdrawn d/dns 10.0.0.1 noEndpoints");
	fixture_tear_down(&f);
}

static void a_new_address_withdraws_the_old_one(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 0);
	fixture_told(&f);
	world_service(f.s, "d/web", "10.0.0.9", 0);
	assert_string_equal(fixture_sent(&f), "drop 10.0.0.1; row 10.0.0.9 ok 3");
	assert_string_equal(fixture_told(&f), "withdrawn d/web 10.0.0.1 loadBalancerIPChanged");
	fixture_tear_down(&f);
}

static void announcing_in_spite_of_the_label_is_told(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 0);
	fixture_told(&f);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED); /* the others take over */
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "");
	world_node(f.s, "b", NULL, WORLD_READY);
	fixture_sent(&f);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_EXCLUDED);
	world_node(f.s, "c", NULL, 0); /* it has no label, and does not live */
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "labelIgnored d/web 10.0.0.1 a");
	fixture_verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 0);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 0);
	assert_string_equal(fixture_told(&f), "withdrawn d/web 10.0.0.1 notOwner; "
				      "announced d/web 10.0.0.1 a; labelIgnored d/web 10.0.0.1 a");
	fixture_tear_down(&f);
}

static void it_is_told_when_the_last_one_without_the_label_gets_it_before_it_took_over(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 0);
	world_node(f.s, "c", NULL, WORLD_READY | WORLD_EXCLUDED);
	world_node(f.s, "a", NULL, WORLD_READY | WORLD_EXCLUDED);
	fixture_sent(&f);
	fixture_told(&f);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "labelIgnored d/web 10.0.0.1 a");
	fixture_tear_down(&f);
}

static void member(struct fixture *f, const char *name, bool alive)
{
	struct table_member m = { .alive = alive };

	snprintf(m.name, sizeof(m.name), "%s", name);
	plan_on_member(f->p, &m, 0);
}

/* It takes over by the membership; what the API says of the other nodes comes later. */
static void it_is_told_once_though_the_api_learns_later_that_no_other_lives(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	member(&f, "a", true);
	member(&f, "b", true);
	fixture_sent(&f);
	member(&f, "a", false);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 0);
	assert_string_equal(fixture_told(&f), "announced d/web 10.0.0.1 a; labelIgnored d/web 10.0.0.1 a");
	world_node(f.s, "a", NULL, 0);
	fixture_sent(&f);
	assert_string_equal(fixture_told(&f), "");
	fixture_tear_down(&f);
}

static void the_names_of_many_former_nodes_leave_room_for_new_ones(void **state)
{
	struct fixture f;
	char name[16];

	(void)state;
	fixture_set_up(&f);
	member(&f, "b", true);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "node-%u", i);
		member(&f, name, true);
		member(&f, name, false);
	}
	member(&f, "new", true);
	assert_int_equal(plan_n_members(f.p), 2);
	fixture_tear_down(&f);
}

static void a_missing_interface_is_told_once(void **state)
{
	struct fixture f;

	(void)state;
	fixture_set_up(&f);
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_NO_INTERFACE, 0);
	fixture_verdict(&f, "10.0.0.1", TABLE_NO_INTERFACE, 10);
	assert_string_equal(fixture_told(&f), "noInterface d/web 10.0.0.1 a");
	fixture_tear_down(&f);
}

static void view(struct fixture *f, enum plan_state state, const char *reason, const char *owner,
		 const char *next)
{
	struct plan_view v;

	plan_view_row(f->p, f->s->row[0], &v);
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
	fixture_set_up(&f);
	view(&f, PLAN_IS_WITHHELD, "notSynced", NULL, "a");
	fixture_sent(&f);
	fixture_verdict(&f, "10.0.0.1", TABLE_OK, 0);
	view(&f, PLAN_IS_ANNOUNCED, "ok", "b", "a");
	fixture_verdict(&f, "10.0.0.1", TABLE_NOT_OWNER, 0);
	view(&f, PLAN_IS_NOT_OWNER, "notOwner", "b", "a");
	world_node(f.s, "a", NULL, 0);
	view(&f, PLAN_IS_NOT_OWNER, "notOwner", "b", "c");
	plan_on_member(f.p, &c, 0);
	view(&f, PLAN_IS_NOT_OWNER, "notOwner", "b", NULL);
	world_node(f.s, "b", NULL, WORLD_READY | WORLD_EXCLUDED);
	view(&f, PLAN_IS_NOT_OWNER, "nodeExcluded", "b", NULL);
	world_service(f.s, "d/web", "10.0.0.1", WORLD_LOCAL);
	world_node(f.s, "b", NULL, WORLD_READY);
	view(&f, PLAN_IS_NOT_OWNER, "noLocalEndpointHere", "b", NULL);
	fixture_verdict(&f, "10.0.0.1", TABLE_LINK_DOWN, 0);
	view(&f, PLAN_IS_WITHHELD, "linkDown", "b", NULL);
	fixture_tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_table_ends_with_synced_and_then_only_differences_are_sent),
		cmocka_unit_test(an_update_that_changes_nothing_touches_the_address),
		cmocka_unit_test(a_row_that_comes_and_goes_before_it_was_sent_is_not_sent),
		cmocka_unit_test(what_moves_while_nothing_can_be_sent_leaves_nothing),
		cmocka_unit_test(what_was_announced_is_withdrawn_however_often_it_moved_before_that_could_be_sent),
		cmocka_unit_test(a_take_is_told_once_and_so_is_its_end),
		cmocka_unit_test(a_take_from_another_node_tells_whose_it_was_and_stays_in_the_history),
		cmocka_unit_test(that_nobody_answers_is_told_by_one_node_when_it_lasts),
		cmocka_unit_test(a_take_from_before_this_agent_is_no_news_but_its_end_is),
		cmocka_unit_test(no_end_is_told_of_what_was_no_take),
		cmocka_unit_test(a_service_that_joins_an_announced_address_is_told),
		cmocka_unit_test(a_new_address_withdraws_the_old_one),
		cmocka_unit_test(announcing_in_spite_of_the_label_is_told),
		cmocka_unit_test(it_is_told_when_the_last_one_without_the_label_gets_it_before_it_took_over),
		cmocka_unit_test(it_is_told_once_though_the_api_learns_later_that_no_other_lives),
		cmocka_unit_test(the_names_of_many_former_nodes_leave_room_for_new_ones),
		cmocka_unit_test(a_missing_interface_is_told_once),
		cmocka_unit_test(the_view_says_owner_next_and_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
