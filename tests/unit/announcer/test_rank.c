/* test_rank - who should answer, by the interfaces that a row names */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/core/rank.h"

/* A member that can answer on one interface, in 10.0.0.0/24. */
static struct peer *member(struct peers *peers, const char *name, const char *interface)
{
	struct ring_meta meta = { .synced = true, .candidate = true, .n_reach = 1 };
	struct peer *peer = peers_get(peers, name);

	meta.reach[0] = (struct ring_reach){ .name = ring_name_hash(interface),
					     .ip = { IP_V4, { 10, 0, 0, 1 } }, .bits = 24 };
	peers_set_member(peers, peer, true, &meta);
	return peer;
}

static void a_peer_without_the_interface_is_passed_over(void **state)
{
	struct peers peers = { .ring = true };
	struct peer *a = member(&peers, "a", "eth0"), *b = member(&peers, "b", "eth1");
	struct peer *candidate[] = { a, b };
	struct vip vip = { .row = { .ip = { IP_V4, { 10, 0, 0, 100 } }, .n_candidate = 2 },
			   .candidate = candidate };

	(void)state;
	assert_ptr_equal(rank_best(&peers, &vip, NULL), a);
	vip.row.n_interface = 1;
	memcpy(vip.row.interface[0], "eth1", 5);
	assert_ptr_equal(rank_best(&peers, &vip, NULL), b);
	vip.row.differs = true; /* eth1 is said of this node alone */
	assert_ptr_equal(rank_best(&peers, &vip, NULL), a);
	peers_done(&peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_without_the_interface_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
