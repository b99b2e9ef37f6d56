/* test_loop - timers, descriptors and signals of the loop */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/shell/world.h"

struct seen {
	struct loop *loop;
	struct loop_timer *timer;
	int order[4];
	int n;
	int mark;
	bool done;
	instant due, at;
	unsigned events;
};

static void on_timer(void *ctx, instant now)
{
	struct seen *seen = ctx;

	seen->at = now;
	seen->done = true;
}

static void a_timer_never_comes_early(void **state)
{
	struct seen seen = { 0 };
	struct loop *loop = loop_new();
	struct loop_timer *timer = loop_timer_new(loop, on_timer, &seen);

	(void)state;
	for (int64_t ms = 0; ms < 5; ms++) {
		instant due = instant_add_ms(loop_now(loop), ms);

		seen.done = false;
		loop_timer_set(timer, due);
		world_until(loop, &seen.done);
		assert_true(seen.at >= due);
	}
	loop_timer_free(timer);
	loop_free(loop);
}

struct runner {
	struct seen *all;
	int mark;
};

static void on_ordered(void *ctx, instant now)
{
	struct runner *runner = ctx;
	struct seen *all = runner->all;

	(void)now;
	all->order[all->n++] = runner->mark;
	all->done = all->n == 3;
}

static void timers_come_in_the_order_of_their_instants(void **state)
{
	static const int64_t after_ms[] = { 9, 3, 6 };
	struct seen all = { 0 };
	struct runner runner[3];
	struct loop *loop = loop_new();
	struct loop_timer *timer[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		runner[i] = (struct runner){ &all, i };
		timer[i] = loop_timer_new(loop, on_ordered, &runner[i]);
		loop_timer_set(timer[i], instant_add_ms(loop_now(loop), after_ms[i]));
	}
	world_until(loop, &all.done);
	assert_int_equal(all.order[0], 1);
	assert_int_equal(all.order[1], 2);
	assert_int_equal(all.order[2], 0);
	for (int i = 0; i < 3; i++)
		loop_timer_free(timer[i]);
	loop_free(loop);
}

static void a_timer_that_was_turned_off_does_not_come(void **state)
{
	struct seen seen = { 0 };
	struct loop *loop = loop_new();
	struct loop_timer *timer = loop_timer_new(loop, on_timer, &seen);

	(void)state;
	loop_timer_set(timer, instant_add_ms(loop_now(loop), 1));
	loop_timer_set(timer, INSTANT_NEVER);
	world_turn(loop, 20);
	assert_false(seen.done);
	loop_timer_free(timer);
	loop_free(loop);
}

static void on_again(void *ctx, instant now)
{
	struct seen *seen = ctx;

	loop_timer_set(seen->timer, seen->due); /* long over, for ever */
	(void)now;
}

static void on_readable(void *ctx, instant now, unsigned events)
{
	struct seen *seen = ctx;

	(void)now;
	seen->events |= events;
	seen->done = true;
}

static void a_timer_that_is_always_due_does_not_keep_others_from_their_turn(void **state)
{
	struct seen again = { 0 }, seen = { 0 }, later = { 0 };
	struct loop *loop = loop_new();
	struct loop_timer *timer = loop_timer_new(loop, on_timer, &later);
	struct loop_watch *watch;
	int end[2];

	(void)state;
	assert_int_equal(pipe(end), 0);
	again.timer = loop_timer_new(loop, on_again, &again);
	again.due = loop_now(loop);
	loop_timer_set(again.timer, again.due);
	loop_timer_set(timer, instant_add_ms(loop_now(loop), 5));
	watch = loop_watch_new(loop, end[0], LOOP_READ, on_readable, &seen);
	assert_int_equal(write(end[1], "x", 1), 1);
	world_until(loop, &seen.done);
	assert_int_equal(seen.events, LOOP_READ);
	world_until(loop, &later.done);
	loop_watch_free(watch);
	loop_timer_free(timer);
	loop_timer_free(again.timer);
	loop_free(loop);
	close(end[0]);
	close(end[1]);
}

static void on_free_myself(void *ctx, instant now)
{
	struct seen *seen = ctx;

	(void)now;
	loop_timer_free(seen->timer);
	seen->timer = NULL;
	seen->done = true;
}

static void a_timer_may_be_freed_from_its_own_callback(void **state)
{
	struct seen seen = { 0 };
	struct loop *loop = loop_new();

	(void)state;
	seen.timer = loop_timer_new(loop, on_free_myself, &seen);
	loop_timer_set(seen.timer, loop_now(loop));
	world_until(loop, &seen.done);
	assert_null(seen.timer);
	loop_free(loop);
}

static void a_watch_that_waits_for_nothing_is_silent_until_it_is_set(void **state)
{
	struct seen seen = { 0 };
	struct loop *loop = loop_new();
	struct loop_watch *watch;
	int end[2];

	(void)state;
	assert_int_equal(pipe(end), 0);
	assert_int_equal(write(end[1], "x", 1), 1);
	watch = loop_watch_new(loop, end[0], 0, on_readable, &seen);
	world_turn(loop, 10);
	assert_false(seen.done);
	loop_watch_set(watch, LOOP_READ);
	world_until(loop, &seen.done);
	loop_watch_free(watch);
	watch = loop_watch_new(loop, end[1], LOOP_WRITE, on_readable, &seen);
	seen = (struct seen){ 0 };
	world_until(loop, &seen.done);
	assert_int_equal(seen.events, LOOP_WRITE);
	loop_watch_free(watch);
	loop_free(loop);
	close(end[0]);
	close(end[1]);
}

static void on_signal(void *ctx, instant now, int signal)
{
	struct seen *seen = ctx;

	(void)now;
	seen->mark = signal;
	loop_stop(seen->loop);
}

static void a_signal_comes_from_the_loop_and_may_stop_it(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	seen.loop = loop_new();
	assert_int_equal(loop_on_signal(seen.loop, SIGUSR1, on_signal, &seen), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(loop_run(seen.loop), 0);
	assert_int_equal(seen.mark, SIGUSR1);
	loop_free(seen.loop);
}

static void lateness_is_told_once(void **state)
{
	struct seen seen = { 0 };
	struct loop *loop = loop_new();
	struct loop_timer *timer = loop_timer_new(loop, on_timer, &seen);
	int64_t begun_us = loop_wall_us();

	(void)state;
	loop_timer_set(timer, loop_now(loop));
	while (loop_wall_us() < begun_us + 10000)
		; /* busy with something else */
	world_until(loop, &seen.done);
	assert_true(loop_late_max_us(loop) >= 5000);
	assert_int_equal(loop_late_max_us(loop), 0);
	assert_true(loop_late(loop)->sum_us >= 5000);
	loop_timer_free(timer);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_never_comes_early),
		cmocka_unit_test(timers_come_in_the_order_of_their_instants),
		cmocka_unit_test(a_timer_that_was_turned_off_does_not_come),
		cmocka_unit_test(a_timer_that_is_always_due_does_not_keep_others_from_their_turn),
		cmocka_unit_test(a_timer_may_be_freed_from_its_own_callback),
		cmocka_unit_test(a_watch_that_waits_for_nothing_is_silent_until_it_is_set),
		cmocka_unit_test(a_signal_comes_from_the_loop_and_may_stop_it),
		cmocka_unit_test(lateness_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
