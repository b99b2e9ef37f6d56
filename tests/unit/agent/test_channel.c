/* test_channel - messages go both ways over a real socket, also when it is full or closed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "speaker/agent/channel.h"
#include "speaker/agent/io/records.h"
#include "speaker/table/wire/table_wire.h"

#define DEADLINE_MS 5000

struct fixture {
	struct loop *loop;
	struct loop_timer *deadline;
	struct loop_watch *far; /* reads what the channel sends */
	struct channel *channel;
	int fd[2];
	uint32_t n_to_send, next_to_send, next_seen, counts_seen;
	bool closed;
};

static bool next(void *ctx, struct table_message *out_m)
{
	struct fixture *f = ctx;

	if (f->next_to_send == f->n_to_send)
		return false;
	*out_m = (struct table_message){ .kind = TABLE_SYNCED,
					 .synced = { .n_rows = f->next_to_send++ } };
	return true;
}

static void on_message(void *ctx, const struct table_message *m)
{
	struct fixture *f = ctx;

	f->counts_seen += m->kind == TABLE_COUNTS;
}

static void on_closed(void *ctx)
{
	struct fixture *f = ctx;

	f->closed = true;
	loop_stop(f->loop);
}

static void on_deadline(void *ctx, instant now)
{
	(void)now;
	loop_stop(ctx);
}

static void say(int fd, const struct table_message *m)
{
	uint8_t bytes[TABLE_MESSAGE_MAX];
	int n = table_encode(m, bytes, sizeof(bytes));

	assert_true(n > 0);
	assert_int_equal(records_send(fd, bytes, (size_t)n), 0);
}

/* The announcer's side: takes the numbers in turn; the last one ends the test. */
static void on_far(void *ctx, instant now, unsigned events)
{
	struct fixture *f = ctx;
	uint8_t bytes[TABLE_MESSAGE_MAX];
	struct table_message m;
	size_t n;

	(void)now;
	(void)events;
	if (records_receive(f->fd[1], bytes, sizeof(bytes), &n) != 0)
		return;
	assert_int_equal(table_decode(bytes, n, &m), 0);
	assert_int_equal(m.kind, TABLE_SYNCED);
	assert_int_equal(m.synced.n_rows, f->next_seen);
	if (++f->next_seen == f->n_to_send)
		loop_stop(f->loop);
}

static void set_up(struct fixture *f)
{
	struct channel_user user = { next, on_message, on_closed, f };

	*f = (struct fixture){ .loop = loop_new() };
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, f->fd), 0);
	assert_int_equal(records_prepare(f->fd[1]), 0);
	assert_int_equal(channel_new(f->loop, f->fd[0], &user, &f->channel), 0);
	f->deadline = loop_timer_new(f->loop, on_deadline, f->loop);
	loop_timer_set(f->deadline, instant_add_ms(loop_now(f->loop), DEADLINE_MS));
}

static void tear_down(struct fixture *f)
{
	channel_free(f->channel);
	loop_watch_free(f->far);
	loop_timer_free(f->deadline);
	loop_free(f->loop);
	close(f->fd[0]);
	close(f->fd[1]);
}

static void a_slow_reader_gets_everything_in_order(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	f.n_to_send = 20000;
	channel_kick(f.channel); /* fills the socket: nobody reads yet */
	assert_true(f.next_to_send > 0 && f.next_to_send < f.n_to_send);
	f.far = loop_watch_new(f.loop, f.fd[1], LOOP_READ, on_far, &f);
	assert_int_equal(loop_run(f.loop), 0);
	assert_int_equal(f.next_seen, 20000);
	tear_down(&f);
}

static void counts_that_come_in_time_are_taken_in_before_ask_returns(void **state)
{
	struct fixture f;
	struct table_message counts = { .kind = TABLE_COUNTS,
					.counts = { .ip = { .len = IP_V4 }, .requests = 1 } };
	struct table_message totals = { .kind = TABLE_TOTALS };

	(void)state;
	set_up(&f);
	say(f.fd[1], &counts);
	say(f.fd[1], &counts);
	say(f.fd[1], &totals);
	say(f.fd[1], &counts); /* behind the answer: left for the loop */
	channel_ask_counts(f.channel);
	assert_int_equal(f.counts_seen, 2);
	channel_ask_counts(f.channel); /* no answer comes: it gives up by itself */
	assert_int_equal(f.counts_seen, 3);
	tear_down(&f);
}

static void records_that_are_no_messages_are_skipped(void **state)
{
	static uint8_t junk[TABLE_MESSAGE_MAX + 1] = { 77 };
	struct fixture f;
	struct table_message counts = { .kind = TABLE_COUNTS, .counts = { .ip = { .len = IP_V4 } } };

	(void)state;
	set_up(&f);
	assert_int_equal(records_send(f.fd[1], junk, 3), 0);
	assert_int_equal(records_send(f.fd[1], junk, sizeof(junk)), 0);
	say(f.fd[1], &counts);
	channel_ask_counts(f.channel);
	assert_int_equal(f.counts_seen, 1);
	assert_false(f.closed);
	tear_down(&f);
}

static void the_end_of_the_announcer_is_told_once(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	f.n_to_send = 1;
	assert_int_equal(shutdown(f.fd[1], SHUT_RDWR), 0);
	assert_int_equal(loop_run(f.loop), 0);
	assert_true(f.closed);
	f.closed = false;
	channel_kick(f.channel);
	channel_ask_counts(f.channel);
	assert_false(f.closed);
	assert_int_equal(f.next_to_send, 0);
	tear_down(&f);
}

static void what_is_no_such_socket_is_refused(void **state)
{
	struct channel_user user = { 0 };
	struct channel *channel;
	struct loop *loop = loop_new();
	int fd[2];

	(void)state;
	assert_int_equal(channel_new(loop, -1, &user, &channel), -EBADF);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(channel_new(loop, fd[0], &user, &channel), -EPROTOTYPE);
	close(fd[0]);
	close(fd[1]);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_reader_gets_everything_in_order),
		cmocka_unit_test(counts_that_come_in_time_are_taken_in_before_ask_returns),
		cmocka_unit_test(records_that_are_no_messages_are_skipped),
		cmocka_unit_test(the_end_of_the_announcer_is_told_once),
		cmocka_unit_test(what_is_no_such_socket_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
