/* test_owner - how an address is taken from and given to other speakers, message by message */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/announcer/pair.h"

static void it_takes_only_what_the_other_says_it_gave(void **state)
{
	struct node *n = ring(&me_first, true);
	struct hand_msg ask = expect(n, HAND_ASK);

	(void)state;
	assert_false(answers(n, T(1)));
	from_other(n, T(1), HAND_GIVE, ask.entry[0].token + 1); /* recorded, or of another question */
	assert_false(answers(n, T(1)));
	from_other(n, T(2), HAND_GIVE, ask.entry[0].token);
	assert_true(answers(n, T(2)));
	node_free(n);
}

static void a_silent_holder_loses_it_after_a_second(void **state)
{
	struct node *n = ring(&me_first, true);

	(void)state;
	for (int ms = 0; ms < 1000; ms += 50) {
		assert_false(answers(n, T(ms)));
		(void)expect(n, HAND_ASK);
	}
	for (int ms = 1000; ms < 1300; ms += 100) {
		struct node_frame probe;

		assert_true(node_next_frame(n, T(ms), &probe));
		assert_false(answers(n, T(ms)));
	}
	assert_true(answers(n, T(1300)));
	node_free(n);
}

static void a_holder_that_keeps_it_keeps_it(void **state)
{
	struct node *n = ring(&me_first, true);

	(void)state;
	for (int s = 0; s < 20; s++) {
		struct hand_msg ask = expect(n, HAND_ASK);

		from_other(n, T(1000 * s), HAND_KEEP, ask.entry[0].token);
		assert_false(answers(n, T(1000 * s + 999)));
		assert_false(answers(n, T(1000 * s + 1000)));
	}
	node_on_member(n, T(20000), "other", false, NULL);
	node_set_lonely(n, T(20000), true);
	assert_true(answers(n, T(20000)));
	node_free(n);
}

static void it_gives_to_whom_comes_first_and_to_nobody_else(void **state)
{
	struct node *n = ring(&me_first, false);
	const struct ring_meta healthy = kin(true);
	struct hand_msg give;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	assert_true(answers(n, T(1)));
	from_other(n, T(2), HAND_ASK, 5);
	assert_int_equal(expect(n, HAND_KEEP).entry[0].token, 5);
	assert_true(answers(n, T(2)));
	tell_row(n, T(3), &other_first);
	assert_true(answers(n, T(3))); /* the other one comes first, but is not healthy for long enough */
	node_on_member(n, T(4), "other", true, &healthy);
	assert_true(answers(n, T(4))); /* until it is asked */
	from_other(n, T(5), HAND_ASK, 6);
	give = expect(n, HAND_GIVE);
	assert_int_equal(give.entry[0].token, 6);
	assert_true(give.held);
	assert_false(answers(n, T(5)));
	from_other(n, T(6), HAND_ASK, 6); /* the answer was lost */
	assert_true(expect(n, HAND_GIVE).held);
	from_other(n, T(7), HAND_ASK, 7);
	assert_false(expect(n, HAND_GIVE).held); /* not until now */
	node_free(n);
}

static void it_reminds_whom_comes_first_and_does_not_know(void **state)
{
	struct node *n = ring(&me_first, true);
	size_t reminded = 0;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	tell_row(n, T(2), &other_first);
	for (int ms = 2; ms < 10000; ms += 10) {
		struct hand_msg msg;
		const char *to;

		assert_true(answers(n, T(ms)));
		while (node_next_hand(n, &to, &msg)) {
			assert_int_equal(msg.kind, HAND_OFFER);
			reminded++;
		}
	}
	assert_in_range(reminded, 3, 10);
	node_free(n);
}

/* Its packets do not arrive there, or it would have asked; it has taken the address by itself. */
static void what_is_offered_in_vain_to_one_that_agrees_is_let_go(void **state)
{
	(void)state;
	for (int agrees = 0; agrees <= 1; agrees++) {
		struct node *n = ring(&me_first, true);
		struct ring_meta meta = kin(true);

		from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
		tell_row(n, T(2), &other_first);
		meta.table = node_about(n)->table + !agrees;
		node_on_member(n, T(2), "other", true, &meta);
		for (int ms = 2; ms < 40000; ms += 10) {
			struct hand_msg msg;
			const char *to;

			assert_true(answers(n, T(ms)) || (agrees && ms > 30000));
			while (node_next_hand(n, &to, &msg))
				assert_int_equal(msg.kind, answers(n, T(ms)) ? HAND_OFFER : HAND_GIVE);
		}
		assert_int_equal(answers(n, T(40000)), !agrees);
		node_free(n);
	}
}

