/* test_talk - speakers that gossip in bytes: who answers when one comes, goes, or cannot be understood */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/announcer/world.h"

static void each_address_has_its_first_candidate(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	for (unsigned row = 0; row < 3; row++)
		world_assert_owner(&w, row, row);
	world_done(&w);
}

static void the_next_one_answers_when_the_owner_crashes(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	world_crash(&w, 1);
	world_run(&w, 9000); /* membership.md 2.3: 8 s at most with three */
	world_assert_owner(&w, 1, 2);
	world_assert_owner(&w, 0, 0);
	world_start(&w, 1);
	world_run(&w, 3000);
	world_assert_owner(&w, 1, 1);
	world_done(&w);
}

static void timings_of_the_agent_hold_in_a_ring_that_is_entered_later(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	w.timing[TABLE_PROBE_INTERVAL_MS] = 100;
	w.timing[TABLE_PROBE_TIMEOUT_MS] = 50;
	w.timing[TABLE_SUSPICION_MULT] = 3;
	world_start_all(&w);
	world_crash(&w, 1);
	world_run(&w, 1500); /* by the presets it takes 4 s at least */
	world_assert_owner(&w, 1, 2);
	world_done(&w);
}

static void a_timeout_leaves_time_to_ask_others(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 1);
	w.timing[TABLE_PROBE_INTERVAL_MS] = 200; /* and no timeout, which is 500 then */
	world_start_all(&w);
	assert_int_equal(swim_members_of(brain_swim(talk_brain(w.node[0].talk)))->timing.probe_timeout_ms, 100);
	world_done(&w);
}

static void an_address_comes_back_without_a_gap_or_two_answers(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	world_crash(&w, 1);
	world_run(&w, 9000);
	world_watch(&w, 1);
	world_start(&w, 1);
	world_run(&w, 3000);
	world_assert_owner(&w, 1, 1);
	assert_true(w.none_ns <= 5 * NS_PER_MS);
	assert_int_equal(w.two_ns, 0);
	world_done(&w);
}

/* The API does not know the addresses of all pods that start at once. */
static void who_starts_waits_until_others_can_be_known(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	w.unnamed = 3;
	world_start(&w, 0);
	world_start(&w, 1);
	w.unnamed = 0;
	world_start(&w, 2);
	world_watch(&w, 3);
	world_run(&w, 3000);
	world_assert_owner(&w, 3, 0);
	assert_int_equal(w.two_ns, 0);
	world_done(&w);
}

static void who_comes_back_waits_until_it_is_healthy(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	w.config.brain.candidate_after_ms = 30000;
	world_start_all(&w);
	world_assert_owner(&w, 1, 1); /* nobody else was a candidate */
	world_crash(&w, 1);
	world_run(&w, 9000);
	world_start(&w, 1);
	world_run(&w, 29000);
	world_assert_owner(&w, 1, 2);
	world_run(&w, 3000);
	world_assert_owner(&w, 1, 1);
	world_done(&w);
}

static void a_speaker_that_ends_hands_over_first(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	world_watch(&w, 0);
	world_stop(&w, 0);
	world_run(&w, 3000);
	assert_true(brain_has_left(talk_brain(w.node[0].talk)));
	world_assert_owner(&w, 0, 1);
	assert_true(w.none_ns <= 5 * NS_PER_MS);
	assert_int_equal(w.two_ns, 0);
	world_done(&w);
}

static void who_ends_is_there_if_its_last_word_is_lost(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	world_stop(&w, 0);
	world_settle(&w);
	world_assert_owner(&w, 0, 1); /* it was told in no time */
	world_run(&w, 40);
	assert_false(brain_has_left(talk_brain(w.node[0].talk)));
	world_run(&w, 20);
	assert_true(brain_has_left(talk_brain(w.node[0].talk)));
	world_done(&w);
}

static void who_ends_and_has_nothing_leaves_at_once(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start(&w, 0);
	world_stop(&w, 0);
	assert_true(brain_has_left(talk_brain(w.node[0].talk)));
	world_done(&w);
}

static void a_lost_carrier_moves_the_address_at_once(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	world_watch(&w, 0);
	world_carrier(&w, 0, false);
	world_run(&w, 1000);
	world_assert_owner(&w, 0, 1);
	assert_true(w.none_ns <= 100 * NS_PER_MS);
	world_done(&w);
}

