/* test_gossip - the port is opened when it is time to, and numbering outlives a restart */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io/files.h"
#include "speaker/announcer/gossip.h"
#include "tests/shell/scratch.h"
#include "tests/shell/world.h"

static unsigned n_synced;

/* In the place of the C library's: whoever calls it waits. */
int fsync(int fd)
{
	(void)fd;
	n_synced++;
	return 0;
}

struct speaker {
	struct loop *loop;
	struct talk *talk;
	struct gossip *gossip;
};

static void on_turn(void *ctx, instant now)
{
	(void)ctx;
	(void)now;
}

static void draw(void *ctx, void *out_bytes, size_t n)
{
	(void)ctx;
	files_random(out_bytes, n);
}

static void start(struct speaker *s, const char *state_dir)
{
	struct talk_config talk = { .brain = brain_config_default(), .draw = draw };
	const struct gossip_user user = { on_turn, NULL };
	const struct gossip_config config = { .bind_to = { ip_from_v4((const uint8_t[4]){ 127, 0, 0, 1 }), 7946 },
					      .ring = &talk.ring, .state_dir = state_dir };

	s->loop = loop_new();
	talk.brain.gossips = true;
	talk.brain.swim.timing = swim_timing_lan();
	memcpy(talk.brain.swim.name, "me", 3);
	s->talk = talk_new(&talk, loop_now(s->loop));
	s->gossip = gossip_new(s->loop, &config, &user, s->talk);
}

static void tell(struct speaker *s, enum table_kind kind)
{
	struct table_message m = { .kind = kind };

	if (kind == TABLE_SETTINGS)
		memcpy(m.settings.node_name, "me", 3);
	brain_on_message(talk_brain(s->talk), loop_now(s->loop), &m);
	gossip_settle(s->gossip, loop_now(s->loop));
}

static void stop(struct speaker *s)
{
	gossip_free(s->gossip);
	talk_free(s->talk);
	loop_free(s->loop);
}

static uint32_t incarnation(const struct speaker *s)
{
	return swim_members_self(swim_members_of(brain_swim(talk_brain(s->talk))))->said.incarnation;
}

static void the_port_is_opened_with_the_first_table(void **state)
{
	struct speaker s, second;

	(void)state;
	start(&s, NULL);
	start(&second, NULL);
	tell(&s, TABLE_SETTINGS);
	assert_int_equal(gossip_state(s.gossip), TABLE_RING_WAITING);
	tell(&s, TABLE_SYNCED);
	assert_int_equal(gossip_state(s.gossip), TABLE_RING_ALONE);
	tell(&second, TABLE_SETTINGS);
	tell(&second, TABLE_SYNCED);
	assert_int_equal(gossip_state(second.gossip), TABLE_RING_PORT);
	stop(&s);
	stop(&second);
}

static void numbering_goes_on_where_it_was(void **state)
{
	char dir[] = "/tmp/tinlb-shell-XXXXXX", path[64], *bytes;
	struct speaker s;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/incarnation", dir);
	assert_int_equal(files_write(path, "4000000000\n", 11), 0); /* the clock has gone back since */
	start(&s, dir);
	tell(&s, TABLE_SETTINGS);
	tell(&s, TABLE_SYNCED);
	assert_in_range(incarnation(&s), 4000000001u, 4000000010u);
	gossip_settle(s.gossip, loop_now(s.loop));
	assert_int_equal(files_read(path, 100, &bytes, &n), 0);
	assert_int_equal(strtoul(bytes, NULL, 10), incarnation(&s));
	free(bytes);
	stop(&s);
	unlink(path);
	rmdir(dir);
}

/* Go says IPv4 addresses in 4 bytes or in 16, as it likes. */
static void a_member_whose_address_has_16_bytes_gets_datagrams(void **state)
{
	const struct swim_dest from = { .addr = { 4, { 127, 0, 0, 9 } }, .port = 7946 };
	struct swim_msg alive = { .kind = SWIM_ALIVE,
				  .alive = { .node = "other", .incarnation = 1, .port = 7947,
					     .addr = { 16, { [10] = 0xff, 0xff, 127, 0, 0, 1 } },
					     .vsn = { 6, { 1, 5, 2, 0, 0, 0 } } } };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(7947),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct pollfd came = { .fd = socket(AF_INET, SOCK_DGRAM, 0), .events = POLLIN };
	struct speaker s;

	(void)state;
	assert_int_equal(bind(came.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	start(&s, NULL);
	tell(&s, TABLE_SETTINGS);
	tell(&s, TABLE_SYNCED);
	swim_on_msg(brain_swim(talk_brain(s.talk)), loop_now(s.loop), &from, &alive);
	swim_hurry(brain_swim(talk_brain(s.talk)));
	gossip_settle(s.gossip, loop_now(s.loop));
	assert_int_equal(poll(&came, 1, 10000), 1);
	close(came.fd);
	stop(&s);
}

static void nobody_waits_for_the_disk_and_trouble_is_said_once(void **state)
{
	struct swim_meta meta = { 0 };
	struct scratch_log log;
	struct speaker s;
	uint32_t first;

	(void)state;
	n_synced = 0;
	scratch_log_begin(&log);
	start(&s, "/nowhere/at/all");
	tell(&s, TABLE_SETTINGS);
	tell(&s, TABLE_SYNCED);
	first = incarnation(&s);
	for (meta.n = 1; meta.n <= 5; meta.n++) { /* news of itself: a new number */
		swim_set_meta(brain_swim(talk_brain(s.talk)), &meta);
		gossip_settle(s.gossip, loop_now(s.loop));
	}
	assert_true(incarnation(&s) > first);
	stop(&s);
	scratch_log_end(&log);
	assert_int_equal(scratch_log_count(&log, "cannot be kept"), 1);
	scratch_log_remove(&log);
	numbering_goes_on_where_it_was(state);
	assert_int_equal(n_synced, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_port_is_opened_with_the_first_table),
		cmocka_unit_test(numbering_goes_on_where_it_was),
		cmocka_unit_test(a_member_whose_address_has_16_bytes_gets_datagrams),
		cmocka_unit_test(nobody_waits_for_the_disk_and_trouble_is_said_once),
	};
	int rc = world_enter();

	if (rc == 0)
		world_ip("link set lo up");
	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
