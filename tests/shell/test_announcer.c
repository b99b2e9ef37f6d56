/* test_announcer - an announcer on a real interface, this program as its agent, and a neighbour that asks */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io/log.h"
#include "speaker/agent/io/records.h"
#include "speaker/announcer/announcer.h"
#include "speaker/announcer/io/arp_port.h"
#include "speaker/announcer/wire/arp.h"
#include "speaker/table/wire/table_wire.h"
#include "tests/shell/scratch.h"
#include "tests/shell/world.h"

#define ASK_EVERY_MS 100
#define NOT_OPEN "cannot listen for ARP" /* in the log */

static const char *self; /* this program, which is the agent too */
static const uint8_t vip[4] = { 192, 0, 2, 100 }, neighbour_ip[4] = { 192, 0, 2, 2 };
static const uint8_t neighbour_mac[6] = { 2, 0, 0, 0, 0, 0x99 };
static struct sock_filter let_all[] = { BPF_STMT(BPF_RET | BPF_K, 64) };

struct bench {
	struct loop *loop;
	struct announcer *announcer;
	struct arp_port *far; /* the neighbour's */
	struct loop_timer *ask_timer;
	bool answered, announced;
	size_t n_announced;
	struct scratch_log log; /* path "": the log is off */
	bool logged;
};

/* ---- the agent: a table with one address, then silence ---- */

static bool say(struct table_message *m)
{
	uint8_t bytes[TABLE_MESSAGE_MAX];
	int n = table_encode(m, bytes, sizeof(bytes));

	return n > 0 && records_send(TABLE_FD, bytes, (size_t)n) == 0;
}

static int be_the_agent(void)
{
	uint16_t first = 0;
	struct table_message settings = { .kind = TABLE_SETTINGS, .settings = { .node_name = "me" } };
	struct table_message node = { .kind = TABLE_NODE, .node = { .alive = true, .name = "me" } };
	struct table_message row = { .kind = TABLE_ROW,
				     .row = { .ip = ip_from_v4(vip), .candidate = &first, .n_candidate = 1 } };
	struct table_message synced = { .kind = TABLE_SYNCED, .synced = { 1 } };
	uint8_t bytes[TABLE_MESSAGE_MAX];
	size_t n;

	if (records_prepare(TABLE_FD) != 0 || !say(&settings) || !say(&node) || !say(&row) || !say(&synced))
		return 3;
	while (records_wait(TABLE_FD, 60000))
		if (records_receive(TABLE_FD, bytes, sizeof(bytes), &n) != 0)
			return 4;
	return 5;
}

/* ---- the neighbour ---- */

static void on_frame(void *ctx, uint32_t ifindex, const uint8_t *bytes, size_t n)
{
	struct bench *b = ctx;
	struct arp_msg arp;

	(void)ifindex;
	if (arp_decode(bytes, n, &arp) != 0 || memcmp(arp.spa, vip, 4) != 0)
		return;
	b->answered |= memcmp(arp.eth_dst, neighbour_mac, 6) == 0;
	if (memcmp(arp.tpa, vip, 4) == 0) {
		b->announced = true;
		b->n_announced++;
	}
}

static void on_broken(void *ctx, instant now, uint32_t ifindex)
{
	(void)ctx;
	(void)now;
	(void)ifindex;
}

static void open_far(struct bench *b)
{
	const struct arp_port_config config = { .name = "far1", .ifindex = if_nametoindex("far1"),
						.ring_bytes = 256 * 1024, .filter = let_all, .n_filter = 1,
						.on_frame = on_frame, .on_broken = on_broken, .ctx = b };
	char what[256];

	assert_int_equal(arp_port_open(b->loop, &config, &b->far, what), 0);
}

static void send_arp(struct bench *b, uint16_t op, const uint8_t from[static 4])
{
	struct arp_msg arp = { .op = op };
	uint8_t frame[ARP_FRAME_BYTES];

	memcpy(arp.eth_dst, arp_broadcast, 6);
	memcpy(arp.eth_src, neighbour_mac, 6);
	memcpy(arp.sha, neighbour_mac, 6);
	memcpy(arp.spa, from, 4);
	memcpy(arp.tpa, vip, 4);
	arp_encode(&arp, frame);
	assert_int_equal(arp_port_send(b->far, frame, sizeof(frame)), 0);
}

static void on_ask_timer(void *ctx, instant now)
{
	struct bench *b = ctx;

	send_arp(b, ARP_REQUEST, neighbour_ip);
	b->logged = b->log.path[0] && scratch_log_count(&b->log, NOT_OPEN) > 0;
	loop_timer_set(b->ask_timer, instant_add_ms(now, ASK_EVERY_MS));
}

