/* loop - see loop.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#define MAX_SIGNALS 8

struct loop_watch {
	struct loop *loop;
	struct event *event; /* NULL while nothing is waited for */
	int fd;
	unsigned events;
	loop_fd_fn *fn;
	void *ctx;
};

struct loop_timer {
	struct loop *loop;
	struct event *event;
	instant due;
	loop_timer_fn *fn;
	void *ctx;
};

struct signal_handler {
	struct loop *loop;
	struct event *event;
	loop_signal_fn *fn;
	void *ctx;
};

struct loop {
	struct event_base *base;
	instant now;
	int64_t late_max_us;
	struct signal_handler signal[MAX_SIGNALS];
	size_t n_signal;
	bool stopped;
};

static instant read_clock(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_BOOTTIME, &t) == 0);
	return (instant)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t loop_wall_us(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct loop *loop_new(void)
{
	struct loop *loop = mem_new(1, sizeof(*loop));
	struct event_config *config = event_config_new();

	CHECK(config != NULL);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	CHECK(loop->base != NULL);
	loop->now = read_clock();
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (size_t i = 0; i < loop->n_signal; i++)
		event_free(loop->signal[i].event);
	event_base_free(loop->base);
	free(loop);
}

int loop_run(struct loop *loop)
{
	while (!loop->stopped) {
		int rc = event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);

		if (rc < 0)
			return errno ? -errno : -EIO;
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	event_base_loopbreak(loop->base);
}

instant loop_now(struct loop *loop)
{
	return loop->now;
}

int64_t loop_late_max_us(struct loop *loop)
{
	int64_t late_us = loop->late_max_us;

	loop->late_max_us = 0;
	return late_us;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

static void on_fd(evutil_socket_t fd, short what, void *ctx)
{
	struct loop_watch *watch = ctx;
	unsigned events = (what & EV_READ ? LOOP_READ : 0u) | (what & EV_WRITE ? LOOP_WRITE : 0u);

	(void)fd;
	watch->loop->now = read_clock();
	watch->fn(watch->ctx, watch->loop->now, events);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn,
				  void *ctx)
{
	struct loop_watch *watch = mem_new(1, sizeof(*watch));

	*watch = (struct loop_watch){ .loop = loop, .fd = fd, .fn = fn, .ctx = ctx };
	loop_watch_set(watch, events);
	return watch;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
	short what = EV_PERSIST;

	if (watch->event && watch->events == events)
		return;
	if (watch->event)
		event_free(watch->event);
	watch->event = NULL;
	watch->events = events;
	if (events == 0)
		return;
	if (events & LOOP_READ)
		what |= EV_READ;
	if (events & LOOP_WRITE)
		what |= EV_WRITE;
	watch->event = event_new(watch->loop->base, watch->fd, what, on_fd, watch);
	CHECK(watch->event != NULL && event_add(watch->event, NULL) == 0);
}

void loop_watch_free(struct loop_watch *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	free(watch);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct loop_timer *timer = ctx;
	struct loop *loop = timer->loop;
	int64_t late_us;

	(void)fd;
	(void)what;
	loop->now = read_clock();
	late_us = (loop->now - timer->due) / 1000;
	if (late_us < 0) { /* the wake-up came a little early: wait for the rest */
		loop_timer_set(timer, timer->due);
		return;
	}
	if (late_us > loop->late_max_us)
		loop->late_max_us = late_us;
	timer->due = INSTANT_NEVER;
	timer->fn(timer->ctx, loop->now);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *ctx)
{
	struct loop_timer *timer = mem_new(1, sizeof(*timer));

	*timer = (struct loop_timer){ .loop = loop, .due = INSTANT_NEVER, .fn = fn, .ctx = ctx };
	timer->event = event_new(loop->base, -1, 0, on_timer, timer);
	CHECK(timer->event != NULL);
	return timer;
}

void loop_timer_set(struct loop_timer *timer, instant due)
{
	instant now;
	int64_t us;
	struct timeval wait;

	now = read_clock();
	timer->due = due < 0 ? now : due; /* INT64_MIN: at once */
	if (due == INSTANT_NEVER) {
		event_del(timer->event);
		return;
	}
	us = due <= now ? 0 : (due - now + 999) / 1000;
	wait = (struct timeval){ .tv_sec = us / 1000000, .tv_usec = us % 1000000 };
	CHECK(event_add(timer->event, &wait) == 0);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	free(timer);
}

static void on_signal(evutil_socket_t signal, short what, void *ctx)
{
	struct signal_handler *handler = ctx;

	(void)what;
	handler->loop->now = read_clock();
	handler->fn(handler->ctx, handler->loop->now, (int)signal);
}

int loop_on_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *ctx)
{
	struct signal_handler *handler = &loop->signal[loop->n_signal];

	if (loop->n_signal == MAX_SIGNALS)
		return -ENOSPC;
	*handler = (struct signal_handler){ .loop = loop, .fn = fn, .ctx = ctx };
	handler->event = event_new(loop->base, signal, EV_SIGNAL | EV_PERSIST, on_signal, handler);
	if (!handler->event)
		return -EINVAL;
	if (event_add(handler->event, NULL) != 0) {
		event_free(handler->event);
		return -EINVAL;
	}
	loop->n_signal++;
	return 0;
}
