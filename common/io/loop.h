/*
 * loop - one event loop: descriptors, timers, signals and the clock
 *
 * I/O: thin over libevent; the only file that reads a clock. The time is read
 * before each callback of a watch or signal and once for all timers that are
 * due, and handed to them; CLOCK_BOOTTIME, so that a suspended machine's time
 * counts.
 *
 * Callbacks run one at a time. A watch or timer may be freed at any time, also
 * from its own callback; a signal stays.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_IO_LOOP_H
#define TINLB_COMMON_IO_LOOP_H

#include "common/core/histogram.h"

struct loop;
struct loop_watch;
struct loop_timer;
struct event_base;

enum loop_events { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_fd_fn(void *ctx, instant now, unsigned events);
typedef void loop_timer_fn(void *ctx, instant now);
typedef void loop_signal_fn(void *ctx, instant now, int signal);

struct loop *loop_new(void) MUST_CHECK;
void loop_free(struct loop *loop); /* after every watch and timer of it */
int loop_run(struct loop *loop) MUST_CHECK;  /* until loop_stop(): 0, or -errno */
int loop_turn(struct loop *loop) MUST_CHECK; /* one turn: waits for news, handles it; 0 or -errno */
void loop_stop(struct loop *loop);

instant loop_now(struct loop *loop);       /* as the running callback got it */
int64_t loop_wall_us(void);                /* microseconds since 1970, for time stamps people read */
int64_t loop_late_max_us(struct loop *loop); /* worst lateness for a timer since the last call */
const struct histogram *loop_late(const struct loop *loop); /* of all turns in which a timer was due */
struct event_base *loop_base(struct loop *loop); /* for libevent's HTTP server only */

/* The descriptor stays the caller's. events may be 0: wait for nothing yet. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn,
				  void *ctx) MUST_CHECK;
void loop_watch_set(struct loop_watch *watch, unsigned events);
void loop_watch_free(struct loop_watch *watch); /* NULL is fine */

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *ctx) MUST_CHECK;
void loop_timer_set(struct loop_timer *timer, instant due); /* INSTANT_NEVER: off */
void loop_timer_free(struct loop_timer *timer);             /* NULL is fine */

/* fn for SIGTERM, SIGINT and the like; lives as long as the loop. 0, or -errno. */
int loop_on_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *ctx) MUST_CHECK;

#endif
