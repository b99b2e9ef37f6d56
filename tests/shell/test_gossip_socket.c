/* test_gossip_socket - datagrams and streams between two ends of a real kernel */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "speaker/announcer/io/gossip_socket.h"
#include "tests/shell/world.h"

#define PORT 7946
#define QUESTION 100000 /* bytes: more than one read */

struct end {
	struct gossip_socket *socket;
	bool got_datagram, got_answer, failed, peer_done;
	size_t n_datagram, want, n_looks;
	size_t more; /* bytes of the answer; 0: what was asked */
	size_t n_failed; /* bytes of the first stream that failed */
	bool mute; /* does not answer streams */
	uint8_t datagram[64];
	struct gossip_peer from;
};

static void on_datagram(void *ctx, instant now, const struct gossip_peer *from, const uint8_t *bytes,
			size_t n)
{
	struct end *end = ctx;

	(void)now;
	end->n_datagram = n;
	memcpy(end->datagram, bytes, n < sizeof(end->datagram) ? n : sizeof(end->datagram));
	end->from = *from;
	end->got_datagram = true;
}

static void on_stream(void *ctx, instant now, struct gossip_stream *stream, enum gossip_stream_news news)
{
	struct end *end = ctx;

	(void)now;
	end->n_looks++;
	if (news == GOSSIP_STREAM_FAILED) {
		end->n_failed = end->failed ? end->n_failed : stream->n;
		end->failed = true;
	} else if (stream->id != 0) { /* the answer to a question of ours */
		end->peer_done |= news == GOSSIP_STREAM_PEER_DONE;
		if (stream->n < end->want && news != GOSSIP_STREAM_PEER_DONE)
			return;
		end->got_answer = stream->n == end->want;
		gossip_stream_close(stream);
	} else if (end->more > 0) {
		uint8_t *bytes = calloc(end->more, 1);

		gossip_stream_answer(stream, bytes, end->more);
		free(bytes);
	} else if (stream->n >= end->want && !end->mute) {
		gossip_stream_answer(stream, stream->bytes, stream->n);
	}
}

static struct gossip_peer at(uint8_t last)
{
	return (struct gossip_peer){ ip_from_v4((const uint8_t[4]){ 127, 0, 0, last }), PORT };
}

static void open_end(struct loop *loop, struct end *end, uint8_t last)
{
	const struct gossip_socket_user user = { on_datagram, on_stream, end };
	const struct gossip_peer bind_to = at(last);

	assert_int_equal(gossip_socket_open(loop, &bind_to, &user, &end->socket), 0);
}