static void after_a_cut_each_side_has_one_and_the_whole_has_one_again(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	w.node[0].cut = w.node[0].unplugged = true;
	world_run(&w, 30000);
	{
		size_t who;

		assert_int_equal(world_answers(&w, 0, &who), 2); /* one on each side */
		assert_int_equal(world_answers(&w, 1, &who), 2);
	}
	w.node[0].cut = w.node[0].unplugged = false;
	for (size_t i = 0; i < 3; i++)
		w.node[i].frames = 0;
	world_run(&w, 2000);
	for (unsigned row = 0; row < 3; row++)
		world_assert_owner(&w, row, row);
	assert_true(w.node[0].frames > 0); /* the winner says so */
	world_done(&w);
}

static void gossip_lost_on_a_whole_lan_moves_nothing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	for (size_t i = 0; i < 3; i++)
		w.node[i].cut = true;
	world_run(&w, 60000);
	for (unsigned row = 0; row < 3; row++)
		world_assert_owner(&w, row, row);
	world_done(&w);
}

/* It answers ARP, so whoever the ring put in its place leaves the address to it. */
static void a_deaf_owner_is_no_second_one(void **state)
{
	struct world w;
	size_t who;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	w.node[0].deaf = true;
	world_run(&w, 20000);
	assert_int_equal(world_answers(&w, 0, &who), 1);
	w.node[0].deaf = false;
	world_run(&w, 10000);
	world_assert_owner(&w, 0, 0);
	world_done(&w);
}

/* It calls itself a candidate when it has buried all others: that would bring it back among them. */
static void who_hears_nobody_stays_buried(void **state)
{
	const struct swim_members *members;
	struct world w;

	(void)state;
	world_init(&w, 3);
	w.config.brain.candidate_after_ms = 30000;
	world_start_all(&w);
	members = swim_members_of(brain_swim(talk_brain(w.node[1].talk)));
	world_crash(&w, 0);
	world_start(&w, 0);
	world_run(&w, 5000);
	w.node[0].deaf = true;
	for (int s = 0; s < 60; s++) {
		const struct swim_member *deaf = swim_members_find(members, "node0");

		assert_true(s < 10 || !deaf || deaf->state == SWIM_STATE_DEAD);
		world_run(&w, 1000);
	}
	world_done(&w);
}

static void another_secret_is_noticed_and_joins_nobody(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start(&w, 0);
	world_start(&w, 1);
	w.config.ring.key[0] = seal_key_of((const uint8_t *)"other", 5, 32);
	world_start(&w, 2);
	world_run(&w, 5000);
	assert_true(talk_is_locked_out(w.node[2].talk));
	assert_false(talk_is_locked_out(w.node[0].talk));
	assert_true(brain_is_alone(talk_brain(w.node[2].talk)));
	assert_int_not_equal(talk_troubles(w.node[0].talk, TALK_NOT_OPENED), 0);
	world_crash(&w, 0);
	world_crash(&w, 1);
	world_run(&w, 40000); /* nobody speaks any more: the secret may be right by now */
	assert_false(talk_is_locked_out(w.node[2].talk));
	world_assert_owner(&w, 0, 2);
	world_done(&w);
}

static void start_one_in_plain(struct world *w)
{
	world_init(w, 1);
	w->config.ring.n = 0;
	world_start_all(w);
}

/* What a stream that the peer opened is answered by; the message goes in plain. */
static enum talk_verdict on_stream(struct world *w, const struct swim_msg *msg)
{
	uint8_t bytes[256];
	struct talk_inbound in = { .peer = { .addr = { 4, { 10, 0, 0, 9 } } }, .bytes = bytes, .all = true };
	struct seal_bytes answer;

	in.n = swim_encode(msg, bytes, sizeof(bytes));
	return talk_on_stream(w->node[0].talk, w->now, &in, &answer);
}

/* A node that got the address of a dead one must not keep it alive. */
static void a_ping_for_another_node_is_not_answered(void **state)
{
	const struct swim_msg ping = { .kind = SWIM_PING, .ping.node = "node0" };
	const struct swim_msg other = { .kind = SWIM_PING, .ping.node = "node9" };
	struct world w;

	(void)state;
	start_one_in_plain(&w);
	assert_int_equal(on_stream(&w, &ping), TALK_ANSWER);
	assert_int_equal(on_stream(&w, &other), TALK_CLOSE);
	world_done(&w);
}

