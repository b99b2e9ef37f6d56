/* test_swim - rings of nodes in virtual time */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/swim.h"

#define MAX_NODES 12
#define STEP NS_PER_MS
#define S(seconds) ((instant)((seconds)*1000) * NS_PER_MS)

struct ring {
	struct swim *node[MAX_NODES];
	bool up[MAX_NODES];
	bool deaf[MAX_NODES]; /* gets nothing, sends */
	bool pair_cut;        /* nothing passes between node 1 and node 2 */
	bool no_packets;      /* only streams pass */
	int joined[MAX_NODES], left[MAX_NODES];
	size_t n;
	instant now;
	uint64_t packets;
};

static struct swim_dest dest_of(size_t i)
{
	return (struct swim_dest){ { 4, { 10, 0, 0, (uint8_t)(i + 1) } }, 7946 };
}

static void start(struct ring *r, size_t i, uint32_t incarnation)
{
	struct swim_config config = { .timing = swim_timing_lan(), .addr = dest_of(i).addr,
				      .port = 7946, .incarnation = incarnation,
				      .packet_max = 1371, .seed = 7 + i };

	snprintf(config.name, sizeof(config.name), "node%zu", i);
	r->node[i] = swim_new(&config, r->now);
	r->up[i] = true;
	if (i > 0) {
		struct swim_dest first = dest_of(0);

		swim_join(r->node[i], &first);
	}
}

static struct ring *ring_of(size_t n)
{
	struct ring *r = mem_new(1, sizeof(*r));

	r->n = n;
	r->now = S(1000);
	for (size_t i = 0; i < n; i++)
		start(r, i, 1000);
	return r;
}

static void ring_free(struct ring *r)
{
	for (size_t i = 0; i < r->n; i++)
		swim_free(r->node[i]);
	free(r);
}

/* Where a packet to `to` arrives, or n. */
static size_t receiver(const struct ring *r, const struct swim_dest *to)
{
	size_t i = to->addr.byte[3] - 1u;

	return i < r->n && r->up[i] && !r->deaf[i] ? i : r->n;
}

static bool is_cut(const struct ring *r, size_t from, size_t to)
{
	return r->pair_cut && ((from == 1 && to == 2) || (from == 2 && to == 1));
}

static void exchange(struct ring *r, size_t from, size_t to, bool join)
{
	struct swim_push_pull mine, theirs;

	swim_members_state(swim_members_of(r->node[from]), join, &mine);
	swim_members_state(swim_members_of(r->node[to]), false, &theirs);
	assert_true(swim_on_state(r->node[to], r->now, &mine));
	assert_true(swim_on_state(r->node[from], r->now, &theirs));
	free(mine.node);
	free(theirs.node);
}

static void run_streams(struct ring *r, size_t i)
{
	struct swim_stream stream;

	while (swim_next_stream(r->node[i], &stream)) {
		size_t to = receiver(r, &stream.to);

		if (to < r->n && !r->deaf[i] && !is_cut(r, i, to)) {
			if (stream.kind == SWIM_STREAM_PING)
				swim_on_stream_ack(r->node[i], r->now, stream.id, stream.ping.ping.seq);
			else
				exchange(r, i, to, stream.kind == SWIM_STREAM_JOIN);
		}
		swim_on_stream_end(r->node[i], stream.id);
	}
}

static void run_packets(struct ring *r, size_t i)
{
	static struct swim_packet packet;
	struct swim_dest from = dest_of(i);

	while (swim_next_packet(r->node[i], &packet)) {
		size_t to = receiver(r, &packet.to), size = 2;

		r->packets++;
		for (size_t k = 0; k < packet.n; k++) {
			size += 2 + swim_gossip_size(&packet.msg[k]);
			if (to < r->n && !is_cut(r, i, to) && !r->no_packets)
				swim_on_msg(r->node[to], r->now, &from, &packet.msg[k]);
		}
		assert_in_range(size, 1, 1371);
	}
}

static void run_until(struct ring *r, instant end)
{
	struct swim_event event;

	for (; r->now < end; r->now += STEP) {
		for (size_t i = 0; i < r->n; i++) {
			if (!r->up[i])
				continue;
			if (swim_deadline(r->node[i]) <= r->now)
				swim_tick(r->node[i], r->now);
			assert_true(swim_deadline(r->node[i]) > r->now);
			run_streams(r, i);
			run_packets(r, i);
			while (swim_next_event(r->node[i], &event)) {
				r->joined[i] += event.change == SWIM_JOINED;
				r->left[i] += event.change == SWIM_LEFT;
			}
		}
	}
}

