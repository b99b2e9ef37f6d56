/* test_swim_members - memberlist's precedence of alive, suspect and dead */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/swim_members.h"

#define T(ms) ((ms)*NS_PER_MS)

struct seen {
	int joined, left, updated;
};

static void count_change(void *ctx, const struct swim_member *member, enum swim_change change)
{
	struct seen *seen = ctx;

	(void)member;
	seen->joined += change == SWIM_JOINED;
	seen->left += change == SWIM_LEFT;
	seen->updated += change == SWIM_UPDATED;
}

static struct swim_alive alive_of(const char *name, uint32_t incarnation)
{
	struct swim_alive alive = { .incarnation = incarnation, .port = 7946,
				    .addr = { 4, { 10, 0, 0, (uint8_t)name[0] } },
				    .vsn = { 6, { 1, 5, 2, 0, 0, 0 } } };

	memcpy(alive.node, name, strlen(name) + 1);
	return alive;
}

static struct swim_claim claim_of(const char *node, uint32_t incarnation, const char *from)
{
	struct swim_claim claim = { .incarnation = incarnation };

	memcpy(claim.node, node, strlen(node) + 1);
	memcpy(claim.from, from, strlen(from) + 1);
	return claim;
}

struct fixture {
	struct swim_members m;
	struct seen seen;
};

/* "self" and "a".."e", all alive in incarnation 5 (self: 100). */
static int setup(void **state)
{
	struct fixture *f = mem_new(1, sizeof(*f));
	struct swim_timing lan = swim_timing_lan();
	struct swim_alive self = alive_of("self", 100);

	swim_members_init(&f->m, &lan, &self, 0);
	f->m.on_change = count_change;
	f->m.ctx = &f->seen;
	for (char name[] = "a"; name[0] <= 'e'; name[0]++) {
		struct swim_alive alive = alive_of(name, 5);

		swim_members_on_alive(&f->m, 0, &alive);
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	swim_members_done(&f->m);
	free(f);
	return 0;
}

static enum swim_state state_of(struct fixture *f, const char *name)
{
	return swim_members_find(&f->m, name)->state;
}

static void suspect(struct fixture *f, instant now, const char *node, uint32_t inc,
		    const char *from)
{
	struct swim_claim claim = claim_of(node, inc, from);

	swim_members_on_suspect(&f->m, now, &claim);
}

static void dead(struct fixture *f, instant now, const char *node, uint32_t inc, const char *from)
{
	struct swim_claim claim = claim_of(node, inc, from);

	swim_members_on_dead(&f->m, now, &claim);
}

static void alive(struct fixture *f, instant now, const char *node, uint32_t inc)
{
	struct swim_alive a = alive_of(node, inc);

	swim_members_on_alive(&f->m, now, &a);
}

static void only_a_higher_incarnation_clears_a_suspicion(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->seen.joined, 5);
	suspect(f, T(1), "a", 4, "b"); /* old news */
	assert_int_equal(state_of(f, "a"), SWIM_STATE_ALIVE);
	suspect(f, T(1), "a", 5, "b");
	assert_int_equal(state_of(f, "a"), SWIM_STATE_SUSPECT);
	alive(f, T(2), "a", 5);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_SUSPECT);
	alive(f, T(3), "a", 6);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_ALIVE);
	assert_int_equal(heap_deadline(&f->m.suspicions), INSTANT_NEVER);
	assert_int_equal(f->seen.left, 0);
}

static void a_suspicion_ends_at_its_timeout_and_not_before(void **state)
{
	struct fixture *f = *state;
	/* six known: the longest wait is 6 * 4 s, each confirmation shortens it */
	const instant full = T(24000), with_one = T(11380), with_two = T(4000);

	suspect(f, 0, "a", 5, "b");
	assert_int_equal(heap_deadline(&f->m.suspicions), full);
	suspect(f, T(1), "a", 5, "b"); /* the same voice again */
	assert_int_equal(heap_deadline(&f->m.suspicions), full);
	suspect(f, T(1), "a", 5, "c");
	assert_int_equal(heap_deadline(&f->m.suspicions) / T(10), with_one / T(10));
	suspect(f, T(2), "a", 5, "d");
	assert_int_equal(heap_deadline(&f->m.suspicions), with_two);
	suspect(f, T(3), "a", 5, "e"); /* two are enough */
	assert_int_equal(heap_deadline(&f->m.suspicions), with_two);
	swim_members_tick(&f->m, with_two - 1);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_SUSPECT);
	swim_members_tick(&f->m, with_two);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_DEAD);
	assert_int_equal(f->seen.left, 1);
}

static void timeouts_follow_the_formula_of_lifeguard(void **state)
{
	struct swim_timing lan = swim_timing_lan();

	(void)state;
	assert_int_equal(swim_suspicion_min_ms(&lan, 3), 4000);
	assert_int_equal(swim_suspicion_min_ms(&lan, 10), 4000);
	assert_int_equal(swim_suspicion_min_ms(&lan, 50), 6795);
	assert_int_equal(swim_suspicion_min_ms(&lan, 100), 8000);
	assert_int_equal(swim_suspicion_min_ms(&lan, 500), 10795);
	assert_int_equal(swim_suspicion_ms(0, 2, 4000, 24000), 24000);
	assert_int_equal(swim_suspicion_ms(1, 2, 4000, 24000), 11381);
	assert_int_equal(swim_suspicion_ms(2, 2, 4000, 24000), 4000);
	assert_int_equal(swim_suspicion_ms(0, 0, 4000, 24000), 4000);
}

