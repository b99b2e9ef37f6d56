/* test_standstill - speakers whose loop stood still: what they say when they wake up */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/announcer/world.h"

/* Node 0 of three, which has the first row, stands still until another one has that. */
static struct talk *stand_still(struct world *w)
{
	struct talk *still;
	size_t who;

	world_init(w, 3);
	w->config.brain.candidate_after_ms = 30000;
	world_start_all(w);
	still = w->node[0].talk;
	w->node[0].talk = NULL;
	for (int i = 0; i < 120 && world_answers(w, 0, &who) == 0; i++)
		world_run(w, 100);
	world_assert_owner(w, 0, 1);
	world_watch(w, 0);
	return still;
}

static void who_stood_still_is_silent_until_it_knows(void **state)
{
	struct world w;
	struct talk *still;

	(void)state;
	still = stand_still(&w);
	w.node[0].talk = still;
	world_assert_owner(&w, 0, 1); /* a frame is the first that it sees */
	world_run(&w, 5000);
	world_assert_owner(&w, 0, 1);
	assert_int_equal(w.two_ns, 0);
	world_done(&w);
}

static const struct swim_dest node_0 = { .addr = { 4, { 10, 0, 0, 1 } }, .port = 7946 };

/* It joins node 0, and what it says waits there. *out: as node 1 sees the stream. */
static struct talk_inbound join_of_node_1(struct world *w, struct talk_outbound *out)
{
	struct talk *talk = w->node[1].talk;

	swim_join(brain_swim(talk_brain(talk)), &node_0);
	assert_true(talk_next_stream(talk, out));
	return (struct talk_inbound){ .peer = { .addr = { 4, { 10, 0, 0, 2 } }, .port = 7946 },
				      .bytes = out->bytes.bytes, .n = out->bytes.n, .all = true };
}

static void what_was_said_to_one_that_stood_still_is_no_news(void **state)
{
	struct talk_inbound in;
	struct talk_outbound out;
	struct seal_bytes answer;
	struct world w;
	struct talk *still;

	(void)state;
	still = stand_still(&w);
	in = join_of_node_1(&w, &out);
	w.node[0].talk = still;
	w.node[0].no_stream = true; /* but one that waited */
	world_settle(&w);
	assert_int_equal(talk_on_stream(still, w.now, &in, &answer), TALK_ANSWER);
	world_run(&w, 2000);
	assert_true(node_is_paused(brain_node(talk_brain(still))));
	w.node[0].no_stream = false;
	world_run(&w, 1000);
	assert_false(node_is_paused(brain_node(talk_brain(still))));
	world_assert_owner(&w, 0, 1);
	world_done(&w);
}

static void who_was_buried_while_it_stood_still_begins_anew(void **state)
{
	const struct swim_member *seen;
	struct world w;
	struct talk *still;

	(void)state;
	still = stand_still(&w);
	w.node[0].talk = still;
	w.node[0].no_stream = true;
	world_run(&w, 3000); /* it refutes */
	seen = swim_members_find(swim_members_of(brain_swim(talk_brain(w.node[1].talk))), "node0");
	assert_true(seen && seen->state == SWIM_STATE_ALIVE);
	assert_true(node_is_paused(brain_node(talk_brain(still))));
	w.node[0].no_stream = false;
	world_run(&w, 5000);
	world_assert_owner(&w, 0, 1);
	assert_int_equal(w.two_ns, 0);
	world_done(&w);
}

/* The one that it takes long to ask. */
static void who_stands_still_again_stays_buried(void **state)
{
	struct world w;
	struct talk *still;

	(void)state;
	still = stand_still(&w);
	w.node[0].talk = still;
	w.node[0].no_stream = true;
	world_run(&w, 3000); /* it refutes */
	w.node[0].talk = NULL;
	world_run(&w, 3200); /* too short to be buried once more */
	w.node[0].talk = still;
	w.node[0].no_stream = false;
	world_run(&w, 5000);
	world_assert_owner(&w, 0, 1);
	world_done(&w);
}