static void assert_all_see(const struct ring *r, size_t n_live)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->up[i])
			assert_int_equal(swim_members_n_live(swim_members_of(r->node[i])), n_live);
}

static enum swim_state seen_as(const struct ring *r, size_t by, const char *name)
{
	return swim_members_find(swim_members_of(r->node[by]), name)->state;
}

static void a_ring_forms_and_stays_quiet(void **state)
{
	static const size_t size[] = { 2, 3, 10 };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(size); k++) {
		struct ring *r = ring_of(size[k]);
		uint64_t before;

		run_until(r, r->now + S(5));
		assert_all_see(r, size[k]);
		before = r->packets;
		run_until(r, r->now + S(300));
		assert_all_see(r, size[k]);
		/* one ping and one ack per node and second, and no more */
		assert_in_range(r->packets - before, 0, 300 * 2 * size[k] + 20 * size[k]);
		for (size_t i = 0; i < r->n; i++) {
			assert_int_equal(r->left[i], 0);
			assert_int_equal(swim_members_of(r->node[i])->awareness, 0);
			assert_int_equal(swim_members_of(r->node[i])->noted[SWIM_NOTE_REFUTED], 0);
		}
		ring_free(r);
	}
}

static void a_crash_is_noticed_within_the_formula(void **state)
{
	static const size_t size[] = { 3, 10 };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(size); k++) {
		struct ring *r = ring_of(size[k]);

		run_until(r, r->now + S(10));
		r->up[1] = false;
		run_until(r, r->now + S(3.9)); /* never before the suspicion's four seconds */
		for (size_t i = 0; i < r->n; i++)
			assert_int_equal(r->left[i], 0);
		run_until(r, r->now + S(8.1));
		assert_all_see(r, size[k] - 1);
		ring_free(r);
	}
}

/* The last instant at which a packet told it that it is suspected; its death ends the search. */
static instant last_told(struct ring *r, size_t suspect, instant *out_died)
{
	const struct swim_dest to = dest_of(suspect);
	static struct swim_packet packet;
	struct swim_event event;
	instant told = 0;

	for (*out_died = 0; *out_died == 0; r->now += STEP) {
		swim_tick(r->node[0], r->now);
		while (swim_next_packet(r->node[0], &packet))
			if (packet.to.addr.byte[3] == to.addr.byte[3] && packet.n > 1 &&
			    packet.msg[0].kind == SWIM_PING && packet.msg[1].kind == SWIM_SUSPECT)
				told = r->now;
		while (swim_next_event(r->node[0], &event))
			if (event.change == SWIM_LEFT && strcmp(event.name, "node30") == 0)
				*out_died = r->now;
	}
	return told;
}

/* Whom an accusation did not reach must hear of it before it is too late; its turn of the probes comes later. */
static void a_suspect_is_told_once_more_before_its_time_is_over(void **state)
{
	struct swim_msg msg = { .kind = SWIM_ALIVE };
	struct ring *r = ring_of(1);
	const struct swim_dest from = dest_of(3);
	instant told, died;

	(void)state;
	for (uint8_t i = 1; i < 50; i++) {
		msg.alive = (struct swim_alive){ .incarnation = 1, .addr = dest_of(i).addr, .port = 7946,
						 .vsn = { 6, { 1, 5, 2, 0, 0, 0 } } };
		snprintf(msg.alive.node, sizeof(msg.alive.node), "node%d", i);
		swim_on_msg(r->node[0], r->now, &from, &msg);
	}
	msg = (struct swim_msg){ .kind = SWIM_SUSPECT,
				 .claim = { .incarnation = 1, .node = "node30", .from = "node3" } };
	swim_on_msg(r->node[0], r->now, &from, &msg);
	told = last_told(r, 30, &died);
	assert_in_range(died - told, S(0.9), S(1));
	ring_free(r);
}