static void ask_until_answered(struct bench *b)
{
	b->answered = false;
	loop_timer_set(b->ask_timer, loop_now(b->loop));
	world_until(b->loop, &b->answered);
	loop_timer_set(b->ask_timer, INSTANT_NEVER);
}

/* ---- the bench ---- */

/* So that no address of its own comes later, which would be news for the announcer. */
static void do_without_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);

	if (fd < 0) /* the kernel has none */
		return;
	(void)!write(fd, "1", 1);
	close(fd);
}

static void make_links(void)
{
	world_ip("link add eth1 index 77 address 02:00:00:00:00:01 type veth peer name far1");
	world_ip("address add 192.0.2.1/24 dev eth1");
	world_ip("link set eth1 up");
	world_ip("link set far1 up");
}

static void on_sigchld(void *ctx, instant now, int signal)
{
	(void)signal;
	announcer_on_sigchld(((struct bench *)ctx)->announcer, now);
}

/* With nothing of its own to do: one round of announcements, no probes. */
static void start(struct bench *b)
{
	static char child[] = "--agent";
	static char *argv[] = { child, child, NULL };
	struct announcer_config config = { .agent_path = self, .agent_argv = argv, .ring_bytes = 256 * 1024,
					   .brain = brain_config_default() };

	config.brain.node.claims_ms = 0;
	config.brain.node.announce.rounds = 1;
	config.brain.node.announce.refresh_ms = 0;
	b->loop = loop_new();
	b->ask_timer = loop_timer_new(b->loop, on_ask_timer, b);
	open_far(b);
	assert_int_equal(announcer_start(b->loop, &config, &b->announcer), 0);
	assert_int_equal(loop_on_signal(b->loop, SIGCHLD, on_sigchld, b), 0);
}

static void stop(struct bench *b)
{
	announcer_stop(b->announcer, loop_now(b->loop));
	assert_int_equal(loop_run(b->loop), 0);
	announcer_free(b->announcer);
	arp_port_close(b->far);
	loop_timer_free(b->ask_timer);
	loop_free(b->loop);
}

/* ---- tests ---- */

static void a_stranger_is_answered_at_once_and_not_at_the_next_timer(void **state)
{
	struct bench b = { 0 };

	(void)state;
	start(&b);
	ask_until_answered(&b);
	while (b.n_announced < 2) { /* as request and as reply */
		b.announced = false;
		world_until(b.loop, &b.announced);
	}
	b.announced = false;
	send_arp(&b, ARP_REPLY, vip);
	world_until(b.loop, &b.announced);
	stop(&b);
}

/* The kernel's messages about it are lost: only the port has noticed. */
static void a_port_whose_interface_was_made_anew_is_opened_again(void **state)
{
	struct bench b = { 0 };

	(void)state;
	world_ip("link add eth9 type veth peer name far9");
	start(&b);
	ask_until_answered(&b);
	arp_port_close(b.far);
	world_flood("far9");
	world_ip("link del eth1");
	make_links();
	open_far(&b);
	ask_until_answered(&b);
	stop(&b);
	world_ip("link del eth9");
}

/* To open packet sockets. */
static void set_right(bool have)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &head, data), 0);
	data[0].effective = data[0].permitted & ~(have ? 0 : 1u << CAP_NET_RAW);
	assert_int_equal(syscall(SYS_capset, &head, data), 0);
}

static void a_port_that_does_not_open_is_tried_again_and_said_once(void **state)
{
	struct bench b = { 0 };

	(void)state;
	scratch_log_begin(&b.log);
	assert_int_equal(log_set_level("error"), 0);
	start(&b);
	set_right(false);
	loop_timer_set(b.ask_timer, loop_now(b.loop));
	world_until(b.loop, &b.logged);
	set_right(true);
	ask_until_answered(&b);
	stop(&b);
	assert_int_equal(log_set_level("none"), 0);
	scratch_log_end(&b.log);
	assert_int_equal(scratch_log_count(&b.log, NOT_OPEN), 1);
	scratch_log_remove(&b.log);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_is_answered_at_once_and_not_at_the_next_timer),
		cmocka_unit_test(a_port_whose_interface_was_made_anew_is_opened_again),
		cmocka_unit_test(a_port_that_does_not_open_is_tried_again_and_said_once),
	};
	int rc;

	if (argc == 2 && strcmp(argv[1], "--agent") == 0)
		return be_the_agent();
	rc = world_enter();
	if (rc != 0)
		return rc;
	self = argv[0];
	do_without_ipv6();
	make_links();
	if (log_set_level("none") != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