static void death_ends_only_with_a_higher_incarnation(void **state)
{
	struct fixture *f = *state;

	dead(f, T(1), "a", 5, "b");
	assert_int_equal(state_of(f, "a"), SWIM_STATE_DEAD);
	suspect(f, T(2), "a", 9, "b");
	assert_int_equal(state_of(f, "a"), SWIM_STATE_DEAD);
	alive(f, T(3), "a", 5);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_DEAD);
	alive(f, T(4), "a", 6);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_ALIVE);
	assert_int_equal(f->seen.left, 1);
	assert_int_equal(f->seen.joined, 6);
}

static void who_says_it_of_itself_has_left(void **state)
{
	struct fixture *f = *state;
	struct swim_alive elsewhere = alive_of("a", 6);

	dead(f, T(1), "a", 5, "a");
	assert_int_equal(state_of(f, "a"), SWIM_STATE_LEFT);
	elsewhere.addr.byte[0] = 99; /* only who left may come back from another address */
	swim_members_on_alive(&f->m, T(2), &elsewhere);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_ALIVE);
	elsewhere = alive_of("b", 6);
	elsewhere.addr.byte[0] = 99;
	swim_members_on_alive(&f->m, T(2), &elsewhere);
	assert_int_equal(swim_members_find(&f->m, "b")->said.incarnation, 5);
	assert_int_equal(f->m.noted[SWIM_NOTE_ADDRESS_CLASH], 1);
}

static void the_two_forms_of_an_address_are_two_addresses(void **state)
{
	struct fixture *f = *state;
	struct swim_alive mapped = alive_of("b", 6);

	mapped.addr = (struct swim_addr){ 16, { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 'b' } };
	swim_members_on_alive(&f->m, T(1), &mapped);
	assert_int_equal(f->m.noted[SWIM_NOTE_ADDRESS_CLASH], 1);
}

static void accusations_of_this_node_are_refuted_above_them(void **state)
{
	struct fixture *f = *state;
	const struct swim_member *self = swim_members_self(&f->m);
	uint64_t said = f->m.gossip.next_order;

	suspect(f, T(1), "self", 99, "a"); /* an older incarnation: nothing to refute, but to repeat */
	assert_int_equal(self->said.incarnation, 100);
	assert_true(f->m.gossip.next_order > said);
	suspect(f, T(1), "self", 100, "a");
	assert_int_equal(self->said.incarnation, 101);
	dead(f, T(2), "self", 500, "a");
	assert_int_equal(self->said.incarnation, 501);
	alive(f, T(3), "self", 501); /* our own words come back: nothing to say */
	assert_int_equal(f->m.noted[SWIM_NOTE_REFUTED], 2);
	assert_int_equal(f->m.awareness, 2);
	assert_int_equal(self->state, SWIM_STATE_ALIVE);
}

static void another_machine_with_our_name_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct swim_alive twin = alive_of("self", 900);

	twin.addr.byte[0] = 99;
	swim_members_on_alive(&f->m, T(1), &twin);
	assert_int_equal(f->m.noted[SWIM_NOTE_NAME_CLASH], 1);
	assert_int_equal(swim_members_self(&f->m)->said.incarnation, 100);
}

static void the_dead_of_others_are_only_suspected_here(void **state)
{
	struct fixture *f = *state;
	struct swim_alive entry = alive_of("a", 5);

	entry.state = SWIM_STATE_DEAD;
	swim_members_on_entry(&f->m, T(1), &entry);
	assert_int_equal(state_of(f, "a"), SWIM_STATE_SUSPECT);
	entry = alive_of("b", 5);
	entry.state = SWIM_STATE_LEFT;
	swim_members_on_entry(&f->m, T(1), &entry);
	assert_int_equal(state_of(f, "b"), SWIM_STATE_LEFT);
}

static void the_dead_are_forgotten_after_thirty_seconds(void **state)
{
	struct fixture *f = *state;

	dead(f, T(1), "a", 5, "b");
	swim_members_reap(&f->m, T(30000));
	assert_non_null(swim_members_find(&f->m, "a"));
	swim_members_reap(&f->m, T(30001));
	assert_null(swim_members_find(&f->m, "a"));
	assert_int_equal(f->m.n, 5);
}

static void who_was_forgotten_has_to_outlive_the_news_of_its_death(void **state)
{
	struct fixture *f = *state;

	dead(f, 0, "a", 5, "b");
	dead(f, 0, "b", 5, "a");
	assert_false(swim_member_is_mortal(swim_members_find(&f->m, "c")));
	swim_members_reap(&f->m, T(30001));
	alive(f, T(40000), "a", 5);
	assert_true(swim_member_is_mortal(swim_members_find(&f->m, "a")));
	alive(f, T(41000), "a", 6);
	assert_false(swim_member_is_mortal(swim_members_find(&f->m, "a")));
	alive(f, T(41000), "b", 6); /* by itself above what it died in */
	assert_false(swim_member_is_mortal(swim_members_find(&f->m, "b")));
}

