/* test_node - the brain of an announcer: what it answers, says unasked and reports */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/node.h"

#define ETH0 7
#define T(ms) ((instant)(ms)*NS_PER_MS)

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 7 }, asker[6] = { 2, 0, 0, 0, 0, 9 };
static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static struct ip vip(uint8_t last)
{
	return ip_from_v4((const uint8_t[4]){ 10, 0, 0, last });
}

static struct link_news eth0(bool carrier)
{
	struct link_news news = { .ifindex = ETH0, .name = "eth0", .up = true, .carrier = carrier,
				  .ethernet = true };

	memcpy(news.mac, mac, sizeof(mac));
	return news;
}

static void settings(struct node *n)
{
	struct table_message m = { .kind = TABLE_SETTINGS };

	memcpy(m.settings.node_name, "me", 3);
	node_on_message(n, T(0), &m);
}

static void peer(struct node *n, uint16_t index, const char *name, bool alive)
{
	struct table_message m = { .kind = TABLE_NODE };

	m.node.index = index;
	m.node.alive = alive;
	memcpy(m.node.name, name, strlen(name) + 1);
	node_on_message(n, T(0), &m);
}

/* A row with these candidates, by index. */
static void row(struct node *n, instant now, uint8_t last, const uint16_t *candidate, uint16_t n_candidate)
{
	struct table_message m = { .kind = TABLE_ROW };

	m.row.ip = vip(last);
	m.row.candidate = mem_new(n_candidate, sizeof(*candidate));
	memcpy(m.row.candidate, candidate, n_candidate * sizeof(*candidate));
	m.row.n_candidate = n_candidate;
	node_on_message(n, now, &m);
}

static void tell(struct node *n, instant now, enum table_kind kind)
{
	struct table_message m = { .kind = kind };

	node_on_message(n, now, &m);
}

static void drop_row(struct node *n, uint8_t last)
{
	struct table_message m = { .kind = TABLE_DROP };

	m.drop = vip(last);
	node_on_message(n, T(0), &m);
}

/* "me" is node 0, "other" node 1; eth0 has 10.0.0.7/24; the table is empty and synced. */
static int setup(void **state)
{
	struct node_config config = node_config_default();
	struct node *n;
	struct link_news news = eth0(true);
	const struct link_address address = { ETH0, vip(7), 24, false };

	config.claims_ms = config.announce.refresh_ms = 0;
	n = node_new(&config);
	settings(n);
	peer(n, 0, "me", true);
	peer(n, 1, "other", true);
	node_on_link(n, T(0), &news);
	node_on_address(n, T(0), &address);
	tell(n, T(0), TABLE_SYNCED);
	*state = n;
	return 0;
}

static int teardown(void **state)
{
	node_free(*state);
	return 0;
}

static struct node_frame question(uint8_t last)
{
	struct node_frame in = { ETH0, { .op = ARP_REQUEST, .spa = { 10, 0, 0, 9 },
					 .tpa = { 10, 0, 0, last } } };

	memcpy(in.arp.eth_dst, everybody, 6);
	memcpy(in.arp.eth_src, asker, 6);
	memcpy(in.arp.sha, asker, 6);
	return in;
}

static enum node_verdict ask(struct node *n, uint8_t last)
{
	struct node_frame in = question(last);
	struct arp_msg out;

	return node_on_arp(n, T(0), &in, &out);
}

static size_t frames(struct node *n, instant now)
{
	struct node_frame frame;
	size_t count = 0;

	while (node_next_frame(n, now, &frame))
		count++;
	return count;
}

static const uint16_t me_first[] = { 0, 1 }, other_first[] = { 1, 0 };

static void what_it_owns_is_answered_with_its_own_address(void **state)
{
	struct node_frame in = question(100);
	struct arp_msg out;

	row(*state, T(1), 100, me_first, 2);
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_ANSWER);
	assert_int_equal(out.op, ARP_REPLY);
	assert_memory_equal(out.eth_dst, asker, 6);
	assert_memory_equal(out.eth_src, mac, 6);
	assert_memory_equal(out.sha, mac, 6);
	assert_memory_equal(out.spa, in.arp.tpa, 4);
	assert_memory_equal(out.tha, asker, 6);
	assert_memory_equal(out.tpa, in.arp.spa, 4);
	drop_row(*state, 100);
	assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
}

