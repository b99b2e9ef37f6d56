/*
 * talk - a brain that gossips in bytes
 *
 * Hallway without a world: wires brain and swim (core) to swim_wire, meta_wire
 * and seal (wire). No descriptor, clock or log: gossip.c moves its bytes with
 * sockets, the simulation with a model of a network.
 *
 * How to drive one:
 *
 *   1. hand over what came in: brain_on_message() and node_on_...() on
 *      talk_brain() and its node, talk_on_datagram(), talk_on_stream(),
 *      talk_on_stream_failed();
 *   2. then, and at talk_deadline(), call talk_turn();
 *   3. then take until there is no more: talk_next_datagram(),
 *      talk_next_stream(), node_next_frame(), node_next_report();
 *   4. once brain_wants_ring(): open the port and call talk_open_ring(). Before
 *      that the host answers gossip with "port closed": hand nothing over.
 *
 * A speaker ends by talk_stop(), then steps 1 to 3 until brain_has_left() is
 * true after a step 3; a crash is talk_free().
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_TALK_H
#define TINLB_SPEAKER_ANNOUNCER_TALK_H

#include "speaker/announcer/core/brain.h"
#include "speaker/announcer/wire/seal.h"
#include "speaker/announcer/wire/swim_wire.h"

struct talk_config {
	struct brain_config brain;
	struct seal_ring ring; /* n == 0: in plain */
	/* Random bytes for nonces: never twice the same under one key. */
	void (*draw)(void *ctx, void *out_bytes, size_t n);
	void *ctx;
};

enum talk_trouble { /* each is a word in /status and a label of a metric */
	TALK_NOT_OPENED, /* no key of ours opens it: another secret, or noise */
	TALK_NOT_SEALED, /* in plain, while we seal */
	TALK_MALFORMED,
	TALK_NAME_CLASH,
	TALK_ADDRESS_CLASH,
	TALK_FULL,        /* more members than there is room for */
	TALK_NOT_REACHED, /* a stream to a peer failed */
	TALK_UDP_BLOCKED, /* only a stream gets through to a peer */
	TALK_N_TROUBLES
};

struct talk_note { /* something for the log */
	enum talk_trouble trouble;
	struct swim_dest peer; /* addr.n == 0: not known */
};

struct talk;

struct talk *talk_new(const struct talk_config *config, instant now) MUST_CHECK;
void talk_free(struct talk *t); /* NULL is fine; wipes the keys */
struct brain *talk_brain(const struct talk *t);

void talk_open_ring(struct talk *t, instant now, uint32_t incarnation);
void talk_turn(struct talk *t, instant now);
void talk_stop(struct talk *t, instant now);
instant talk_deadline(const struct talk *t);

void talk_on_datagram(struct talk *t, instant now, const struct swim_dest *from,
		      const uint8_t *bytes, size_t n);

struct talk_inbound { /* what has arrived on a stream so far */
	struct swim_dest peer;
	uint32_t id; /* of talk_outbound, or 0: the peer opened it */
	const uint8_t *bytes;
	size_t n;
	bool all; /* the peer sends no more */
};

enum talk_verdict {
	TALK_WAIT,   /* there is more to come */
	TALK_ANSWER, /* send *out_answer, then close */
	TALK_CLOSE,
};

/* *out_answer is talk's and good until the next call. */
enum talk_verdict talk_on_stream(struct talk *t, instant now, const struct talk_inbound *stream,
				 struct seal_bytes *out_answer) MUST_CHECK;
/* A stream that talk_next_stream() asked for was not connected, broke, or took too long. */
void talk_on_stream_failed(struct talk *t, instant now, uint32_t id, const struct swim_dest *peer);

struct talk_datagram {
	struct swim_dest to;
	uint8_t bytes[SWIM_PACKET_MAX];
	size_t n;
};

struct talk_outbound { /* connect and send */
	struct swim_dest to;
	uint32_t id;
	int64_t timeout_ms; /* until the answer has to be there */
	struct seal_bytes bytes; /* talk's, good until the next call */
};

bool talk_next_datagram(struct talk *t, struct talk_datagram *out_datagram) MUST_CHECK;
bool talk_next_stream(struct talk *t, struct talk_outbound *out_stream) MUST_CHECK;
bool talk_next_note(struct talk *t, struct talk_note *out_note) MUST_CHECK;

uint64_t talk_troubles(const struct talk *t, enum talk_trouble trouble);
/* A peer that the agent named was not understood in the last 30 s, and nobody ever was: a wrong secret. */
bool talk_is_locked_out(const struct talk *t);

#endif
