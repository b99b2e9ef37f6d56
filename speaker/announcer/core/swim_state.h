/*
 * swim_state - what the parts of swim share, and nobody else sees
 *
 * Core: no sockets, no clock, no logging. swim.c has messages, states and
 * gossip, swim_probe.c the failure detector.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_STATE_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_STATE_H

#include "speaker/announcer/core/swim.h"

struct swim_outgoing { /* a packet that waits; gossip is added when it is taken */
	struct swim_dest to;
	struct swim_msg msg[2];
	size_t n;
	bool bare;    /* to nobody that is known: without gossip, so that no packet is multiplied */
	bool hurried; /* what it carries is told again as often as other news */
};

struct swim_probe {
	bool active, acked, indirect, stream_acked;
	bool direct; /* the target's own packet said it */
	char target[SWIM_NAME_MAX];
	uint32_t seq, stream_id;
	instant indirect_at, ends_at;
	unsigned nacks_wanted, nacks;
};

struct swim {
	struct swim_config config;
	struct swim_members members;
	struct prng prng;
	uint32_t next_seq, next_stream;
	struct swim_probe probe;
	struct swim_dest stream_only; /* who answered last by a stream alone */
	instant probe_at, gossip_at, push_pull_at;
	struct swim_order order;
	struct swim_relays relays;
	struct swim_outgoing *queue; /* ring */
	size_t queue_first, n_queue;
	struct swim_stream stream[SWIM_MAX_STREAMS];
	size_t n_stream;
	struct swim_event *event;
	size_t n_event, cap_event, event_at;
	instant last_heard;
};

struct swim_dest swim_dest_of(const struct swim_member *member);
struct swim_msg swim_ping_msg(const struct swim *s, uint32_t seq, const char *node);

/* Queue a packet; NULL: one that finds no room is lost, as on any network. */
struct swim_outgoing *swim_send_to(struct swim *s, const struct swim_dest *to);
void swim_send(struct swim *s, const struct swim_dest *to, const struct swim_msg *msg);
/* NULL: there are too many. */
struct swim_stream *swim_open_stream(struct swim *s, enum swim_stream_kind kind, const struct swim_dest *to);

/* Up to k different random members that `fits` likes, never this node; returns how many. */
size_t swim_pick(struct swim *s, size_t k, const struct swim_member **out,
		 bool (*fits)(const struct swim *s, const struct swim_member *member));

void swim_tick_probe(struct swim *s, instant now);
void swim_tick_calls(struct swim *s, instant now); /* to suspects whose time is nearly over */

#endif