/* Gives the node an interface of this name, with the address of a row on it. */
static void own_address_on(struct node *n, const char *interface, uint32_t ifindex)
{
	const struct link_address address = { ifindex, vip(100), 32, false };
	struct link_news link = { .ifindex = ifindex };

	memcpy(link.name, interface, strlen(interface) + 1);
	node_on_link(n, T(1), &link);
	node_on_address(n, T(1), &address);
}

static void an_address_of_its_own_is_left_to_the_kernel(void **state)
{
	row(*state, T(1), 100, me_first, 2);
	own_address_on(*state, "dummy0", 70);
	assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
}

static void what_ipvs_has_on_every_node_is_answered(void **state)
{
	row(*state, T(1), 100, me_first, 2);
	own_address_on(*state, "kube-ipvs0", 70);
	own_address_on(*state, "kube-dummy-if", 71);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
}

static void frames_that_are_not_for_it_stay_unanswered(void **state)
{
	struct node_frame in = question(100);
	struct arp_msg out;

	row(*state, T(1), 100, me_first, 2);
	row(*state, T(1), 101, other_first, 2);
	assert_int_equal(ask(*state, 99), NODE_NOT_ANNOUNCED);
	assert_int_equal(ask(*state, 101), NODE_NOT_ANNOUNCED);
	in.arp.op = ARP_REPLY;
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_NOT_REQUEST);
	in = question(100);
	memcpy(in.arp.eth_dst, asker, 6);
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_OTHER_DESTINATION);
	memcpy(in.arp.eth_dst, mac, 6);
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_ANSWER);
	in.ifindex = 99;
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_OTHER_INTERFACE);
	in.ifindex = ETH0;
}

static void the_next_in_line_takes_over_when_the_first_dies(void **state)
{
	row(*state, T(1), 100, other_first, 2);
	assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
	peer(*state, 1, "other", false);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
	assert_int_equal(frames(*state, T(2)), 2);
	peer(*state, 1, "other", true);
	assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
	assert_int_equal(node_deadline(*state), INSTANT_NEVER); /* the rounds ended with it */
}

static void alone_in_a_ring_it_takes_what_nobody_answers_for(void **state)
{
	node_enter_ring(*state, T(3)); /* which knows better than the API, and knows nobody else */
	row(*state, T(3), 100, other_first, 2);
	for (int ms = 3; ms < 300; ms += 100) {
		assert_int_equal(frames(*state, T(ms)), 1); /* a probe */
		assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
	}
	assert_int_equal(frames(*state, T(303)), 2);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
}

static void alone_in_a_ring_it_leaves_what_somebody_answers_for(void **state)
{
	struct node_frame answer = { ETH0, { .op = ARP_REPLY, .spa = { 10, 0, 0, 100 } } };
	struct arp_msg out;

	node_enter_ring(*state, T(3));
	row(*state, T(3), 100, other_first, 2);
	memcpy(answer.arp.sha, asker, 6);
	for (int ms = 3; ms < 5000; ms += 100) {
		(void)frames(*state, T(ms));
		assert_int_equal(node_on_arp(*state, T(ms), &answer, &out), NODE_NOT_REQUEST);
		assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
	}
	for (int ms = 5000; ms < 7000; ms += 100)
		(void)frames(*state, T(ms));
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
}

