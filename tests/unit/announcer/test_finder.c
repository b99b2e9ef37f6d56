/* test_finder - when a speaker has found the others, and whom it joins */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/finder.h"

#define T(ms) ((instant)(ms) * NS_PER_MS)
#define GOSSIP_MS 200

struct ring { /* members at 10.0.0.1 and so on */
	struct swim_member member[8], *at[8];
	struct swim_members members;
};

static struct finder named(uint8_t n)
{
	struct table_peers peers = { 0 };
	struct finder f;

	finder_init(&f);
	for (uint8_t i = 1; i <= n; i++)
		peers.ip[peers.n++] = ip_from_v4((const uint8_t[]){ 10, 0, 0, i });
	assert_true(finder_on_peers(&f, &peers));
	return f;
}

static void ring_of(struct ring *r, uint8_t n)
{
	for (uint8_t i = 0; i < n; i++) {
		r->member[i] = (struct swim_member){ .state = SWIM_STATE_ALIVE,
						     .said.addr = { .n = 4, .byte = { 10, 0, 0, (uint8_t)(i + 1) } } };
		r->at[i] = &r->member[i];
	}
	r->members = (struct swim_members){ .at = r->at, .n = n };
}

/* When it ends, if it is looked after at each deadline. */
static int64_t ends_ms(struct finder *f, const struct ring *r)
{
	instant now = T(0);

	finder_begin(f, now, GOSSIP_MS);
	while (finder_is_searching(f)) {
		now = finder_deadline(f, now);
		finder_tick(f, now, &r->members);
	}
	assert_true(finder_deadline(f, now) == INSTANT_NEVER);
	return now / NS_PER_MS;
}

static void with_all_that_are_named_the_search_ends_after_two_rounds_of_gossip(void **state)
{
	struct finder f = named(3);
	struct ring r;

	(void)state;
	ring_of(&r, 3);
	assert_int_equal(ends_ms(&f, &r), 2 * GOSSIP_MS);
	finder_done(&f);
}

static void one_that_is_no_live_member_is_waited_for_for_a_second(void **state)
{
	struct finder f = named(3);
	struct ring r;

	(void)state;
	ring_of(&r, 3);
	r.member[1].state = SWIM_STATE_DEAD;
	assert_int_equal(ends_ms(&f, &r), FINDER_MS);
	finder_done(&f);
}

static void it_ends_when_the_last_one_is_found(void **state)
{
	struct finder f = named(3);
	struct ring r;

	(void)state;
	ring_of(&r, 2);
	finder_begin(&f, T(0), GOSSIP_MS);
	finder_tick(&f, T(500), &r.members);
	assert_true(finder_is_searching(&f));
	ring_of(&r, 3);
	finder_tick(&f, T(501), &r.members);
	assert_false(finder_is_searching(&f));
	finder_done(&f);
}

static void only_those_are_strangers_that_are_no_members_and_each_has_its_turn(void **state)
{
	struct finder f = named(9);
	struct swim_addr out[FINDER_AT_ONCE];
	struct ring r;
	unsigned seen = 0;

	(void)state;
	ring_of(&r, 3);
	assert_true(finder_has_others(&f, &r.member[0].said.addr));
	for (int round = 0; round < 2; round++) {
		size_t n = finder_strangers(&f, &r.members, out);

		assert_int_equal(n, FINDER_AT_ONCE);
		for (size_t i = 0; i < n; i++)
			seen |= 1U << out[i].byte[3];
	}
	assert_int_equal(seen, 0x3f0); /* 4 to 9 */
	finder_done(&f);
}

static void a_list_in_parts_counts_once_it_is_whole(void **state)
{
	struct finder f = named(3);
	struct table_peers part = { .n = 1, .more = true };

	(void)state;
	part.ip[0] = ip_from_v4((const uint8_t[]){ 10, 0, 0, 7 });
	assert_false(finder_on_peers(&f, &part));
	part = (struct table_peers){ .n = 1 };
	part.ip[0] = ip_from_v4((const uint8_t[]){ 10, 0, 0, 8 });
	assert_true(finder_on_peers(&f, &part));
	assert_int_equal(f.n, 2);
	assert_true(finder_has(&f, &part.ip[0]));
	assert_false(finder_has_others(&(struct finder){ .peer = f.peer + 1, .n = 1 },
				       &(struct swim_addr){ .n = 4, .byte = { 10, 0, 0, 8 } }));
	finder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_all_that_are_named_the_search_ends_after_two_rounds_of_gossip),
		cmocka_unit_test(one_that_is_no_live_member_is_waited_for_for_a_second),
		cmocka_unit_test(it_ends_when_the_last_one_is_found),
		cmocka_unit_test(only_those_are_strangers_that_are_no_members_and_each_has_its_turn),
		cmocka_unit_test(a_list_in_parts_counts_once_it_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
