/*
 * swim_relay - indirect pings under way for others
 *
 * Core: no sockets, no clock, no logging. Remembers for whom this node pings,
 * so that an ack can be passed on, and when a nack is due: at 80 % of the probe
 * timeout, for at 100 % it comes too late to count.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_RELAY_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_RELAY_H

#include "speaker/announcer/core/swim_msg.h"

#define SWIM_MAX_RELAYS 64

struct swim_dest {
	struct swim_addr addr;
	uint16_t port;
};

struct swim_relay {
	bool used;
	uint32_t seq, origin_seq; /* ours, and the one that the origin waits for */
	struct swim_dest origin;
	bool nack; /* still owed */
	instant nack_at, ends_at;
};

struct swim_relays { /* all zero: none */
	struct swim_relay at[SWIM_MAX_RELAYS];
	size_t n_used;
};

/* A free place, with its times set; NULL: too many are under way. */
struct swim_relay *swim_relay_begin(struct swim_relays *relays, instant now, int64_t timeout_ms);

/* The relay that waits for this ack, which is over then; NULL: none. Valid until the next begin. */
const struct swim_relay *swim_relay_ack(struct swim_relays *relays, uint32_t seq);

/* One relay whose nack is due now, or NULL; ends those whose time is over. */
const struct swim_relay *swim_relay_due(struct swim_relays *relays, instant now);
instant swim_relay_deadline(const struct swim_relays *relays);

#endif
