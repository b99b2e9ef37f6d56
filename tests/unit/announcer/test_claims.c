/* test_claims - what a speaker does when another machine answers for its address, frame by frame */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/announcer/pair.h"

#define CLAIM PAIR_IFINDEX, { .op = ARP_REPLY, .spa = { 10, 0, 0, 100 } }

static void another_member_that_answers_too_is_settled_by_rank(void **state)
{
	struct node_frame claim = { CLAIM };
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

/* Both hold it for a third one, which is about to be declared dead. */
static void of_two_that_wait_for_a_third_the_first_goes_on(void **state)
{
	struct node_frame claim = { CLAIM };
	struct node *n = ring(&me_first, true);
	struct arp_msg out;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	tell_row_of_three(n, T(3), &(const uint16_t[3]){ 2, 1, 0 });
	memcpy(claim.arp.sha, theirs, 6);
	memset(claim.arp.eth_dst, 0xff, 6);
	assert_int_equal(node_on_arp(n, T(4), &claim, &out), NODE_NOT_REQUEST);
	assert_true(answers(n, T(4))); /* what only announces may be deaf */
	memcpy(claim.arp.eth_dst, mine, 6);
	assert_int_equal(node_on_arp(n, T(5), &claim, &out), NODE_NOT_REQUEST);
	assert_false(answers(n, T(5)));
	node_free(n);
}

static void a_stranger_that_answers_too_is_told_of_and_defended_against(void **state)
{
	struct node_frame claim = { PAIR_IFINDEX, { .op = ARP_REPLY, .spa = { 10, 0, 0, 100 }, .sha = { 2, 9 } } };
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
	struct node_frame claim = { PAIR_IFINDEX, { .op = ARP_REPLY, .spa = { 10, 0, 0, 100 }, .sha = { 2, 9 } } };
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

/* Until all rounds are over; the number of frames that say who has the address. */
static size_t announced(struct node *n, int from_ms, int until_ms)
{
	struct node_frame frame;
	size_t count = 0;

	for (int ms = from_ms; ms < until_ms; ms += 10)
		while (node_next_frame(n, T(ms), &frame))
			count += memcmp(frame.arp.spa, frame.arp.tpa, 4) == 0;
	return count;
}

static void the_last_word_comes_when_the_other_has_fallen_silent(void **state)
{
	struct node_frame claim = { CLAIM };
	struct node *n = ring(&me_first, true);
	struct arp_msg out;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	(void)announced(n, 1, 6000);
	memcpy(claim.arp.sha, theirs, 6);
	(void)!node_on_arp(n, T(6000), &claim, &out); /* defended at once */
	assert_int_not_equal(announced(n, 6000, 12000), 0);
	assert_true(answers(n, T(12000))); /* asked for lately */
	(void)!node_on_arp(n, T(12000), &claim, &out);
	assert_int_equal(announced(n, 12000, 13000), 0);
	assert_int_not_equal(announced(n, 13000, 14000), 0);
	node_free(n);
}

/* How often its end was told less how often it was, of what is to be reported. */
static int ends_told(struct node *n, int ms)
{
	struct table_message m = { .kind = TABLE_SYNCED };
	int ends = 0;

	while (node_next_report(n, T(ms), &m))
		if (m.kind == TABLE_CLAIM)
			ends += m.claim.gone ? 1 : -1;
	return ends;
}

static void a_stranger_that_joins_is_none_and_answered_by_an_announcement(void **state)
{
	struct node_frame claim = { CLAIM };
	struct node *n = ring(&me_first, true);
	struct ring_meta meta = kin(true);
	struct arp_msg out;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	memcpy(claim.arp.sha, ((uint8_t[]){ 2, 9, 0, 0, 0, 0 }), 6);
	(void)!node_on_arp(n, T(2), &claim, &out);
	(void)announced(n, 2, 8000);
	assert_int_equal(ends_told(n, 8000), -1);
	node_on_member(n, T(8000), "third", true, &meta);
	assert_int_equal(ends_told(n, 8000), 0); /* it is another's */
	memcpy(meta.reach[0].mac, claim.arp.sha, 6);
	node_on_member(n, T(8000), "third", true, &meta);
	assert_int_not_equal(announced(n, 8000, 8010), 0);
	assert_int_equal(ends_told(n, 8010), 1);
	node_free(n);
}

/* Its frames are faster than the news that its cable is in again. */
static void a_member_that_had_a_hardware_address_is_no_stranger(void **state)
{
	struct node_frame claim = { CLAIM };
	struct node *n = ring(&me_first, true);
	struct ring_meta meta = kin(true);
	struct table_message m = { .kind = TABLE_SYNCED };
	struct arp_msg out;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	meta.n_reach = 0;
	node_on_member(n, T(2), "other", true, &meta);
	memcpy(claim.arp.sha, theirs, 6);
	(void)!node_on_arp(n, T(3), &claim, &out);
	while (node_next_report(n, T(3), &m))
		assert_int_not_equal(m.kind, TABLE_CLAIM);
	assert_true(answers(n, T(3)));
	node_free(n);
}

static void when_a_stranger_has_gone_it_is_announced_once_more(void **state)
{
	struct node_frame claim = { CLAIM };
	struct node *n = ring_that_probes(&me_first, true, 30000);
	struct arp_msg out;

	(void)state;
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	(void)announced(n, 1, 6000);
	memcpy(claim.arp.sha, ((uint8_t[]){ 2, 9, 0, 0, 0, 0 }), 6);
	(void)!node_on_arp(n, T(6000), &claim, &out);
	(void)announced(n, 6000, 12000);
	assert_int_not_equal(announced(n, 12000, 40000), 0);
	node_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_member_that_answers_too_is_settled_by_rank),
		cmocka_unit_test(of_two_that_wait_for_a_third_the_first_goes_on),
		cmocka_unit_test(a_stranger_that_answers_too_is_told_of_and_defended_against),
		cmocka_unit_test(a_stranger_that_is_gone_is_named_no_longer),
		cmocka_unit_test(the_last_word_comes_when_the_other_has_fallen_silent),
		cmocka_unit_test(a_stranger_that_joins_is_none_and_answered_by_an_announcement),
		cmocka_unit_test(a_member_that_had_a_hardware_address_is_no_stranger),
		cmocka_unit_test(when_a_stranger_has_gone_it_is_announced_once_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