static void five_rounds_of_request_and_reply_announce_it(void **state)
{
	struct node_frame frame;

	row(*state, T(0), 100, me_first, 2);
	for (int round = 0; round < 5; round++) {
		instant now = T(1100 * round);

		assert_int_equal(node_deadline(*state), now);
		for (uint16_t op = ARP_REQUEST; op <= ARP_REPLY; op++) {
			assert_true(node_next_frame(*state, now, &frame));
			assert_int_equal(frame.ifindex, ETH0);
			assert_int_equal(frame.arp.op, op);
			assert_memory_equal(frame.arp.eth_dst, everybody, 6);
			assert_memory_equal(frame.arp.tha, everybody, 6);
			assert_memory_equal(frame.arp.sha, mac, 6);
			assert_memory_equal(frame.arp.spa, frame.arp.tpa, 4);
		}
		assert_false(node_next_frame(*state, now, &frame));
	}
	assert_int_equal(node_deadline(*state), INSTANT_NEVER);
}

static void announcements_are_paced(void **state)
{
	size_t first = 0, rest = 0;

	for (uint8_t last = 100; last < 200; last++)
		row(*state, T(0), last, me_first, 2);
	for (int ms = 0; ms < 1000; ms++) {
		struct node_frame frame;

		for (; node_next_frame(*state, T(ms), &frame); first++)
			assert_int_equal(frame.arp.op, first < 100 ? ARP_REQUEST : ARP_REPLY);
		if (ms == 70)
			assert_in_range(first, 70, 70 + 25); /* a request for each, 1000 a second */
	}
	assert_int_equal(first, 200); /* the replies, 200 a second */
	for (int ms = 1000; ms < 3000; ms++)
		rest += frames(*state, T(ms));
	assert_in_range(rest, 300, 405); /* the repeats: 200 a second */
}

static void a_cable_that_is_out_silences_and_announces_again(void **state)
{
	struct link_news out = eth0(false), in = eth0(true);

	row(*state, T(0), 100, me_first, 2);
	frames(*state, T(0));
	node_on_link(*state, T(1), &out);
	assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
	assert_int_equal(frames(*state, T(2000)), 0);
	node_on_link(*state, T(3000), &in);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
	assert_int_equal(frames(*state, T(3000)), 2);
	node_on_link_gone(*state, T(4000), ETH0);
	assert_int_equal(ask(*state, 100), NODE_OTHER_INTERFACE);
}

static void another_hardware_address_is_announced(void **state)
{
	struct link_news news = eth0(true);
	struct node_frame frame;

	row(*state, T(0), 100, me_first, 2);
	row(*state, T(0), 101, other_first, 2);
	for (int s = 0; s < 10; s++)
		frames(*state, T(1000 * s));
	news.mac[5] = 8;
	node_on_link(*state, T(10000), &news);
	assert_int_equal(node_deadline(*state) <= T(10000), true);
	assert_true(node_next_frame(*state, T(10000), &frame));
	assert_memory_equal(frame.arp.sha, news.mac, 6);
	assert_int_equal(frame.arp.spa[3], 100);
	assert_int_equal(frames(*state, T(10000)), 1); /* the reply, and nothing of what others have */
	assert_int_equal(frames(*state, T(12000)), 2);
	node_on_link(*state, T(20000), &news); /* no news */
	while (node_deadline(*state) != INSTANT_NEVER)
		frames(*state, node_deadline(*state));
	news.up = false; /* with another one again, but nothing is answered there */
	news.mac[5] = 7;
	node_on_link(*state, T(30000), &news);
	assert_int_equal(frames(*state, T(30000)), 0);
}

static void its_own_address_is_never_answered(void **state)
{
	const struct link_address address = { ETH0, vip(100), 24, false };
	struct link_address gone = address;

	row(*state, T(0), 7, me_first, 2);
	assert_int_equal(ask(*state, 7), NODE_NOT_ANNOUNCED);
	row(*state, T(0), 100, me_first, 2);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
	node_on_address(*state, T(1), &address);
	assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
	gone.gone = true;
	node_on_address(*state, T(2), &gone);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
}