static void an_offer_is_answered_by_a_question(void **state)
{
	struct node *n = ring(&me_first, true);

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	tell_row(n, T(2), &other_first);
	from_other(n, T(3), HAND_ASK, 1);
	(void)expect(n, HAND_GIVE);
	from_other(n, T(4), HAND_OFFER, 0); /* it holds it, and this node does not come first */
	expect_nothing(n);
	tell_row(n, T(5), &me_first);
	(void)expect(n, HAND_ASK);
	from_other(n, T(6), HAND_OFFER, 0); /* it sees that too, now */
	from_other(n, T(7), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	assert_true(answers(n, T(7)));
	node_free(n);
}

static void who_offers_on_does_not_hear_and_keeps_it(void **state)
{
	struct node *n = ring(&me_first, true);

	(void)state;
	for (int ms = 0; ms <= 1300; ms += 50)
		(void)answers(n, T(ms));
	assert_true(answers(n, T(1300)));
	from_other(n, T(1400), HAND_OFFER, 0);
	assert_true(answers(n, T(1400)));
	from_other(n, T(2400), HAND_OFFER, 0); /* though it was asked all the time */
	for (int ms = 2400; ms < 20000; ms += 50) {
		if (ms % 2000 == 0)
			from_other(n, T(ms), HAND_OFFER, 0);
		assert_false(answers(n, T(ms)));
	}
	for (int ms = 20000; ms <= 25000; ms += 50) /* it says no more */
		(void)answers(n, T(ms));
	assert_true(answers(n, T(25000)));
	node_free(n);
}

static void who_gives_up_offering_is_not_waited_for(void **state)
{
	struct node *n = ring(&me_first, true);

	(void)state;
	(void)expect(n, HAND_ASK);
	from_other(n, T(10), HAND_GIVE, 0); /* nobody's question */
	for (int ms = 10; ms < 310; ms += 100)
		assert_false(answers(n, T(ms))); /* it could be a recorded one: it probes */
	assert_true(answers(n, T(310)));
	node_free(n);
}

static void who_is_heard_again_says_once_more_what_it_has(void **state)
{
	struct node *n = ring(&me_first, true);
	struct node_frame frame;
	size_t frames = 0;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	node_set_cut_off(n, T(1), true);
	for (int ms = 1; ms < 6000; ms++)
		assert_true(answers(n, T(ms))); /* all rounds are over, and nobody heard them */
	assert_false(node_next_frame(n, T(6000), &frame));
	node_set_cut_off(n, T(6000), false);
	while (node_next_frame(n, T(6000), &frame))
		frames++;
	assert_int_equal(frames, 2);
	node_free(n);
}

static void without_an_agent_it_leaves_it_to_who_keeps_it(void **state)
{
	struct node *n = ring(&me_first, true);
	struct hand_msg ask = { 0 }, msg;
	const char *to;

	(void)state;
	node_on_agent_gone(n); /* its table may be an old one */
	for (int ms = 0; ms <= 1800; ms += 50)
		(void)answers(n, T(ms));
	assert_true(answers(n, T(1800)));
	while (node_next_hand(n, &to, &msg))
		ask = msg;
	assert_int_equal(ask.kind, HAND_ASK);
	from_other(n, T(1810), HAND_KEEP, ask.entry[0].token);
	assert_false(answers(n, T(1810)));
	node_free(n);
}

static void who_stops_offers_what_it_holds_and_answers_until_asked(void **state)
{
	struct node *n = ring(&me_first, true);

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	node_stop(n, T(2));
	assert_true(answers(n, T(2)));
	assert_true(expect(n, HAND_OFFER).stopping);
	assert_false(node_has_handed_over(n));
	from_other(n, T(3), HAND_ASK, 1);
	(void)expect(n, HAND_GIVE);
	assert_false(answers(n, T(3)));
	assert_true(node_has_handed_over(n));
	node_free(n);
}

static void what_is_new_is_taken_at_once(void **state)
{
	struct node *n = ring(&other_first, true);
	struct table_message drop = { .kind = TABLE_DROP };

	(void)state;
	drop.drop = vip(100);
	node_on_message(n, T(1), &drop);
	node_set_settled(n, true);
	tell_row(n, T(2), &me_first);
	assert_true(answers(n, T(2)));
	expect_nothing(n);
	node_free(n);
}

static void while_a_fresh_agent_repeats_the_table_it_fails_over(void **state)
{
	struct node *n = ring(&other_first, true);

	(void)state;
	node_set_lonely(n, T(1), true);
	node_on_agent_gone(n);
	tell(n, T(1), (struct table_message){ .kind = TABLE_SETTINGS, .settings.node_name = "me" });
	assert_false(answers(n, T(1)));
	node_on_member(n, T(2), "other", false, NULL); /* no row was repeated yet, and no node */
	assert_true(answers(n, T(2)));
	node_free(n);
}

static void with_a_member_of_another_kind_it_probes_first_and_stops_at_once(void **state)
{
	struct node *n = ring(&other_first, true);

	(void)state;
	node_on_member(n, T(1), "other", true, NULL);
	assert_false(answers(n, T(1)));
	tell_row(n, T(2), &me_first);
	expect_nothing(n);
	for (int ms = 2; ms < 302; ms += 100)
		assert_false(answers(n, T(ms)));
	assert_true(answers(n, T(302)));
	tell_row(n, T(303), &other_first);
	assert_false(answers(n, T(303)));
	node_free(n);
}

static void a_take_says_whose_it_was_and_why(void **state)
{
	struct node *n = ring(&other_first, true);
	struct table_totals totals = { 0 };
	struct table_verdict verdict;
	struct hand_msg ask;

	(void)state;
	tell_row(n, T(1), &me_first);
	ask = expect(n, HAND_ASK);
	hand_over(n, T(2), &ask);
	verdict = verdict_of(n, T(2));
	assert_int_equal(verdict.reason, TABLE_OK);
	assert_int_equal(verdict.cause, TABLE_CAUSE_GIVEN);
	assert_int_equal(verdict.from, 1);
	node_totals(n, &totals);
	assert_int_equal(totals.taken[TABLE_CAUSE_GIVEN], 1);
	assert_int_equal(totals.failover.sum_us, 0);
	node_free(n);
}

static void who_lost_its_cable_says_so_whoever_comes_first_now(void **state)
{
	struct link_news out = { .ifindex = PAIR_IFINDEX, .name = "eth0", .up = true, .ethernet = true };
	struct node *n = ring(&me_first, true);

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	node_on_link(n, T(2), &out);
	assert_int_equal(verdict_of(n, T(2)).reason, TABLE_LINK_DOWN);
	tell_row(n, T(3), &(const uint16_t[2]){ 1, 1 }); /* not its business */
	assert_int_equal(verdict_of(n, T(3)).reason, TABLE_NOT_OWNER);
	node_free(n);
}

/* Killed and started again, faster than its death was noticed. */
static void who_does_not_have_any_more_what_it_had_has_handed_nothing_over(void **state)
{
	struct node *n = ring(&other_first, true);

	(void)state;
	tell_row(n, T(1), &me_first);
	from_other(n, T(2), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	assert_int_equal(verdict_of(n, T(2)).cause, TABLE_CAUSE_LOST);
	node_free(n);
}

/* With a secret of its own, say: until it can answer, another one does. */
static void who_could_not_answer_does_not_know_that_nobody_did(void **state)
{
	struct node *n = ring(&me_first, true);

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	node_set_locked(n, T(2), TABLE_WRONG_SECRET);
	assert_false(answers(n, T(2)));
	node_set_locked(n, T(3), TABLE_OK);
	assert_false(answers(n, T(3)));
	(void)expect(n, HAND_ASK);
	node_free(n);
}

/* What it says and what its Meta says cross: one question, and both answers fit. */
static void an_offer_of_the_one_that_is_asked_is_no_new_question(void **state)
{
	struct node *n = ring(&me_first, true);
	struct hand_msg ask = expect(n, HAND_ASK), again;

	(void)state;
	from_other(n, T(1), HAND_OFFER, 0);
	again = expect(n, HAND_ASK);
	assert_int_equal(again.entry[0].token, ask.entry[0].token);
	hand_over(n, T(2), &ask);
	assert_true(answers(n, T(2)));
	assert_int_equal(verdict_of(n, T(2)).cause, TABLE_CAUSE_GIVEN);
	node_free(n);
}

static void who_was_asked_on_a_guess_is_not_said_to_have_had_it(void **state)
{
	struct node *n = ring(&me_first, true);
	struct hand_msg ask = expect(n, HAND_ASK);

	(void)state;
	from_other(n, T(2), HAND_GIVE, ask.entry[0].token);
	assert_int_equal(verdict_of(n, T(2)).cause, TABLE_CAUSE_FREE);
	node_free(n);
}

static void who_says_that_it_had_it_is_believed(void **state)
{
	struct node *n = ring(&me_first, true);
	struct hand_msg ask = expect(n, HAND_ASK);

	(void)state;
	hand_over(n, T(2), &ask);
	assert_int_equal(verdict_of(n, T(2)).cause, TABLE_CAUSE_GIVEN);
	node_free(n);
}

static void a_death_is_measured_from_the_first_doubt_to_the_take(void **state)
{
	struct node *n = ring(&other_first, true);
	struct table_totals totals = { 0 };
	instant now;

	(void)state;
	node_on_doubt(n, "other", T(700), false);
	node_on_member(n, T(1000), "other", false, NULL);
	for (now = T(1000); !answers(n, now); now = instant_add_ms(now, 10))
		assert_true(now < T(5000));
	node_totals(n, &totals);
	assert_int_equal(totals.taken[TABLE_CAUSE_DEAD], 1);
	assert_int_equal(totals.failover.sum_us, (now - T(700)) / 1000);
	assert_int_equal(verdict_of(n, now).from, 1);
	node_free(n);
}

static void who_leaves_has_handed_over(void **state)
{
	struct node *n = ring(&other_first, true);
	struct table_totals totals = { 0 };
	instant now;

	(void)state;
	node_on_doubt(n, "other", T(700), true);
	node_on_member(n, T(1000), "other", false, NULL);
	for (now = T(1000); !answers(n, now); now = instant_add_ms(now, 10))
		assert_true(now < T(5000));
	node_totals(n, &totals);
	assert_int_equal(totals.taken[TABLE_CAUSE_GIVEN], 1);
	assert_int_equal(totals.failover.sum_us, 0);
	node_free(n);
}

static void who_has_been_dead_for_long_has_not_failed_now(void **state)
{
	struct node *n = ring(&other_first, true);
	const uint16_t nobody[2] = { 1, 1 };
	struct table_totals totals = { 0 };
	instant now;

	(void)state;
	tell_row(n, T(500), &nobody);
	node_on_doubt(n, "other", T(700), false);
	node_on_member(n, T(1000), "other", false, NULL);
	tell_row(n, T(60000), &me_first);
	for (now = T(60000); !answers(n, now); now = instant_add_ms(now, 10))
		assert_true(now < T(65000));
	node_totals(n, &totals);
	assert_int_equal(totals.taken[TABLE_CAUSE_FREE], 1);
	assert_int_equal(totals.failover.sum_us, 0);
	node_free(n);
}

static void names_that_come_and_go_are_forgotten(void **state)
{
	struct node *n = ring(&other_first, true);
	const struct ring_meta meta = kin(false);
	struct table_message m;
	char name[16];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "node-%d", i);
		node_on_member(n, T(i), name, true, &meta);
		node_on_member(n, T(i), name, false, NULL);
		while (node_next_report(n, T(i), &m))
			;
	}
	assert_true(node_peers(n)->by_name.n < 1000);
	assert_non_null(strmap_get(&node_peers(n)->by_name, "other"));
	node_on_member(n, T(5000), "other", false, NULL); /* rows still refer to it */
	node_set_lonely(n, T(5000), true);
	assert_true(answers(n, T(5000)));
	node_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_only_what_the_other_says_it_gave),
		cmocka_unit_test(a_silent_holder_loses_it_after_a_second),
		cmocka_unit_test(a_holder_that_keeps_it_keeps_it),
		cmocka_unit_test(it_gives_to_whom_comes_first_and_to_nobody_else),
		cmocka_unit_test(it_reminds_whom_comes_first_and_does_not_know),
		cmocka_unit_test(what_is_offered_in_vain_to_one_that_agrees_is_let_go),
		cmocka_unit_test(an_offer_is_answered_by_a_question),
		cmocka_unit_test(who_offers_on_does_not_hear_and_keeps_it),
		cmocka_unit_test(who_gives_up_offering_is_not_waited_for),
		cmocka_unit_test(who_is_heard_again_says_once_more_what_it_has),
		cmocka_unit_test(without_an_agent_it_leaves_it_to_who_keeps_it),
		cmocka_unit_test(who_stops_offers_what_it_holds_and_answers_until_asked),
		cmocka_unit_test(what_is_new_is_taken_at_once),
		cmocka_unit_test(while_a_fresh_agent_repeats_the_table_it_fails_over),
		cmocka_unit_test(with_a_member_of_another_kind_it_probes_first_and_stops_at_once),
		cmocka_unit_test(a_take_says_whose_it_was_and_why),
		cmocka_unit_test(who_lost_its_cable_says_so_whoever_comes_first_now),
		cmocka_unit_test(who_does_not_have_any_more_what_it_had_has_handed_nothing_over),
		cmocka_unit_test(an_offer_of_the_one_that_is_asked_is_no_new_question),
		cmocka_unit_test(who_could_not_answer_does_not_know_that_nobody_did),
		cmocka_unit_test(who_was_asked_on_a_guess_is_not_said_to_have_had_it),
		cmocka_unit_test(who_says_that_it_had_it_is_believed),
		cmocka_unit_test(a_death_is_measured_from_the_first_doubt_to_the_take),
		cmocka_unit_test(who_leaves_has_handed_over),
		cmocka_unit_test(who_has_been_dead_for_long_has_not_failed_now),
		cmocka_unit_test(names_that_come_and_go_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