static void what_a_peer_cannot_open_is_a_trouble_of_secrets(void **state)
{
	struct swim_msg error = { .kind = SWIM_ERROR, .error = "No installed keys could decrypt the message" };
	struct world w;

	(void)state;
	start_one_in_plain(&w);
	assert_int_equal(on_stream(&w, &error), TALK_CLOSE);
	assert_int_equal(talk_troubles(w.node[0].talk, TALK_NOT_OPENED), 1);
	world_done(&w);
}

static void more_members_than_there_is_room_for_are_told(void **state)
{
	struct swim_msg alive = { .kind = SWIM_ALIVE, .alive = { .incarnation = 1, .port = 7946,
								 .addr = { 4, { 10, 1, 0, 1 } },
								 .vsn = { 6, { 1, 5, 2, 0, 0, 0 } } } };
	const struct swim_dest from = { .addr = { 4, { 10, 0, 0, 9 } }, .port = 7946 };
	uint8_t bytes[256];
	struct world w;

	(void)state;
	start_one_in_plain(&w);
	for (int i = 0; i < 2100; i++) {
		snprintf(alive.alive.node, sizeof(alive.alive.node), "stranger-%d", i);
		talk_on_datagram(w.node[0].talk, w.now, &from, bytes,
				 swim_encode(&alive, bytes, sizeof(bytes)));
	}
	assert_int_equal(swim_members_of(brain_swim(talk_brain(w.node[0].talk)))->n, 2048);
	assert_int_equal(talk_troubles(w.node[0].talk, TALK_FULL), 2100 - 2047);
	world_done(&w);
}

static void a_peer_that_only_streams_reach_is_a_trouble(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	for (size_t i = 0; i < 3; i++)
		world_start(&w, i);
	world_run(&w, 20000);
	assert_int_equal(talk_troubles(w.node[0].talk, TALK_UDP_BLOCKED), 0);
	w.node[2].no_udp = true;
	world_run(&w, 10000);
	assert_int_not_equal(talk_troubles(w.node[0].talk, TALK_UDP_BLOCKED), 0);
	assert_int_equal(w.node[0].note.trouble, TALK_UDP_BLOCKED);
	assert_int_equal(w.node[0].note.peer.addr.byte[3], 3);
	assert_int_not_equal(talk_troubles(w.node[2].talk, TALK_UDP_BLOCKED), 0); /* it hears no answer */
	assert_int_equal(swim_members_n_live(swim_members_of(brain_swim(talk_brain(w.node[0].talk)))), 3);
	world_done(&w);
}

static void what_is_of_another_kind_is_no_trouble(void **state)
{
	const uint8_t user[] = { 8, 0x81, 0xa1, 'a', 1 }; /* memberlist's message for its user */
	struct talk_inbound in = { .peer = { .addr = { 4, { 10, 0, 0, 9 } } }, .bytes = user,
				   .n = sizeof(user), .all = true };
	struct seal_bytes answer;
	struct world w;

	(void)state;
	start_one_in_plain(&w);
	assert_int_equal(talk_on_stream(w.node[0].talk, w.now, &in, &answer), TALK_CLOSE);
	assert_int_equal(talk_troubles(w.node[0].talk, TALK_MALFORMED), 0);
	world_done(&w);
}

static void two_speakers_of_one_name_are_noticed_by_both(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 4);
	w.name_of_3 = "node1";
	world_start_all(&w);
	assert_int_not_equal(talk_troubles(w.node[1].talk, TALK_NAME_CLASH), 0);
	assert_int_not_equal(talk_troubles(w.node[0].talk, TALK_ADDRESS_CLASH), 0);
	world_assert_owner(&w, 1, 1);
	world_done(&w);
}

