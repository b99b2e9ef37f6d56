/* test_netlink - interfaces and addresses as the kernel changes them */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "speaker/announcer/io/netlink.h"
#include "tests/shell/world.h"

struct seen {
	struct netlink_link link; /* of the interface that is looked at */
	struct netlink_address address;
	bool known, up, down, carrier, enslaved, gone, has_address, lost_address;
};

static const char *const WATCHED = "eth7";

static void on_link(void *ctx, instant now, const struct netlink_link *link)
{
	struct seen *seen = ctx;

	(void)now;
	if (strcmp(link->name, WATCHED) != 0)
		return;
	seen->link = *link;
	seen->known = true;
	seen->up |= link->up;
	seen->down |= !link->up;
	seen->carrier |= link->carrier;
	seen->enslaved |= link->enslaved;
}

static void on_link_gone(void *ctx, instant now, uint32_t ifindex)
{
	struct seen *seen = ctx;

	(void)now;
	seen->gone |= ifindex == seen->link.ifindex;
}

static void on_address(void *ctx, instant now, const struct netlink_address *address)
{
	struct seen *seen = ctx;

	(void)now;
	if (address->ifindex != seen->link.ifindex || address->ip.len != IP_V4)
		return;
	seen->address = *address;
	seen->has_address |= !address->gone;
	seen->lost_address |= address->gone;
}

static void an_interface_is_followed_through_its_life(void **state)
{
	struct seen seen = { 0 };
	const struct netlink_user user = { on_link, on_link_gone, on_address, &seen };
	struct loop *loop = loop_new();
	struct netlink *netlink;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_int_equal(netlink_open(loop, &user, &netlink), 0);
	world_ip("link add eth7 type veth peer name far7");
	world_until(loop, &seen.known);
	assert_false(seen.link.up);
	assert_true(seen.link.ethernet);
	world_ip("link set eth7 up");
	world_ip("link set far7 up");
	world_until(loop, &seen.carrier);
	world_ip("address add 192.0.2.7/24 dev eth7");
	world_until(loop, &seen.has_address);
	assert_string_equal(ip_format(&seen.address.ip, text), "192.0.2.7");
	assert_int_equal(seen.address.prefix_bits, 24);
	world_ip("address del 192.0.2.7/24 dev eth7");
	world_until(loop, &seen.lost_address);
	world_ip("link add br7 type bridge");
	world_ip("link set eth7 master br7");
	world_until(loop, &seen.enslaved);
	seen.down = false;
	world_ip("link set eth7 down");
	world_until(loop, &seen.down);
	world_ip("link del eth7");
	world_until(loop, &seen.gone);
	world_ip("link del br7");
	netlink_close(netlink);
	loop_free(loop);
}

static void what_is_there_already_is_told(void **state)
{
	struct seen seen = { 0 };
	const struct netlink_user user = { on_link, on_link_gone, on_address, &seen };
	struct loop *loop = loop_new();
	struct netlink *netlink;

	(void)state;
	world_ip("link add eth7 address 02:00:00:00:00:07 type veth peer name far7");
	world_ip("address add 192.0.2.7/24 dev eth7");
	assert_int_equal(netlink_open(loop, &user, &netlink), 0);
	world_until(loop, &seen.has_address);
	assert_memory_equal(seen.link.mac, "\x02\0\0\0\0\x07", 6);
	netlink_close(netlink);
	loop_free(loop);
	world_ip("link del eth7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_is_followed_through_its_life),
		cmocka_unit_test(what_is_there_already_is_told),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
