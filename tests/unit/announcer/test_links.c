/* test_links - more interfaces than there are slots: who gets one, and what is known of the others */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/links.h"

#define UPLINK 1000 /* its ifindex */

static struct link_news named(uint32_t ifindex, const char *name)
{
	struct link_news news = { .ifindex = ifindex, .up = true, .carrier = true, .ethernet = true };

	snprintf(news.name, sizeof(news.name), "%s%u", name, ifindex);
	return news;
}

/* As many as there are slots: of pods in a bridge, or such that could be used. */
static void fill(struct links *links, bool enslaved)
{
	for (uint32_t i = 0; i < LINKS_MAX; i++) {
		struct link_news news = named(i + 1, "veth");

		news.enslaved = enslaved;
		assert_true(links_on_link(links, &news));
	}
}

static struct link_address address_of(uint32_t ifindex, uint8_t last)
{
	return (struct link_address){ ifindex, ip_from_v4((const uint8_t[4]){ 10, 0, 0, last }), 24, false };
}

static int setup(void **state)
{
	*state = mem_new(1, sizeof(struct links));
	links_init(*state);
	return 0;
}

static int teardown(void **state)
{
	links_done(*state);
	free(*state);
	return 0;
}

static void an_interface_that_would_be_used_gets_the_slot_of_one_that_is_not(void **state)
{
	struct link_news uplink = named(UPLINK, "eth"), left;
	struct links *links = *state;
	int at;

	fill(links, true);
	assert_false(links_on_link(links, &uplink));
	assert_int_equal(links_n_waiting(links), 1);
	at = links_seat(links, &left);
	assert_true(at >= 0);
	assert_int_equal(links_find(links, UPLINK), at);
	assert_true(links_is_usable(links, (size_t)at));
	assert_int_equal(links_find(links, left.ifindex), -1);
	assert_int_equal(links_n_waiting(links), 0);
	assert_int_equal(links_seat(links, &left), -1);
}

static void one_that_is_down_leaves_after_those_of_pods(void **state)
{
	struct link_news uplink = named(UPLINK, "eth"), down = named(1, "eth"), left;
	struct links *links = *state;

	fill(links, true);
	down.up = false;
	assert_true(links_on_link(links, &down));
	for (uint32_t i = 0; i < LINKS_MAX; i++) {
		uplink.ifindex = UPLINK + i;
		assert_false(links_on_link(links, &uplink));
		assert_true(links_seat(links, &left) >= 0);
		assert_int_equal(left.ifindex == 1, i == LINKS_MAX - 1);
	}
}

static void among_those_that_are_used_the_next_one_waits(void **state)
{
	struct link_news uplink = named(UPLINK, "eth"), left;
	struct links *links = *state;

	fill(links, false);
	assert_false(links_on_link(links, &uplink));
	assert_int_equal(links_seat(links, &left), -1);
	assert_int_equal(links_n_waiting(links), 1);
	assert_true(links_on_gone(links, 5));
	assert_int_equal(links_seat(links, &left), 4);
	assert_int_equal(left.ifindex, 0);
	assert_int_equal(links_find(links, UPLINK), 4);
	assert_true(links_on_gone(links, 6));
	assert_true(links_set_exclude(links, "^veth"));
	assert_true(links_on_link(links, &(struct link_news){ .ifindex = 6 }));
	assert_false(links_on_link(links, &(struct link_news){ .ifindex = 2000, .name = "lo" }));
	assert_int_equal(links_seat(links, &left), -1);
	assert_false(links_on_gone(links, 2000));
	assert_false(links_on_gone(links, 2000));
}

static void addresses_of_interfaces_without_a_slot_are_own_ones(void **state)
{
	struct link_news uplink = named(UPLINK, "eth"), left, veth;
	const struct link_address there = address_of(UPLINK, 7), second = address_of(UPLINK, 8);
	const struct link_address near = address_of(0, 100);
	struct link_address away = there;
	struct links *links = *state;
	int at;

	fill(links, true);
	assert_false(links_on_address(links, &there)); /* of an interface that nobody knows */
	assert_false(links_has_address(links, &there.ip));
	links_on_link(links, &uplink);
	assert_true(links_on_address(links, &there));
	assert_false(links_on_address(links, &there));
	assert_true(links_on_address(links, &second));
	assert_true(links_has_address(links, &there.ip));
	at = links_seat(links, &left);
	assert_int_equal(links->at[at].n_address, 2);
	assert_true(links_choose(links, &near.ip, NULL, 0).usable == UINT64_C(1) << at);
	uplink.enslaved = true;
	assert_true(links_on_link(links, &uplink));
	veth = left;
	veth.enslaved = false;
	for (uint32_t i = 0; i < LINKS_MAX; i++) { /* all slots are used now */
		veth.ifindex = 2000 + i;
		links_on_link(links, &veth);
		assert_true(links_seat(links, &left) >= 0);
	}
	assert_int_equal(links_find(links, UPLINK), -1);
	assert_true(links_has_address(links, &there.ip));
	away.gone = true;
	assert_true(links_on_address(links, &away));
	assert_false(links_on_address(links, &away));
	assert_false(links_has_address(links, &there.ip));
	assert_true(links_has_address(links, &second.ip));
	assert_true(links_on_gone(links, UPLINK));
	assert_false(links_has_address(links, &second.ip));
}

static void addresses_beyond_those_of_a_slot_are_own_ones(void **state)
{
	struct link_news uplink = named(UPLINK, "eth");
	struct links *links = *state;
	struct link_address address;

	links_on_link(links, &uplink);
	for (uint8_t i = 0; i < LINKS_MAX_ADDRESSES; i++) {
		address = address_of(UPLINK, i + 1);
		assert_true(links_on_address(links, &address));
	}
	address = address_of(UPLINK, 200);
	assert_true(links_on_address(links, &address));
	assert_true(links_has_address(links, &address.ip));
	address.gone = true;
	assert_true(links_on_address(links, &address));
	assert_false(links_has_address(links, &address.ip));
}

/* The kernel tells of an address again each time its lifetime is renewed. */
static void an_address_that_is_told_again_is_no_change(void **state)
{
	struct link_news uplink = named(UPLINK, "eth");
	struct link_address address = address_of(UPLINK, 7);
	struct links *links = *state;

	links_on_link(links, &uplink);
	assert_true(links_on_address(links, &address));
	assert_false(links_on_address(links, &address));
	address.prefix_bits = 16;
	assert_true(links_on_address(links, &address));
	assert_int_equal(links->at[0].prefix_bits[0], 16);
	assert_int_equal(links->at[0].n_address, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_interface_that_would_be_used_gets_the_slot_of_one_that_is_not,
						setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_is_down_leaves_after_those_of_pods, setup, teardown),
		cmocka_unit_test_setup_teardown(among_those_that_are_used_the_next_one_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_of_interfaces_without_a_slot_are_own_ones, setup,
						teardown),
		cmocka_unit_test_setup_teardown(addresses_beyond_those_of_a_slot_are_own_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(an_address_that_is_told_again_is_no_change, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