/* A prober of ports, or a peer whose time was over before it could send. */
static void who_connects_and_says_nothing_is_no_trouble(void **state)
{
	struct talk_inbound silent = { .peer = { .addr = { 4, { 10, 0, 0, 9 } } }, .all = true };
	struct seal_bytes answer;
	struct world w;

	(void)state;
	world_init(&w, 1);
	world_start_all(&w);
	assert_int_equal(talk_on_stream(w.node[0].talk, w.now, &silent, &answer), TALK_CLOSE);
	assert_int_equal(talk_troubles(w.node[0].talk, TALK_MALFORMED), 0);
	silent.bytes = (const uint8_t[]){ 10 };
	silent.n = 1;
	assert_int_equal(talk_on_stream(w.node[0].talk, w.now, &silent, &answer), TALK_CLOSE);
	assert_int_equal(talk_troubles(w.node[0].talk, TALK_MALFORMED), 1);
	world_done(&w);
}

/* In plain: it is looked at again and again until it is whole, so what never will be is no "not yet". */
static void what_is_packed_and_no_message_is_refused_at_once(void **state)
{
	static const char no_code[] = "\x09\x82\xa4" "Algo\x00\xa3" "Buf\xc4\x03\xff\xff\xff";
	static const char no_body[] = "\x09\x82\xa4" "Algo\x00\xa3" "Buf\xc4\x03\x06\x02\x02";
	const size_t n = sizeof(no_code) - 1;
	struct seal_bytes answer;
	struct world w;

	(void)state;
	start_one_in_plain(&w);
	for (size_t i = 0; i < 2; i++) {
		struct talk_inbound in = { .peer = { .addr = { 4, { 10, 0, 0, 9 } }, .port = 7946 },
					   .bytes = (const uint8_t *)(i == 0 ? no_code : no_body),
					   .n = n - 1 };

		assert_int_equal(talk_on_stream(w.node[0].talk, w.now, &in, &answer), TALK_WAIT);
		in.n = n;
		assert_int_equal(talk_on_stream(w.node[0].talk, w.now, &in, &answer), TALK_CLOSE);
	}
	assert_int_equal(talk_troubles(w.node[0].talk, TALK_MALFORMED), 2);
	world_done(&w);
}

static void quiet_speakers_send_little(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 8);
	world_start_all(&w);
	world_run(&w, 30000);
	for (size_t i = 0; i < w.n; i++)
		w.node[i].datagrams = w.node[i].streams = 0;
	world_run(&w, 60000);
	for (size_t i = 0; i < w.n; i++) {
		assert_in_range(w.node[i].datagrams, 60, 60 * 3); /* a probe and an answer a second */
		assert_in_range(w.node[i].streams, 1, 5);
	}
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_its_first_candidate),
		cmocka_unit_test(the_next_one_answers_when_the_owner_crashes),
		cmocka_unit_test(timings_of_the_agent_hold_in_a_ring_that_is_entered_later),
		cmocka_unit_test(a_timeout_leaves_time_to_ask_others),
		cmocka_unit_test(a_ping_for_another_node_is_not_answered),
		cmocka_unit_test(what_a_peer_cannot_open_is_a_trouble_of_secrets),
		cmocka_unit_test(a_peer_that_only_streams_reach_is_a_trouble),
		cmocka_unit_test(what_is_of_another_kind_is_no_trouble),
		cmocka_unit_test(more_members_than_there_is_room_for_are_told),
		cmocka_unit_test(an_address_comes_back_without_a_gap_or_two_answers),
		cmocka_unit_test(who_starts_waits_until_others_can_be_known),
		cmocka_unit_test(who_comes_back_waits_until_it_is_healthy),
		cmocka_unit_test(a_speaker_that_ends_hands_over_first),
		cmocka_unit_test(who_ends_is_there_if_its_last_word_is_lost),
		cmocka_unit_test(who_ends_and_has_nothing_leaves_at_once),
		cmocka_unit_test(a_lost_carrier_moves_the_address_at_once),
		cmocka_unit_test(after_a_cut_each_side_has_one_and_the_whole_has_one_again),
		cmocka_unit_test(gossip_lost_on_a_whole_lan_moves_nothing),
		cmocka_unit_test(a_deaf_owner_is_no_second_one),
		cmocka_unit_test(who_hears_nobody_stays_buried),
		cmocka_unit_test(two_speakers_of_one_name_are_noticed_by_both),
		cmocka_unit_test(who_connects_and_says_nothing_is_no_trouble),
		cmocka_unit_test(what_is_packed_and_no_message_is_refused_at_once),
		cmocka_unit_test(quiet_speakers_send_little),
		cmocka_unit_test(another_secret_is_noticed_and_joins_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
