/* test_owner - how an address is taken from and given to other speakers, message by message */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/node.h"

#define ETH0 7
#define T(ms) ((instant)(ms)*NS_PER_MS)

static const uint8_t mine[6] = { 2, 0, 0, 0, 0, 7 }, theirs[6] = { 2, 0, 0, 0, 0, 8 };

static struct ip vip(uint8_t last)
{
	return ip_from_v4((const uint8_t[4]){ 10, 0, 0, last });
}

static struct ring_meta kin(bool candidate)
{
	struct ring_meta meta = { .synced = true, .candidate = candidate, .n_reach = 1 };

	meta.reach[0] = (struct ring_reach){ .name = ring_name_hash("eth0"), .ip = vip(8), .bits = 24 };
	memcpy(meta.reach[0].mac, theirs, 6);
	return meta;
}

static void tell(struct node *n, instant now, struct table_message m)
{
	node_on_message(n, now, &m);
}

static void tell_row(struct node *n, instant now, const uint16_t (*order)[2])
{
	struct table_message m = { .kind = TABLE_ROW };

	m.row.ip = vip(100);
	m.row.n_candidate = 2;
	m.row.candidate = mem_new(2, sizeof(uint16_t));
	memcpy(m.row.candidate, *order, sizeof(*order));
	tell(n, now, m);
}

static const uint16_t me_first[2] = { 0, 1 }, other_first[2] = { 1, 0 };

/* "me" and "other" in a ring of one kind; who comes first for 10.0.0.100 is the test's to say. */
static struct node *ring_that_probes(const uint16_t (*order)[2], bool other_is_candidate,
				     int64_t claims_ms)
{
	struct node_config config = node_config_default();
	struct link_news link = { .ifindex = ETH0, .name = "eth0", .up = true, .carrier = true,
				  .ethernet = true };
	const struct link_address address = { ETH0, vip(7), 24, false };
	const struct ring_meta meta = kin(other_is_candidate);
	struct node *n;

	config.in_ring = true;
	config.announce.refresh_ms = 0;
	config.claims_ms = claims_ms;
	n = node_new(&config);
	memcpy(link.mac, mine, 6);
	tell(n, T(0), (struct table_message){ .kind = TABLE_SETTINGS, .settings.node_name = "me" });
	tell(n, T(0), (struct table_message){ .kind = TABLE_NODE, .node = { 0, true, "me" } });
	tell(n, T(0), (struct table_message){ .kind = TABLE_NODE, .node = { 1, true, "other" } });
	node_on_link(n, T(0), &link);
	node_on_address(n, T(0), &address);
	tell_row(n, T(0), order);
	tell(n, T(0), (struct table_message){ .kind = TABLE_SYNCED });
	node_enter_ring(n, T(0));
	node_set_candidate(n, T(0), true);
	node_on_member(n, T(0), "other", true, &meta);
	return n;
}

static struct node *ring(const uint16_t (*order)[2], bool other_is_candidate)
{
	return ring_that_probes(order, other_is_candidate, 0);
}

static bool answers(struct node *n, instant now)
{
	struct node_frame in = { ETH0, { .op = ARP_REQUEST, .spa = { 10, 0, 0, 9 }, .tpa = { 10, 0, 0, 100 } } };
	struct node_frame frame;
	struct arp_msg out;

	while (node_next_frame(n, now, &frame))
		;
	memset(in.arp.eth_dst, 0xff, 6);
	return node_on_arp(n, now, &in, &out) == NODE_ANSWER;
}

/* The next message to "other", of this kind. */
static struct hand_msg expect(struct node *n, enum hand_kind kind)
{
	struct hand_msg msg;
	const char *to;

	assert_true(node_next_hand(n, &to, &msg));
	assert_string_equal(to, "other");
	assert_int_equal(msg.kind, kind);
	assert_string_equal(msg.from, "me");
	return msg;
}

static void expect_nothing(struct node *n)
{
	struct hand_msg msg;
	const char *to;

	assert_false(node_next_hand(n, &to, &msg));
}

static void from_other(struct node *n, instant now, enum hand_kind kind, uint32_t token)
{
	struct hand_msg msg = { .kind = kind, .from = "other", .n = 1 };

	msg.entry[0] = (struct hand_entry){ vip(100), token };
	node_on_hand(n, now, &msg);
}

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
				assert_int_equal(msg.kind, HAND_OFFER);
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

static void another_member_that_answers_too_is_settled_by_rank(void **state)
{
	struct node_frame claim = { ETH0, { .op = ARP_REPLY, .spa = { 10, 0, 0, 100 } } };
	struct node *n = ring(&me_first, true);
	struct arp_msg out;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	memcpy(claim.arp.sha, theirs, 6);
	assert_int_equal(node_on_arp(n, T(2), &claim, &out), NODE_NOT_REQUEST);
	assert_true(answers(n, T(2)));
	(void)expect(n, HAND_ASK); /* let go */
	tell_row(n, T(3), &other_first);
	assert_true(answers(n, T(3)));
	assert_int_equal(node_on_arp(n, T(4), &claim, &out), NODE_NOT_REQUEST);
	assert_false(answers(n, T(4)));
	node_free(n);
}