static void a_death_is_known_to_all_at_once(void **state)
{
	struct ring *r = ring_of(MAX_NODES);
	int left = 0;

	(void)state;
	run_until(r, r->now + S(20));
	r->up[1] = false;
	while (left == 0) {
		run_until(r, r->now + STEP);
		for (size_t i = 0; i < r->n; i++)
			left += r->left[i];
	}
	run_until(r, r->now + 2 * STEP); /* gossip's next turn is later */
	assert_all_see(r, MAX_NODES - 1);
	ring_free(r);
}

static void a_node_that_leaves_is_gone_at_once(void **state)
{
	struct ring *r = ring_of(3);

	(void)state;
	run_until(r, r->now + S(10));
	swim_leave(r->node[2], r->now);
	run_until(r, r->now + S(0.05));
	assert_int_equal(seen_as(r, 0, "node2"), SWIM_STATE_LEFT);
	assert_int_equal(seen_as(r, 1, "node2"), SWIM_STATE_LEFT);
	ring_free(r);
}

/* More often than a piece of news is told: to every one of them. */
static void who_hurries_tells_all_at_once(void **state)
{
	struct ring *r = ring_of(MAX_NODES);
	struct swim_packet packet;
	size_t n = 0;

	(void)state;
	run_until(r, r->now + S(20));
	swim_leave(r->node[2], r->now);
	while (swim_next_packet(r->node[2], &packet))
		n += packet.n > 0 && packet.msg[packet.n - 1].kind == SWIM_DEAD;
	assert_int_equal(n, MAX_NODES - 1);
	ring_free(r);
}

/* Or anybody could have us send packets of full size to whom they like. */
static void only_members_get_gossip_with_an_ack(void **state)
{
	struct ring *r = ring_of(3);
	const struct swim_dest stranger = dest_of(50), member = dest_of(1);
	struct swim_msg ping = { .kind = SWIM_PING };
	const struct swim_meta meta = { .n = 1, .byte = { 1 } };
	struct swim_packet packet;

	(void)state;
	run_until(r, r->now + S(20));
	swim_set_meta(r->node[0], &meta); /* news */
	swim_on_msg(r->node[0], r->now, &stranger, &ping);
	assert_true(swim_next_packet(r->node[0], &packet));
	assert_int_equal(packet.n, 1);
	swim_on_msg(r->node[0], r->now, &member, &ping);
	assert_true(swim_next_packet(r->node[0], &packet));
	assert_int_equal(packet.n, 2);
	ring_free(r);
}

static void a_state_with_an_unusable_version_is_refused_whole(void **state)
{
	struct ring *r = ring_of(2);
	struct swim_push_pull theirs;

	(void)state;
	swim_members_state(swim_members_of(r->node[1]), true, &theirs);
	theirs.node[0].vsn.n = 2;
	assert_false(swim_on_state(r->node[0], r->now, &theirs));
	assert_true(swim_last_heard(r->node[0]) == INT64_MIN);
	free(theirs.node);
	ring_free(r);
}

static void a_quick_restart_causes_no_leave(void **state)
{
	struct ring *r = ring_of(3);

	(void)state;
	run_until(r, r->now + S(10));
	swim_free(r->node[2]);
	run_until(r, r->now);
	start(r, 2, 2000); /* later start, higher incarnation */
	run_until(r, r->now + S(20));
	assert_all_see(r, 3);
	assert_int_equal(r->left[0] + r->left[1], 0);
	ring_free(r);
}

static void a_restart_with_an_old_incarnation_climbs_above_what_is_known(void **state)
{
	struct ring *r = ring_of(3);

	(void)state;
	run_until(r, r->now + S(10));
	swim_leave(r->node[2], r->now);
	run_until(r, r->now + S(1));
	swim_free(r->node[2]);
	start(r, 2, 1);
	run_until(r, r->now + S(10));
	assert_all_see(r, 3);
	assert_true(swim_members_self(swim_members_of(r->node[2]))->said.incarnation > 1000);
	ring_free(r);
}

static size_t n_indirect(const struct ring *r, size_t by, const char **out_name)
{
	return swim_members_indirect(swim_members_of(r->node[by]), 6, out_name, MAX_NODES);
}