/* One that has forgotten it knows it again by its answer, and says that nothing happened. */
static void who_answers_one_that_forgot_it_begins_anew(void **state)
{
	struct talk_inbound in;
	struct talk_outbound out;
	struct seal_bytes answer, none;
	struct world w;
	struct talk *still;

	(void)state;
	still = stand_still(&w);
	world_run(&w, 40000);
	in = join_of_node_1(&w, &out);
	assert_int_equal(talk_on_stream(still, w.now, &in, &answer), TALK_ANSWER);
	in = (struct talk_inbound){ node_0, out.id, answer.bytes, answer.n, true };
	assert_int_equal(talk_on_stream(w.node[1].talk, w.now, &in, &none), TALK_CLOSE);
	w.node[0].talk = still;
	w.node[2].no_stream = true; /* it would tell */
	world_run(&w, 5000);
	assert_false(node_is_paused(brain_node(talk_brain(still))));
	world_assert_owner(&w, 0, 1);
	world_done(&w);
}

static void who_is_to_end_when_it_wakes_up_is_silent(void **state)
{
	struct world w;
	struct talk *still;

	(void)state;
	still = stand_still(&w);
	talk_stop(still, w.now);
	talk_turn(still, w.now);
	w.node[0].talk = still;
	world_assert_owner(&w, 0, 1);
	world_run(&w, 1000);
	assert_true(brain_has_left(talk_brain(still)));
	world_assert_owner(&w, 0, 1);
	world_done(&w);
}

static void who_sleeps_over_a_suspicion_buries_nobody(void **state)
{
	const struct swim_members *seen;
	struct world w;
	struct talk *still;

	(void)state;
	world_init(&w, 3);
	world_start_all(&w);
	seen = swim_members_of(brain_swim(talk_brain(w.node[0].talk)));
	w.node[0].cut = true;
	while (swim_members_find(seen, "node2")->state == SWIM_STATE_ALIVE)
		world_run(&w, 1);
	w.node[0].cut = false;
	still = w.node[0].talk;
	w.node[0].talk = NULL;
	world_run(&w, 4500);
	w.node[0].talk = still;
	world_run(&w, 3000);
	seen = swim_members_of(brain_swim(talk_brain(w.node[2].talk)));
	assert_int_equal(seen->noted[SWIM_NOTE_BURIED], 0);
	world_done(&w);
}

/* With fast probes it is buried sooner than in three seconds. */
static void who_stood_still_long_enough_to_be_buried_is_silent(void **state)
{
	struct world w;
	struct talk *still;

	(void)state;
	world_init(&w, 3);
	w.timing[TABLE_PROBE_INTERVAL_MS] = 200;
	w.timing[TABLE_PROBE_TIMEOUT_MS] = 100;
	w.config.brain.candidate_after_ms = 30000;
	world_start_all(&w);
	still = w.node[0].talk;
	w.node[0].talk = NULL;
	world_run(&w, 2500);
	world_assert_owner(&w, 0, 1);
	w.node[0].talk = still;
	world_assert_owner(&w, 0, 1);
	world_run(&w, 3000);
	assert_false(node_is_paused(brain_node(talk_brain(still))));
	world_assert_owner(&w, 0, 1);
	world_done(&w);
}

/* It would gain nothing by silence but five seconds of it. */
static void who_is_alone_with_fast_probes_is_not_silent_sooner(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 2);
	w.timing[TABLE_PROBE_INTERVAL_MS] = 200;
	w.timing[TABLE_PROBE_TIMEOUT_MS] = 100;
	world_start_all(&w);
	world_crash(&w, 1);
	world_run(&w, 5000);
	w.now = instant_add_ms(w.now, 2500);
	world_settle(&w);
	world_assert_owner(&w, 0, 0);
	w.now = instant_add_ms(w.now, 3500);
	world_settle(&w);
	assert_true(node_is_paused(brain_node(talk_brain(w.node[0].talk))));
	world_done(&w);
}

static void who_never_had_company_goes_on_at_once(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 1);
	world_start_all(&w);
	w.now = instant_add_ms(w.now, 60000);
	world_settle(&w);
	world_assert_owner(&w, 0, 0);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_stood_still_is_silent_until_it_knows),
		cmocka_unit_test(what_was_said_to_one_that_stood_still_is_no_news),
		cmocka_unit_test(who_was_buried_while_it_stood_still_begins_anew),
		cmocka_unit_test(who_stands_still_again_stays_buried),
		cmocka_unit_test(who_answers_one_that_forgot_it_begins_anew),
		cmocka_unit_test(who_is_to_end_when_it_wakes_up_is_silent),
		cmocka_unit_test(who_sleeps_over_a_suspicion_buries_nobody),
		cmocka_unit_test(who_stood_still_long_enough_to_be_buried_is_silent),
		cmocka_unit_test(who_is_alone_with_fast_probes_is_not_silent_sooner),
		cmocka_unit_test(who_never_had_company_goes_on_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
