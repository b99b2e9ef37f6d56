/*
 * net - how datagrams, frames and streams get from one host to another
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_NET_H
#define TINLB_TESTS_SIM_NET_H

#include "tests/sim/speaker.h"
#include "tests/sim/world.h"

struct stream { /* a TCP connection that carries one message there and one back */
	struct event event;
	struct stream *next;
	unsigned from, to, generation;
	uint32_t id;
	bool back;            /* the answer is under way */
	unsigned tries;
	instant opened, ends;
	uint8_t *bytes; /* NULL with back: refused */
	size_t n;
};

struct parcel *net_parcel(struct world *w);
void net_on_datagram(struct world *w, struct parcel *parcel);
void net_on_frame(struct world *w, struct parcel *parcel);
void net_on_stream(struct world *w, struct stream *stream);
void net_release(struct world *w, struct host *h); /* hand over what waited during a pause */
void net_forget(struct world *w, struct host *h);  /* drop it */
void net_send_frame(struct world *w, unsigned from, const uint8_t *bytes);
/* Send packet number `which` of those recorded again. */
void net_replay(struct world *w, uint64_t which);
void net_done(struct world *w);

#endif
