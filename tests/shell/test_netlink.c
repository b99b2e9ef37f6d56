/* test_netlink - interfaces and addresses as the kernel changes them */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "speaker/announcer/io/netlink.h"
#include "tests/shell/world.h"

struct seen {
	struct netlink_link link; /* of the interface that is looked at */
	struct netlink_address address;
	bool known, up, down, carrier, enslaved, freed, gone, has_address, lost_address;
};

static const char *const WATCHED = "eth7";
static unsigned n_asked, refuse_from, refuse_to; /* questions to the kernel */

/* In the place of libnl's: the kernel may be out of memory. */
int nl_send_simple(struct nl_sock *socket, int type, int flags, void *bytes, size_t n)
{
	struct nl_msg *msg;
	int rc;

	if (++n_asked >= refuse_from && n_asked < refuse_to)
		return -NLE_NOMEM;
	msg = nlmsg_alloc_simple(type, flags);
	assert_non_null(msg);
	assert_int_equal(nlmsg_append(msg, bytes, n, NLMSG_ALIGNTO), 0);
	rc = nl_send_auto(socket, msg);
	nlmsg_free(msg);
	return rc;
}

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
	seen->freed |= seen->enslaved && !link->enslaved;
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

struct watch {
	struct seen seen;
	struct loop *loop;
	struct netlink *netlink;
};

static void start(struct watch *w)
{
	const struct netlink_user user = { on_link, on_link_gone, on_address, &w->seen };

	*w = (struct watch){ .loop = loop_new() };
	assert_int_equal(netlink_open(w->loop, &user, &w->netlink), 0);
}

static void end(struct watch *w)
{
	netlink_close(w->netlink);
	loop_free(w->loop);
}

static void an_interface_is_followed_through_its_life(void **state)
{
	struct watch w;
	char text[IP_TEXT_MAX];

	(void)state;
	start(&w);
	world_ip("link add eth7 type veth peer name far7");
	world_until(w.loop, &w.seen.known);
	assert_false(w.seen.link.up);
	assert_true(w.seen.link.ethernet);
	world_ip("link set eth7 up");
	world_ip("link set far7 up");
	world_until(w.loop, &w.seen.carrier);
	world_ip("address add 192.0.2.7/24 dev eth7");
	world_until(w.loop, &w.seen.has_address);
	assert_string_equal(ip_format(&w.seen.address.ip, text), "192.0.2.7");
	assert_int_equal(w.seen.address.prefix_bits, 24);
	world_ip("address del 192.0.2.7/24 dev eth7");
	world_until(w.loop, &w.seen.lost_address);
	world_ip("link add br7 type bridge");
	world_ip("link set eth7 master br7");
	world_until(w.loop, &w.seen.enslaved);
	w.seen.down = false;
	world_ip("link set eth7 down");
	world_until(w.loop, &w.seen.down);
	world_ip("link del eth7");
	world_until(w.loop, &w.seen.gone);
	world_ip("link del br7");
	end(&w);
}

static void what_is_there_already_is_told(void **state)
{
	struct watch w;

	(void)state;
	world_ip("link add eth7 address 02:00:00:00:00:07 type veth peer name far7");
	world_ip("address add 192.0.2.7/24 dev eth7");
	start(&w);
	world_until(w.loop, &w.seen.has_address);
	assert_memory_equal(w.seen.link.mac, "\x02\0\0\0\0\x07", 6);
	end(&w);
	world_ip("link del eth7");
}

static void who_leaves_a_bridge_is_not_gone(void **state)
{
	struct watch w;

	(void)state;
	world_ip("link add eth7 type veth peer name far7");
	world_ip("address add 192.0.2.7/24 dev eth7");
	world_ip("link add br7 type bridge");
	world_ip("link set eth7 master br7");
	start(&w);
	world_until(w.loop, &w.seen.has_address);
	world_ip("link set eth7 nomaster");
	world_ip("address del 192.0.2.7/24 dev eth7"); /* told after it */
	world_until(w.loop, &w.seen.lost_address);
	assert_true(w.seen.freed);
	assert_false(w.seen.gone);
	end(&w);
	world_ip("link del eth7");
	world_ip("link del br7");
}

static void what_goes_while_messages_are_lost_is_told(void **state)
{
	struct watch w;

	(void)state;
	world_ip("link add eth7 type veth peer name far7");
	world_ip("link add eth8 type veth peer name far8");
	world_ip("address add 192.0.2.7/24 dev eth7");
	start(&w);
	world_until(w.loop, &w.seen.has_address);
	world_flood("far8");
	world_ip("address del 192.0.2.7/24 dev eth7");
	world_until(w.loop, &w.seen.lost_address);
	assert_false(w.seen.gone);
	world_flood("far8");
	world_ip("link del eth7");
	world_until(w.loop, &w.seen.gone);
	end(&w);
	world_ip("link del eth8");
}

static void a_question_that_fails_is_asked_again(void **state)
{
	(void)state;
	world_ip("link add eth7 type veth peer name far7");
	world_ip("address add 192.0.2.7/24 dev eth7");
	for (unsigned first = 1; first <= 2; first++) { /* for the links, for the addresses */
		struct watch w;

		refuse_from = n_asked + first;
		refuse_to = refuse_from + 1;
		start(&w);
		world_until(w.loop, &w.seen.has_address);
		assert_true(n_asked > refuse_to);
		end(&w);
	}
	world_ip("link del eth7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_is_followed_through_its_life),
		cmocka_unit_test(what_is_there_already_is_told),
		cmocka_unit_test(who_leaves_a_bridge_is_not_gone),
		cmocka_unit_test(what_goes_while_messages_are_lost_is_told),
		cmocka_unit_test(a_question_that_fails_is_asked_again),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