static void a_stranger_that_answers_too_is_told_of_and_defended_against(void **state)
{
	struct node_frame claim = { ETH0, { .op = ARP_REPLY, .spa = { 10, 0, 0, 100 }, .sha = { 2, 9 } } };
	struct node *n = ring(&me_first, true);
	struct table_message m = { .kind = TABLE_SYNCED };
	struct node_frame frame;
	struct arp_msg out;
	size_t frames = 0, told = 0;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	for (int ms = 1; ms < 6000; ms++)
		(void)answers(n, T(ms)); /* all rounds are over */
	while (node_next_report(n, T(6000), &m))
		;
	for (int ms = 6000; ms < 15000; ms += 100) {
		assert_int_equal(node_on_arp(n, T(ms), &claim, &out), NODE_NOT_REQUEST);
		while (node_next_frame(n, T(ms), &frame))
			frames++;
		while (node_next_report(n, T(ms), &m))
			told += m.kind == TABLE_CLAIM && !m.claim.gone;
		assert_true(answers(n, T(ms)));
	}
	assert_int_equal(frames, 4); /* one defence: a request and a reply, and both again a second later */
	assert_int_equal(told, 1);
	node_free(n);
}

/* Answers every probe until `until_ms`; the time at which its end was told. */
static int gone_at(struct node *n, int until_ms)
{
	struct node_frame claim = { ETH0, { .op = ARP_REPLY, .spa = { 10, 0, 0, 100 }, .sha = { 2, 9 } } };
	struct table_message m = { .kind = TABLE_SYNCED };
	struct node_frame frame;
	struct arp_msg out;

	for (int ms = 10000; ms < 200000; ms += 100) {
		while (node_next_frame(n, T(ms), &frame))
			if (ms < until_ms && memcmp(frame.arp.spa, (uint8_t[4]){ 0 }, 4) == 0)
				(void)!node_on_arp(n, T(ms), &claim, &out);
		while (node_next_report(n, T(ms), &m))
			if (m.kind == TABLE_CLAIM && m.claim.gone)
				return ms;
	}
	return -1;
}

static void a_stranger_that_is_gone_is_named_no_longer(void **state)
{
	struct node *n = ring_that_probes(&me_first, true, 30000);
	int gone_ms;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	gone_ms = gone_at(n, 60000);
	assert_true(gone_ms > 60000 + 5000 && gone_ms < 60000 + 20000);
	node_free(n);
}

/* The last verdict that was reported. */
static struct table_verdict verdict_of(struct node *n, instant now)
{
	struct table_verdict verdict = { 0 };
	struct table_message m;

	while (node_next_report(n, now, &m))
		if (m.kind == TABLE_VERDICT)
			verdict = m.verdict;
	return verdict;
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
	from_other(n, T(2), HAND_GIVE, ask.entry[0].token);
	verdict = verdict_of(n, T(2));
	assert_int_equal(verdict.reason, TABLE_OK);
	assert_int_equal(verdict.cause, TABLE_CAUSE_GIVEN);
	assert_int_equal(verdict.from, 1);
	node_totals(n, &totals);
	assert_int_equal(totals.taken[TABLE_CAUSE_GIVEN], 1);
	assert_int_equal(totals.failover.sum_us, 0);
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
	struct hand_msg give = expect(n, HAND_ASK);

	(void)state;
	give.kind = HAND_GIVE;
	give.held = true;
	memcpy(give.from, "other", sizeof("other"));
	node_on_hand(n, T(2), &give);
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
		cmocka_unit_test(without_an_agent_it_leaves_it_to_who_keeps_it),
		cmocka_unit_test(who_stops_offers_what_it_holds_and_answers_until_asked),
		cmocka_unit_test(what_is_new_is_taken_at_once),
		cmocka_unit_test(while_a_fresh_agent_repeats_the_table_it_fails_over),
		cmocka_unit_test(with_a_member_of_another_kind_it_probes_first_and_stops_at_once),
		cmocka_unit_test(another_member_that_answers_too_is_settled_by_rank),
		cmocka_unit_test(a_stranger_that_answers_too_is_told_of_and_defended_against),
		cmocka_unit_test(a_take_says_whose_it_was_and_why),
		cmocka_unit_test(who_was_asked_on_a_guess_is_not_said_to_have_had_it),
		cmocka_unit_test(who_says_that_it_had_it_is_believed),
		cmocka_unit_test(a_death_is_measured_from_the_first_doubt_to_the_take),
		cmocka_unit_test(who_leaves_has_handed_over),
		cmocka_unit_test(who_has_been_dead_for_long_has_not_failed_now),
		cmocka_unit_test(a_stranger_that_is_gone_is_named_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
