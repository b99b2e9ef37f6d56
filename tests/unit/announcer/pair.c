/* pair - see pair.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/announcer/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

const uint8_t mine[6] = { 2, 0, 0, 0, 0, 7 }, theirs[6] = { 2, 0, 0, 0, 0, 8 };
const uint16_t me_first[2] = { 0, 1 }, other_first[2] = { 1, 0 };

struct ip vip(uint8_t last)
{
	return ip_from_v4((const uint8_t[4]){ 10, 0, 0, last });
}

struct ring_meta kin(bool candidate)
{
	struct ring_meta meta = { .synced = true, .candidate = candidate, .n_reach = 1 };

	meta.reach[0] = (struct ring_reach){ .name = ring_name_hash("eth0"), .ip = vip(8), .bits = 24 };
	memcpy(meta.reach[0].mac, theirs, 6);
	return meta;
}

void tell(struct node *n, instant now, struct table_message m)
{
	node_on_message(n, now, &m);
}

void tell_row(struct node *n, instant now, const uint16_t (*order)[2])
{
	struct table_message m = { .kind = TABLE_ROW };

	m.row.ip = vip(100);
	m.row.n_candidate = 2;
	m.row.candidate = mem_new(2, sizeof(uint16_t));
	memcpy(m.row.candidate, *order, sizeof(*order));
	tell(n, now, m);
}

void tell_row_of_three(struct node *n, instant now, const uint16_t (*order)[3])
{
	struct table_message m = { .kind = TABLE_ROW };
	const struct ring_meta meta = kin(true);

	tell(n, now, (struct table_message){ .kind = TABLE_NODE, .node = { 2, true, "third" } });
	node_on_member(n, now, "third", true, &meta);
	m.row.ip = vip(100);
	m.row.n_candidate = 3;
	m.row.candidate = mem_new(3, sizeof(uint16_t));
	memcpy(m.row.candidate, *order, sizeof(*order));
	tell(n, now, m);
}

struct node *ring_that_probes(const uint16_t (*order)[2], bool other_is_candidate,
				     int64_t claims_ms)
{
	struct node_config config = node_config_default();
	struct link_news link = { .ifindex = PAIR_IFINDEX, .name = "eth0", .up = true, .carrier = true,
				  .ethernet = true };
	const struct link_address address = { PAIR_IFINDEX, vip(7), 24, false };
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

struct node *ring(const uint16_t (*order)[2], bool other_is_candidate)
{
	return ring_that_probes(order, other_is_candidate, 0);
}

bool answers(struct node *n, instant now)
{
	struct node_frame in = { PAIR_IFINDEX, { .op = ARP_REQUEST, .spa = { 10, 0, 0, 9 }, .tpa = { 10, 0, 0, 100 } } };
	struct node_frame frame;
	struct arp_msg out;

	while (node_next_frame(n, now, &frame))
		;
	memset(in.arp.eth_dst, 0xff, 6);
	return node_on_arp(n, now, &in, &out) == NODE_ANSWER;
}

struct table_verdict verdict_of(struct node *n, instant now)
{
	struct table_verdict verdict = { 0 };
	struct table_message m;

	while (node_next_report(n, now, &m))
		if (m.kind == TABLE_VERDICT)
			verdict = m.verdict;
	return verdict;
}

struct hand_msg expect(struct node *n, enum hand_kind kind)
{
	struct hand_msg msg;
	const char *to;

	assert_true(node_next_hand(n, &to, &msg));
	assert_string_equal(to, "other");
	assert_int_equal(msg.kind, kind);
	assert_string_equal(msg.from, "me");
	return msg;
}

void expect_nothing(struct node *n)
{
	struct hand_msg msg;
	const char *to;

	assert_false(node_next_hand(n, &to, &msg));
}

void hand_over(struct node *n, instant now, const struct hand_msg *ask)
{
	struct hand_msg give = *ask;

	give.kind = HAND_GIVE;
	give.held = true;
	memcpy(give.from, "other", sizeof("other"));
	node_on_hand(n, now, &give);
}

void from_other(struct node *n, instant now, enum hand_kind kind, uint32_t token)
{
	struct hand_msg msg = { .kind = kind, .from = "other", .n = 1 };

	msg.entry[0] = (struct hand_entry){ vip(100), token };
	node_on_hand(n, now, &msg);
}