static void the_interface_with_the_right_subnet_carries_it(void **state)
{
	struct link_news other = { .ifindex = 8, .name = "eth1", .up = true, .carrier = true, .ethernet = true };
	struct node_frame in = question(100);
	struct arp_msg out;
	struct link_address far = { ETH0, vip(7), 24, true };

	node_on_link(*state, T(0), &other);
	row(*state, T(0), 100, me_first, 2);
	in.ifindex = 8;
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_OTHER_INTERFACE);
	in.ifindex = ETH0;
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_ANSWER);
	node_on_address(*state, T(1), &far); /* no subnet contains it now: every interface */
	memcpy(in.arp.eth_dst, everybody, 6);
	in.ifindex = 8;
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_ANSWER);
	in.ifindex = ETH0;
	other.enslaved = true;
	node_on_link(*state, T(2), &other);
	in.ifindex = 8;
	assert_int_equal(node_on_arp(*state, T(1), &in, &out), NODE_OTHER_INTERFACE);
	in.ifindex = ETH0;
}

/* More of them than there are slots. */
static void put_pods(struct node *n, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		struct link_news veth = { .ifindex = i, .up = true, .ethernet = true, .enslaved = true };

		snprintf(veth.name, sizeof(veth.name), "veth%u", i);
		node_on_link(n, T(1), &veth);
	}
}

static void an_uplink_that_is_made_anew_is_used_beside_many_pods(void **state)
{
	const struct link_address address = { 1000, vip(7), 24, false };
	struct link_news uplink = eth0(true);
	struct node_frame in = question(100);
	size_t n_came = 0, n_gone = 0;
	struct table_message m;
	struct arp_msg out;

	row(*state, T(0), 100, me_first, 2);
	put_pods(*state, 100, LINKS_MAX + 10);
	node_on_link_gone(*state, T(1), ETH0);
	put_pods(*state, 300, 10);
	uplink.ifindex = in.ifindex = 1000;
	node_on_link(*state, T(2), &uplink);
	node_on_address(*state, T(2), &address);
	assert_int_equal(node_on_arp(*state, T(2), &in, &out), NODE_ANSWER);
	while (node_next_report(*state, T(2), &m)) {
		if (m.kind != TABLE_LINK)
			continue;
		n_gone += m.link.gone;
		n_came += !m.link.gone;
		if (strcmp(m.link.name, "eth0") == 0)
			assert_int_equal(m.link.gone, !m.link.usable);
	}
	assert_int_equal(n_gone, 2); /* the former eth0, and whose slot the present one has */
	assert_int_equal(n_came, LINKS_MAX);
}

static void excluded_names_are_left_alone(void **state)
{
	struct table_message m = { .kind = TABLE_SETTINGS };

	row(*state, T(0), 100, me_first, 2);
	memcpy(m.settings.node_name, "me", 3);
	memcpy(m.settings.exclude, "^eth", 5);
	node_on_message(*state, T(1), &m);
	assert_int_equal(ask(*state, 100), NODE_NOT_ANNOUNCED);
}

static void the_table_outlives_its_agent_and_is_replaced_by_the_next(void **state)
{
	row(*state, T(0), 100, me_first, 2);
	row(*state, T(0), 101, me_first, 2);
	node_on_agent_gone(*state);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
	settings(*state);
	peer(*state, 5, "me", true); /* other indexes */
	row(*state, T(1), 100, (const uint16_t[]){ 5 }, 1);
	assert_int_equal(ask(*state, 101), NODE_ANSWER); /* until the new table is complete */
	tell(*state, T(2), TABLE_SYNCED);
	assert_int_equal(ask(*state, 100), NODE_ANSWER);
	assert_int_equal(ask(*state, 101), NODE_NOT_ANNOUNCED);
	assert_int_equal(node_n_rows(*state), 1);
}

static size_t verdicts(struct node *n, enum table_reason wanted)
{
	struct table_message m;
	size_t count = 0;

	while (node_next_report(n, T(10), &m))
		count += m.kind == TABLE_VERDICT && m.verdict.reason == wanted;
	return count;
}

