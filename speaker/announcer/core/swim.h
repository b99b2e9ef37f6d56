/*
 * swim - one member of a memberlist ring, as a machine without a world
 *
 * Core: no sockets, no clock, no logging. Messages, streams and the time go in;
 * packets, streams to open and changes of membership come out. The algorithm is
 * hashicorp/memberlist's SWIM with Lifeguard, with four mends: a nack is sent
 * after 80 % of the probe timeout (memberlist: 100 %, which comes too late to
 * be counted); the first incarnation is the caller's (memberlist: 1, so that
 * old recorded packets count again after a restart); a suspect is told so once
 * more, one probe interval before its time is over (memberlist: only by gossip
 * and its turn of the probes); and who declares a death tells all at once
 * (memberlist: a few, and those a few more).
 *
 * Always true:
 *   - a packet's messages, with the compound frame, fit packet_max bytes;
 *   - swim_deadline() is never later than the next thing swim_tick() would do;
 *   - the same calls with the same seed give the same results.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_H

#include "common/core/prng.h"
#include "speaker/announcer/core/swim_members.h"
#include "speaker/announcer/core/swim_order.h"
#include "speaker/announcer/core/swim_relay.h"

#define SWIM_PACKET_MSGS 32  /* messages of one packet that we write */
#define SWIM_MAX_QUEUE 256   /* packets that wait to be taken */
#define SWIM_MAX_STREAMS 64  /* streams of our own that wait to be opened or answered */

struct swim_config {
	struct swim_timing timing;
	char name[SWIM_NAME_MAX];
	struct swim_addr addr;
	uint16_t port;
	uint32_t incarnation; /* the first one */
	size_t packet_max;    /* bytes for messages and their frame, before sealing */
	uint64_t seed;
};

struct swim_packet {
	struct swim_dest to;
	struct swim_msg msg[SWIM_PACKET_MSGS];
	size_t n;
};

enum swim_stream_kind { SWIM_STREAM_JOIN, SWIM_STREAM_SYNC, SWIM_STREAM_PING };

struct swim_stream { /* open a stream to `to` and send this */
	uint32_t id;
	enum swim_stream_kind kind;
	struct swim_dest to;
	struct swim_msg ping; /* SWIM_STREAM_PING only */
	int64_t timeout_ms;
};

struct swim;

struct swim *swim_new(const struct swim_config *config, instant now) MUST_CHECK;
void swim_free(struct swim *s); /* NULL is fine */

/* tell it */
void swim_on_msg(struct swim *s, instant now, const struct swim_dest *from,
		 const struct swim_msg *msg);
/* The other side's whole state, from a stream of ours or of theirs. */
bool swim_on_state(struct swim *s, instant now, const struct swim_push_pull *state); /* false: refused whole */
void swim_on_stream_ack(struct swim *s, instant now, uint32_t stream_id, uint32_t seq);
void swim_on_stream_end(struct swim *s, uint32_t stream_id); /* with or without success */
void swim_join(struct swim *s, const struct swim_dest *to);
void swim_sync(struct swim *s); /* exchange states with a live member now, if there is one */
void swim_set_meta(struct swim *s, const struct swim_meta *meta);
void swim_hurry(struct swim *s); /* tell what is new to all members at once, up to SWIM_MAX_QUEUE */
void swim_leave(struct swim *s, instant now); /* what comes out of it must still be sent */
void swim_tick(struct swim *s, instant now);

/* ask it */
bool swim_is_meant(const struct swim *s, const struct swim_ping *ping); /* by this ping, by packet or stream */
instant swim_deadline(const struct swim *s);
const struct swim_members *swim_members_of(const struct swim *s); /* swim_members_state() too */
/* Last instant at which some other member was heard from by packet or stream; INT64_MIN: never. */
instant swim_last_heard(const struct swim *s);
/* The loop stood still for so long: what had no time to be heard accuses nobody. */
void swim_on_standstill(struct swim *s, instant now, int64_t ns);
uint32_t swim_last_stream(const struct swim *s); /* the id of the stream it opened last; they grow */
struct swim_dest swim_stream_only(const struct swim *s); /* whom SWIM_NOTE_STREAM_ONLY was last about */

/* take from it */
bool swim_next_packet(struct swim *s, struct swim_packet *out_packet) MUST_CHECK;
bool swim_next_stream(struct swim *s, struct swim_stream *out_stream) MUST_CHECK;

struct swim_event {
	char name[SWIM_NAME_MAX];
	enum swim_change change;
};

bool swim_next_event(struct swim *s, struct swim_event *out_event) MUST_CHECK;

#endif
