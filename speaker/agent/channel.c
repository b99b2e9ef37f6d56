/* channel - see channel.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/limiter.h"
#include "common/io/log.h"
#include "speaker/agent/io/records.h"
#include "speaker/table/wire/table_wire.h"

#define RECEIVE_PER_TURN 1024
#define ASK_WAIT_MS 20
#define ASK_MAX_MESSAGES 200000

struct channel {
	struct loop *loop;
	struct loop_watch *watch;
	struct channel_user user;
	struct limiter complaints;
	int fd;
	bool closed, answered; /* answered: TOTALS came */
	size_t n_pending;      /* bytes that the socket did not take yet */
	uint8_t pending[TABLE_MESSAGE_MAX];
};

static void close_it(struct channel *c)
{
	if (c->closed)
		return;
	c->closed = true;
	loop_watch_set(c->watch, 0);
	c->user.on_closed(c->user.ctx);
}

static void complain(struct channel *c, const char *what)
{
	uint64_t suppressed;

	if (limiter_allows(&c->complaints, loop_now(c->loop), &suppressed))
		log_line(LOG_ERROR, { "op", "table" }, { "error", what },
			 { "msg", "a message between agent and announcer was lost" });
}

/* Put the pending record on the socket: 0, or -EAGAIN or worse. */
static int push(struct channel *c)
{
	int rc = records_send(c->fd, c->pending, c->n_pending);

	if (rc == -EAGAIN || rc == -ENOBUFS) {
		loop_watch_set(c->watch, LOOP_READ | LOOP_WRITE);
		return -EAGAIN;
	}
	c->n_pending = 0;
	if (rc != 0)
		close_it(c);
	return rc;
}

static bool load(struct channel *c, const struct table_message *m)
{
	int n = table_encode(m, c->pending, sizeof(c->pending));

	if (n < 0)
		complain(c, "it has a field out of bounds");
	else
		c->n_pending = (size_t)n;
	return n >= 0;
}

void channel_kick(struct channel *c)
{
	struct table_message m;

	if (c->closed || (c->n_pending > 0 && push(c) != 0))
		return;
	while (c->user.next(c->user.ctx, &m))
		if (load(c, &m) && push(c) != 0)
			return;
	loop_watch_set(c->watch, LOOP_READ);
}

/* One record in: false when there is none, or no announcer. */
static bool pull(struct channel *c)
{
	uint8_t bytes[TABLE_MESSAGE_MAX];
	struct table_message m;
	size_t n;
	int rc = c->closed ? -EPIPE : records_receive(c->fd, bytes, sizeof(bytes), &n);

	if (rc == -EAGAIN)
		return false;
	if (rc != 0 && rc != -EMSGSIZE) {
		close_it(c);
		return false;
	}
	if (rc != 0 || table_decode(bytes, n, &m) != 0) {
		complain(c, "it cannot be read");
		return true;
	}
	c->answered |= m.kind == TABLE_TOTALS;
	c->user.on_message(c->user.ctx, &m);
	table_message_done(&m);
	return true;
}

static void on_ready(void *ctx, instant now, unsigned events)
{
	struct channel *c = ctx;

	(void)now;
	if (events & LOOP_READ)
		for (unsigned i = 0; i < RECEIVE_PER_TURN && pull(c); i++)
			;
	if (!c->closed)
		channel_kick(c);
}

void channel_ask_counts(struct channel *c)
{
	struct table_message ask = { .kind = TABLE_ASK };

	if (c->closed || c->n_pending > 0 || !load(c, &ask) || push(c) != 0)
		return;
	c->answered = false;
	for (unsigned i = 0; i < ASK_MAX_MESSAGES && !c->answered; i++)
		if (!records_wait(c->fd, ASK_WAIT_MS) || !pull(c))
			return;
}

int channel_new(struct loop *loop, int fd, const struct channel_user *user,
		struct channel **out_channel)
{
	struct channel *c;
	int rc = records_prepare(fd);

	if (rc != 0)
		return rc;
	c = mem_new(1, sizeof(*c));
	c->loop = loop;
	c->fd = fd;
	c->user = *user;
	c->complaints = limiter_new(10000, 1);
	c->watch = loop_watch_new(loop, fd, LOOP_READ, on_ready, c);
	*out_channel = c;
	return 0;
}

void channel_free(struct channel *c)
{
	if (!c)
		return;
	loop_watch_free(c->watch);
	free(c);
}
