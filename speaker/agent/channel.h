/*
 * channel - the agent's end of the socket to its announcer
 *
 * Hallway: wires records (io) and table_wire. There is no queue: the next
 * message is asked for when the socket can take it, so a slow announcer gets
 * the latest state and memory stays bounded.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CHANNEL_H
#define TINLB_SPEAKER_AGENT_CHANNEL_H

#include "common/io/loop.h"
#include "speaker/table/core/table.h"

struct channel;

struct channel_user {
	bool (*next)(void *ctx, struct table_message *out_m);
	void (*on_message)(void *ctx, const struct table_message *m);
	void (*on_closed)(void *ctx); /* nothing comes after it */
	void *ctx;
};

/* 0, or -errno: fd is no such socket. */
int channel_new(struct loop *loop, int fd, const struct channel_user *user,
		struct channel **out_channel) MUST_CHECK;
void channel_free(struct channel *c); /* NULL is fine */

/* There may be something to send. */
void channel_kick(struct channel *c);

/*
 * Ask for the counts of now and take them in before returning. When nothing
 * came for 20 ms the rest comes later.
 */
void channel_ask_counts(struct channel *c);

#endif