static void two_that_hear_each_other_over_others_only_are_told(void **state)
{
	struct ring *r = ring_of(3);
	const char *name[MAX_NODES];

	(void)state;
	run_until(r, S(1020));
	assert_all_see(r, 3);
	r->pair_cut = true;
	run_until(r, S(1028)); /* each is asked every two seconds */
	assert_int_equal(n_indirect(r, 1, name), 0);
	run_until(r, S(1040));
	assert_all_see(r, 3);
	assert_int_equal(n_indirect(r, 0, name), 0);
	assert_int_equal(n_indirect(r, 1, name), 1);
	assert_string_equal(name[0], "node2");
	assert_int_equal(n_indirect(r, 2, name), 1);
	assert_string_equal(name[0], "node1");
	r->pair_cut = false;
	run_until(r, S(1044));
	assert_int_equal(n_indirect(r, 1, name) + n_indirect(r, 2, name), 0);
	ring_free(r);
}

static void members_that_only_streams_reach_are_told_while_they_live(void **state)
{
	struct ring *r = ring_of(3);
	const char *name[MAX_NODES];

	(void)state;
	run_until(r, S(1020));
	r->no_packets = true;
	run_until(r, S(1040));
	assert_all_see(r, 3);
	assert_int_equal(n_indirect(r, 0, name), 2);
	assert_int_equal(swim_members_indirect(swim_members_of(r->node[0]), 6, name, 1), 1);
	r->up[1] = r->up[2] = false;
	run_until(r, S(1060));
	assert_int_equal(n_indirect(r, 0, name), 0);
	ring_free(r);
}

/* A machine that is busy: half a second late, and still its own answer. */
static void an_answer_that_is_late_is_a_packet_of_its_own(void **state)
{
	struct ring *r = ring_of(3);
	const struct swim_members *members = swim_members_of(r->node[0]);
	static struct swim_packet packet;
	const char *name[MAX_NODES];

	(void)state;
	run_until(r, S(1020));
	for (instant end = r->now + S(30); r->now < end; r->now += STEP) {
		if (swim_deadline(r->node[0]) <= r->now)
			swim_tick(r->node[0], r->now);
		while (swim_next_packet(r->node[0], &packet))
			for (size_t k = 0; k < packet.n; k++)
				if (packet.msg[k].kind == SWIM_INDIRECT) {
					struct swim_msg ack = { .kind = SWIM_ACK };
					struct swim_dest from = { packet.msg[k].ping.target, 7946 };

					ack.ack.seq = packet.msg[k].ping.seq;
					swim_on_msg(r->node[0], r->now, &from, &ack);
				}
	}
	assert_int_equal(swim_members_n_live(members), 3);
	assert_int_equal(n_indirect(r, 0, name), 0);
	ring_free(r);
}

static void a_deaf_node_is_taken_out_and_comes_back(void **state)
{
	struct ring *r = ring_of(10);

	(void)state;
	run_until(r, r->now + S(10));
	r->deaf[4] = true;
	run_until(r, r->now + S(30));
	assert_int_equal(swim_members_n_live(swim_members_of(r->node[0])), 9);
	r->deaf[4] = false;
	for (size_t i = 0; i < r->n; i++) { /* what the hallway does when it finds itself alone */
		struct swim_dest to = dest_of(i);

		if (i != 4)
			swim_join(r->node[4], &to);
	}
	run_until(r, r->now + S(20));
	assert_all_see(r, 10);
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_forms_and_stays_quiet),
		cmocka_unit_test(a_crash_is_noticed_within_the_formula),
		cmocka_unit_test(a_suspect_is_told_once_more_before_its_time_is_over),
		cmocka_unit_test(a_death_is_known_to_all_at_once),
		cmocka_unit_test(a_node_that_leaves_is_gone_at_once),
		cmocka_unit_test(who_hurries_tells_all_at_once),
		cmocka_unit_test(only_members_get_gossip_with_an_ack),
		cmocka_unit_test(a_state_with_an_unusable_version_is_refused_whole),
		cmocka_unit_test(a_quick_restart_causes_no_leave),
		cmocka_unit_test(a_restart_with_an_old_incarnation_climbs_above_what_is_known),
		cmocka_unit_test(two_that_hear_each_other_over_others_only_are_told),
		cmocka_unit_test(members_that_only_streams_reach_are_told_while_they_live),
		cmocka_unit_test(an_answer_that_is_late_is_a_packet_of_its_own),
		cmocka_unit_test(a_deaf_node_is_taken_out_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