static void verdicts_are_reported_once_per_change(void **state)
{
	verdicts(*state, TABLE_OK);
	row(*state, T(0), 100, me_first, 2);
	row(*state, T(0), 101, other_first, 2);
	assert_int_equal(verdicts(*state, TABLE_OK), 1);
	assert_int_equal(verdicts(*state, TABLE_NOT_OWNER), 0);
	row(*state, T(1), 100, me_first, 2); /* the same again */
	assert_int_equal(verdicts(*state, TABLE_OK), 0);
	peer(*state, 0, "me", false);
	assert_int_equal(verdicts(*state, TABLE_NOT_OWNER), 1);
	row(*state, T(2), 102, me_first, 0);
	assert_int_equal(verdicts(*state, TABLE_NO_CANDIDATE), 1);
	row(*state, T(2), 103, me_first, 2);
	drop_row(*state, 103); /* gone before anybody heard of it */
	assert_int_equal(verdicts(*state, TABLE_NOT_OWNER), 0);
}

static void counts_are_reported_when_asked_for(void **state)
{
	struct table_message m;
	bool counted = false, totals = false;

	row(*state, T(0), 100, me_first, 2);
	frames(*state, T(0));
	ask(*state, 100);
	ask(*state, 100);
	verdicts(*state, TABLE_OK);
	tell(*state, T(1), TABLE_ASK);
	while (node_next_report(*state, T(1), &m)) {
		totals |= m.kind == TABLE_TOTALS;
		if (m.kind != TABLE_COUNTS)
			continue;
		counted = true;
		assert_int_equal(m.counts.requests, 2);
		assert_int_equal(m.counts.responses, 2);
		assert_int_equal(m.counts.gratuitous, 2);
	}
	assert_true(counted && totals);
}

static void a_touched_address_is_announced_again(void **state)
{
	struct table_message m = { .kind = TABLE_TOUCH };

	row(*state, T(0), 100, me_first, 2);
	for (int ms = 0; ms < 6000; ms++)
		frames(*state, T(ms));
	m.drop = vip(100);
	node_on_message(*state, T(6000), &m);
	assert_int_equal(frames(*state, T(6000)), 2);
}

static void a_stopped_node_is_silent(void **state)
{
	row(*state, T(0), 100, me_first, 2);
	node_end(*state);
	assert_int_equal(ask(*state, 100), NODE_OTHER_INTERFACE);
	assert_int_equal(frames(*state, T(0)), 0);
	assert_int_equal(node_deadline(*state), INSTANT_NEVER);
}

static void ports_are_opened_where_an_address_is_carried(void **state)
{
	struct link_news lone = { .ifindex = 8, .name = "eth1", .up = true, .carrier = true, .ethernet = true };
	uint64_t version, later;

	node_on_link(*state, T(0), &lone);
	assert_int_equal(node_ports(*state, &version), 0);
	row(*state, T(0), 100, me_first, 2);
	assert_int_equal(node_ports(*state, &later), 1);
	assert_true(later != version);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_it_owns_is_answered_with_its_own_address),
		TEST(an_address_of_its_own_is_left_to_the_kernel),
		TEST(what_ipvs_has_on_every_node_is_answered),
		TEST(frames_that_are_not_for_it_stay_unanswered),
		TEST(the_next_in_line_takes_over_when_the_first_dies),
		TEST(alone_in_a_ring_it_takes_what_nobody_answers_for),
		TEST(alone_in_a_ring_it_leaves_what_somebody_answers_for),
		TEST(five_rounds_of_request_and_reply_announce_it),
		TEST(announcements_are_paced),
		TEST(a_cable_that_is_out_silences_and_announces_again),
		TEST(another_hardware_address_is_announced),
		TEST(its_own_address_is_never_answered),
		TEST(the_interface_with_the_right_subnet_carries_it),
		TEST(an_uplink_that_is_made_anew_is_used_beside_many_pods),
		TEST(excluded_names_are_left_alone),
		TEST(the_table_outlives_its_agent_and_is_replaced_by_the_next),
		TEST(verdicts_are_reported_once_per_change),
		TEST(counts_are_reported_when_asked_for),
		TEST(a_touched_address_is_announced_again),
		TEST(a_stopped_node_is_silent),
		TEST(ports_are_opened_where_an_address_is_carried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