static void a_datagram_arrives_with_its_sender(void **state)
{
	const struct gossip_peer to = at(2);
	struct loop *loop = loop_new();
	struct end a = { 0 }, b = { 0 };

	(void)state;
	open_end(loop, &a, 1);
	open_end(loop, &b, 2);
	assert_int_equal(gossip_socket_send(a.socket, &to, (const uint8_t *)"hello", 5), 0);
	world_until(loop, &b.got_datagram);
	assert_int_equal(b.n_datagram, 5);
	assert_memory_equal(b.datagram, "hello", 5);
	assert_int_equal(b.from.port, PORT);
	assert_int_equal(b.from.ip.byte[3], 1);
	gossip_socket_close(a.socket);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

/* A stream of `n` bytes from a to 127.0.0.2. */
static int ask(struct end *a, size_t n, int64_t timeout_ms)
{
	uint8_t *bytes = calloc(n, 1);
	const struct gossip_stream_plan plan = { at(2), 7, timeout_ms, bytes, n };
	int rc = gossip_stream_open(a->socket, &plan);

	free(bytes);
	return rc;
}

static void a_stream_brings_the_whole_answer(void **state)
{
	struct loop *loop = loop_new();
	struct end a = { .want = QUESTION }, b = { .want = QUESTION };

	(void)state;
	open_end(loop, &a, 1);
	open_end(loop, &b, 2);
	assert_int_equal(ask(&a, QUESTION, 5000), 0);
	world_until(loop, &a.got_answer);
	assert_false(a.failed);
	gossip_socket_close(a.socket);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

static void a_closed_port_and_a_mute_peer_fail_the_stream(void **state)
{
	struct loop *loop = loop_new();
	struct end a = { .want = 1 }, b = { .mute = true };

	(void)state;
	open_end(loop, &a, 1);
	assert_int_equal(ask(&a, 10, 5000), 0);
	world_until(loop, &a.failed);
	open_end(loop, &b, 2);
	a.failed = false;
	assert_int_equal(ask(&a, 10, 100), 0);
	world_until(loop, &a.failed);
	gossip_socket_close(a.socket);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

/* A connection to 127.0.0.2 from another address of this host: no peer we know. */
static int connect_from(uint8_t last)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET,
								    .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(&from.sin_addr, (const uint8_t[4]){ 127, 0, 1, last }, 4);
	memcpy(&to.sin_addr, (const uint8_t[4]){ 127, 0, 0, 2 }, 4);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_true(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS);
	return fd;
}

static void who_connects_and_says_nothing_takes_no_place_of_ours(void **state)
{
	struct loop *loop = loop_new();
	struct end a = { .want = 1 }, b = { .want = 1 };
	int idle[GOSSIP_INBOUND_MAX];

	(void)state;
	open_end(loop, &b, 2);
	for (uint8_t i = 0; i < GOSSIP_INBOUND_MAX; i++)
		idle[i] = connect_from(i + 1);
	open_end(loop, &a, 1);
	assert_int_equal(ask(&a, 1, 9000), 0); /* waits until one of them is too late */
	world_until(loop, &a.got_answer);
	for (int i = 0; i < GOSSIP_OUTBOUND_MAX; i++)
		assert_int_equal(ask(&b, 1, 5000), 0);
	assert_int_equal(ask(&b, 1, 5000), -ENOSPC);
	for (uint8_t i = 0; i < GOSSIP_INBOUND_MAX; i++)
		close(idle[i]);
	gossip_socket_close(a.socket);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

struct half { /* of a connection that has said all */
	int fd;
	size_t n;
	bool done;
};

static void on_half(void *ctx, instant now, unsigned events)
{
	static uint8_t bytes[65536];
	struct half *half = ctx;
	ssize_t got = recv(half->fd, bytes, sizeof(bytes), 0);

	(void)now;
	(void)events;
	half->n += got > 0 ? (size_t)got : 0;
	half->done = got == 0 || (got < 0 && errno != EAGAIN);
}

static void who_has_said_all_gets_the_whole_answer(void **state)
{
	struct loop *loop = loop_new();
	struct end b = { .want = 1, .more = 16000000 };
	struct half half = { 0 };
	struct pollfd connected = { .events = POLLOUT };
	struct loop_watch *watch;

	(void)state;
	open_end(loop, &b, 2);
	half.fd = connected.fd = connect_from(1);
	assert_int_equal(poll(&connected, 1, 10000), 1);
	assert_int_equal(send(half.fd, "?", 1, 0), 1);
	assert_int_equal(shutdown(half.fd, SHUT_WR), 0);
	watch = loop_watch_new(loop, half.fd, LOOP_READ, on_half, &half);
	world_until(loop, &half.done);
	assert_int_equal(half.n, b.more);
	loop_watch_free(watch);
	close(half.fd);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

static void on_closed(void *ctx, instant now, unsigned events)
{
	(void)now;
	(void)events;
	*(bool *)ctx = true;
}

static void one_peer_has_four_streams_at_most(void **state)
{
	struct loop *loop = loop_new();
	struct end a = { .want = 1 }, b = { .want = 1 };
	int fd[GOSSIP_INBOUND_PER_PEER + 1];
	bool closed = false;
	struct loop_watch *watch;
	char byte;

	(void)state;
	open_end(loop, &a, 1);
	open_end(loop, &b, 2);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		fd[i] = connect_from(1);
	watch = loop_watch_new(loop, fd[ARRAY_LEN(fd) - 1], LOOP_READ, on_closed, &closed);
	world_until(loop, &closed);
	loop_watch_free(watch);
	assert_int_equal(recv(fd[0], &byte, 1, 0), -1); /* still open */
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(ask(&a, 1, 5000), 0);
	world_until(loop, &a.got_answer);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		close(fd[i]);
	gossip_socket_close(a.socket);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

static void of_streams_that_hold_too_much_the_largest_goes(void **state)
{
	struct loop *loop = loop_new();
	struct end a = { .want = 1 }, b = { .mute = true };
	const size_t large = GOSSIP_STREAM_BYTES - 1;
	int small;

	(void)state;
	open_end(loop, &a, 1);
	open_end(loop, &b, 2);
	small = connect_from(1);
	for (size_t i = 0; i * large <= GOSSIP_INBOUND_BYTES; i++)
		assert_int_equal(ask(&a, large, 9000), 0);
	world_until(loop, &b.failed);
	assert_true(b.n_failed > GOSSIP_STREAM_BYTES / 4);
	close(small);
	gossip_socket_close(a.socket);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

/* Each look costs as much as there is. */
static void a_large_stream_is_not_looked_at_for_each_piece(void **state)
{
	struct loop *loop = loop_new();
	struct end a = { .want = GOSSIP_STREAM_BYTES - 1 }, b = { .want = GOSSIP_STREAM_BYTES - 1 };

	(void)state;
	open_end(loop, &a, 1);
	open_end(loop, &b, 2);
	assert_int_equal(ask(&a, b.want, 9000), 0);
	world_until(loop, &a.got_answer);
	assert_in_range(b.n_looks, 1, 160); /* of 256 pieces */
	gossip_socket_close(a.socket);
	gossip_socket_close(b.socket);
	loop_free(loop);
}

static void a_port_that_is_taken_is_told(void **state)
{
	struct loop *loop = loop_new();
	struct end a = { 0 }, b = { 0 };
	const struct gossip_socket_user user = { on_datagram, on_stream, &b };
	const struct gossip_peer bind_to = at(1), elsewhere = { ip_from_v4((const uint8_t[4]){ 192, 0, 2, 1 }), PORT };

	(void)state;
	open_end(loop, &a, 1);
	assert_int_equal(gossip_socket_open(loop, &bind_to, &user, &b.socket), -EADDRINUSE);
	assert_int_equal(gossip_socket_open(loop, &elsewhere, &user, &b.socket), -EADDRNOTAVAIL);
	gossip_socket_close(a.socket);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_arrives_with_its_sender),
		cmocka_unit_test(a_stream_brings_the_whole_answer),
		cmocka_unit_test(a_closed_port_and_a_mute_peer_fail_the_stream),
		cmocka_unit_test(who_connects_and_says_nothing_takes_no_place_of_ours),
		cmocka_unit_test(who_has_said_all_gets_the_whole_answer),
		cmocka_unit_test(one_peer_has_four_streams_at_most),
		cmocka_unit_test(of_streams_that_hold_too_much_the_largest_goes),
		cmocka_unit_test(a_large_stream_is_not_looked_at_for_each_piece),
		cmocka_unit_test(a_port_that_is_taken_is_told),
	};
	int rc = world_enter();

	if (rc == 0)
		world_ip("link set lo up");
	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
