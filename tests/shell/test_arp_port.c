/* test_arp_port - frames in and out of a real interface, through the kernel's filter */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "speaker/announcer/io/arp_port.h"
#include "tests/shell/world.h"

#define FRAME_BYTES 60

static struct sock_filter let_all[] = { BPF_STMT(BPF_RET | BPF_K, 64) };
static struct sock_filter let_third[] = { /* by the mark of a frame */
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FRAME_BYTES - 1),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 64),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

struct end {
	struct arp_port *port;
	uint32_t ifindex;
	size_t n_frames;
	uint8_t frame[FRAME_BYTES];
	size_t n;
	bool got, broken;
};

static void on_frame(void *ctx, uint32_t ifindex, const uint8_t *bytes, size_t n)
{
	struct end *end = ctx;

	assert_int_equal(ifindex, end->ifindex);
	end->n_frames++;
	end->n = n < FRAME_BYTES ? n : FRAME_BYTES;
	memcpy(end->frame, bytes, end->n);
	end->got = true;
}

static void on_broken(void *ctx, instant now, uint32_t ifindex)
{
	struct end *end = ctx;

	(void)now;
	assert_int_equal(ifindex, end->ifindex);
	end->broken = true;
}

static void open_end(struct loop *loop, const char *name, struct sock_filter *filter, struct end *end)
{
	struct arp_port_config config = { .name = name, .ifindex = if_nametoindex(name),
					  .ring_bytes = 256 * 1024, .filter = filter, .n_filter = 1,
					  .on_frame = on_frame, .on_broken = on_broken, .ctx = end };
	char what[256];

	*end = (struct end){ .ifindex = config.ifindex };
	assert_int_equal(arp_port_open(loop, &config, &end->port, what), 0);
}

static void fill_frame(uint8_t frame[static FRAME_BYTES], uint8_t mark)
{
	memset(frame, 0, FRAME_BYTES);
	memset(frame, 0xff, 6);
	frame[12] = 0x08;
	frame[13] = 0x06;
	frame[59] = mark;
}

static void frames_cross_and_the_filter_is_replaced_without_a_gap(void **state)
{
	struct loop *loop = loop_new();
	struct end near, far;
	uint8_t frame[FRAME_BYTES];

	(void)state;
	open_end(loop, "eth7", let_all, &near);
	open_end(loop, "far7", let_all, &far);
	assert_int_equal(arp_port_ifindex(near.port), if_nametoindex("eth7"));
	fill_frame(frame, 1);
	assert_int_equal(arp_port_send(near.port, frame, FRAME_BYTES), 0);
	world_until(loop, &far.got);
	assert_int_equal(far.n, FRAME_BYTES);
	assert_memory_equal(far.frame, frame, FRAME_BYTES);
	assert_false(near.got); /* what we send does not come back */

	assert_int_equal(arp_port_set_filter(far.port, let_third, ARRAY_LEN(let_third)), 0);
	fill_frame(frame, 2);
	assert_int_equal(arp_port_send(near.port, frame, FRAME_BYTES), 0);
	fill_frame(frame, 3);
	far.got = false;
	assert_int_equal(arp_port_send(near.port, frame, FRAME_BYTES), 0);
	world_until(loop, &far.got);
	assert_int_equal(far.frame[59], 3);
	assert_int_equal(far.n_frames, 2);
	assert_int_equal(arp_port_dropped(far.port), 0);
	arp_port_close(near.port);
	arp_port_close(far.port);
	loop_free(loop);
}

static void an_interface_that_goes_away_is_told(void **state)
{
	struct loop *loop = loop_new();
	struct end near;

	(void)state;
	world_ip("link add eth8 type veth peer name far8");
	world_ip("link set eth8 up");
	open_end(loop, "eth8", let_all, &near);
	world_ip("link del eth8");
	world_until(loop, &near.broken);
	arp_port_close(near.port);
	loop_free(loop);
}

static void what_cannot_be_opened_is_refused_in_words(void **state)
{
	struct arp_port_config config = { .name = "none9", .ifindex = 99, .ring_bytes = 256 * 1024,
					  .filter = let_all, .n_filter = 1 };
	struct loop *loop = loop_new();
	struct arp_port *port = NULL;
	char what[256];

	(void)state;
	assert_int_equal(arp_port_open(loop, &config, &port, what), -ENODEV);
	assert_null(port);
	assert_true(strlen(what) > 0);
	config.name = "eth7";
	config.n_filter = 0;
	assert_int_equal(arp_port_open(loop, &config, &port, what), -EINVAL);
	assert_null(port);
	assert_true(strlen(what) > 0);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_cross_and_the_filter_is_replaced_without_a_gap),
		cmocka_unit_test(an_interface_that_goes_away_is_told),
		cmocka_unit_test(what_cannot_be_opened_is_refused_in_words),
	};
	int rc = world_enter();

	if (rc != 0)
		return rc;
	world_ip("link add eth7 type veth peer name far7");
	world_ip("link set eth7 up");
	world_ip("link set far7 up");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
