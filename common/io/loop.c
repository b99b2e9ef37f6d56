/* loop - see loop.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/core/heap.h"

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
	struct heap_node due;
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
	/*
	 * One descriptor wakes us for the first of all timers. libevent's own precise
	 * timers set theirs anew each time the loop goes to sleep, which an answer to
	 * an ARP request would have to wait for.
	 */
	struct heap timers;
	struct event *alarm;
	int alarm_fd;
	instant alarm_at;
	int64_t late_max_us;
	struct histogram late;
	bool measured; /* in this turn */
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

/* ---- timers ---- */

/* The alarm goes off at the first timer; INSTANT_NEVER turns it off. */
static void set_alarm(struct loop *loop)
{
	instant due = heap_deadline(&loop->timers);
	struct itimerspec spec = { 0 };

	if (due == loop->alarm_at)
		return;
	loop->alarm_at = due;
	if (due != INSTANT_NEVER) {
		due = due > 0 ? due : 1; /* 0 would turn it off */
		spec.it_value.tv_sec = due / NS_PER_S;
		spec.it_value.tv_nsec = due % NS_PER_S;
	}
	CHECK(timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &spec, NULL) == 0);
}

/* Once a turn: how late is it for the first timer, which what came in may set anew before it goes off. */
static void look_at_clock(struct loop *loop)
{
	int64_t late_us;

	loop->now = read_clock();
	if (loop->measured || loop->now < loop->alarm_at)
		return;
	loop->measured = true;
	late_us = (loop->now - loop->alarm_at) / 1000;
	loop->late_max_us = late_us > loop->late_max_us ? late_us : loop->late_max_us;
	histogram_add(&loop->late, late_us);
}

static void on_alarm(evutil_socket_t fd, short what, void *ctx)
{
	struct loop *loop = ctx;
	size_t left = loop->timers.n; /* who sets itself to now waits for the next turn */
	struct heap_node *first;
	uint64_t n_times;

	(void)what;
	(void)!read(fd, &n_times, sizeof(n_times));
	look_at_clock(loop);
	loop->alarm_at = INSTANT_NEVER;
	while (left-- > 0 && (first = heap_first(&loop->timers)) && first->due <= loop->now) {
		struct loop_timer *timer = CONTAINER_OF(first, struct loop_timer, due);

		heap_remove(&loop->timers, first);
		timer->fn(timer->ctx, loop->now);
	}
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *ctx)
{
	struct loop_timer *timer = mem_new(1, sizeof(*timer));

	*timer = (struct loop_timer){ .loop = loop, .fn = fn, .ctx = ctx };
	return timer;
}

void loop_timer_set(struct loop_timer *timer, instant due)
{
	if (due == INSTANT_NEVER)
		heap_remove(&timer->loop->timers, &timer->due);
	else /* what is over already comes after what was due before, and is not late for ages */
		heap_set(&timer->loop->timers, &timer->due, instant_max(due, timer->loop->now));
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	loop_timer_set(timer, INSTANT_NEVER);
	free(timer);
}

/* ---- the loop ---- */

struct loop *loop_new(void)
{
	struct loop *loop = mem_new(1, sizeof(*loop));
	struct event_config *config = event_config_new();

	CHECK(config != NULL);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	CHECK(loop->base != NULL);
	loop->alarm_at = INSTANT_NEVER;
	loop->alarm_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	CHECK(loop->alarm_fd >= 0);
	loop->alarm = event_new(loop->base, loop->alarm_fd, EV_READ | EV_PERSIST, on_alarm, loop);
	CHECK(loop->alarm != NULL && event_add(loop->alarm, NULL) == 0);
	loop->now = read_clock();
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (size_t i = 0; i < loop->n_signal; i++)
		event_free(loop->signal[i].event);
	event_free(loop->alarm);
	event_base_free(loop->base);
	close(loop->alarm_fd);
	heap_done(&loop->timers);
	free(loop);
}

int loop_turn(struct loop *loop)
{
	set_alarm(loop); /* once, however often timers were set since */
	loop->measured = false;
	if (event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) >= 0)
		return 0;
	return errno ? -errno : -EIO;
}

int loop_run(struct loop *loop)
{
	int rc = 0;

	while (rc == 0 && !loop->stopped)
		rc = loop_turn(loop);
	return rc;
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

const struct histogram *loop_late(const struct loop *loop)
{
	return &loop->late;
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
	look_at_clock(watch->loop);
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

static void on_signal(evutil_socket_t signal, short what, void *ctx)
{
	struct signal_handler *handler = ctx;

	(void)what;
	look_at_clock(handler->loop);
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