static void leaving_is_not_refuted(void **state)
{
	struct fixture *f = *state;
	struct swim_claim told = claim_of("self", 100, "self");

	swim_members_leave(&f->m, T(1));
	swim_members_on_dead(&f->m, T(2), &told);
	alive(f, T(2), "self", 100);
	assert_int_equal(f->m.noted[SWIM_NOTE_REFUTED], 0);
	assert_int_equal(swim_members_self(&f->m)->state, SWIM_STATE_LEFT);
}

static void unusable_versions_are_ignored(void **state)
{
	struct fixture *f = *state;
	struct swim_alive odd = alive_of("f", 1);

	odd.vsn.byte[0] = 0;
	swim_members_on_alive(&f->m, T(1), &odd);
	odd.vsn = (struct swim_vsn){ 2, { 1, 5 } };
	swim_members_on_alive(&f->m, T(1), &odd);
	assert_null(swim_members_find(&f->m, "f"));
}

static void a_member_without_an_address_is_none_and_one_without_a_port_has_ours(void **state)
{
	struct fixture *f = *state;
	struct swim_alive odd = alive_of("f", 1);

	odd.addr.n = 0;
	swim_members_on_alive(&f->m, T(1), &odd);
	assert_null(swim_members_find(&f->m, "f"));
	odd = alive_of("f", 1);
	odd.port = 0;
	swim_members_on_alive(&f->m, T(1), &odd);
	assert_int_equal(swim_members_find(&f->m, "f")->said.port, swim_members_self(&f->m)->said.port);
}

static void the_last_incarnation_stays(void **state)
{
	struct fixture *f = *state;
	struct swim_meta meta = { .n = 1, .byte = { 1 } };

	suspect(f, T(1), "self", UINT32_MAX, "a");
	swim_members_set_meta(&f->m, &meta);
	assert_int_equal(swim_members_self(&f->m)->said.incarnation, UINT32_MAX);
}

static void members_beyond_the_limit_are_counted_not_kept(void **state)
{
	struct fixture *f = *state;

	f->m.max_members = 6;
	alive(f, T(1), "f", 1);
	assert_null(swim_members_find(&f->m, "f"));
	assert_int_equal(f->m.noted[SWIM_NOTE_FULL], 1);
}

static void news_is_told_a_bounded_number_of_times_and_replaced(void **state)
{
	struct swim_gossip g = { 0 };
	struct swim_msg msg = { .kind = SWIM_ALIVE }, out;
	unsigned told = 0;

	(void)state;
	assert_int_equal(swim_gossip_limit(4, 3), 4);
	assert_int_equal(swim_gossip_limit(4, 10), 8);
	assert_int_equal(swim_gossip_limit(4, 100), 12);
	msg.alive = alive_of("a", 1);
	swim_gossip_put(&g, &msg);
	msg.alive = alive_of("a", 2);
	swim_gossip_put(&g, &msg);
	for (;; told++) {
		swim_gossip_begin(&g);
		if (!swim_gossip_take(&g, 1000, 4, &out))
			break;
		assert_int_equal(out.alive.incarnation, 2);
		assert_false(swim_gossip_take(&g, 1000, 4, &out)); /* once per packet */
	}
	assert_int_equal(told, 4);
	swim_gossip_put(&g, &msg);
	for (told = 0; told < 100; told++) {
		swim_gossip_begin(&g);
		assert_true(swim_gossip_take(&g, 1000, SWIM_GOSSIP_UNCOUNTED, &out));
	}
	swim_gossip_put(&g, &msg);
	assert_false(swim_gossip_take(&g, swim_gossip_size(&msg) - 1, 4, &out));
	swim_gossip_done(&g);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(only_a_higher_incarnation_clears_a_suspicion),
		TEST(a_suspicion_ends_at_its_timeout_and_not_before),
		TEST(timeouts_follow_the_formula_of_lifeguard),
		TEST(death_ends_only_with_a_higher_incarnation),
		TEST(who_says_it_of_itself_has_left),
		TEST(the_two_forms_of_an_address_are_two_addresses),
		TEST(accusations_of_this_node_are_refuted_above_them),
		TEST(another_machine_with_our_name_is_noticed),
		TEST(the_dead_of_others_are_only_suspected_here),
		TEST(the_dead_are_forgotten_after_thirty_seconds),
		TEST(who_was_forgotten_has_to_outlive_the_news_of_its_death),
		TEST(leaving_is_not_refuted),
		TEST(unusable_versions_are_ignored),
		TEST(a_member_without_an_address_is_none_and_one_without_a_port_has_ours),
		TEST(the_last_incarnation_stays),
		TEST(members_beyond_the_limit_are_counted_not_kept),
		TEST(news_is_told_a_bounded_number_of_times_and_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
