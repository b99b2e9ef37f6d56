/*
 * swim_wire - memberlist messages to bytes and back
 *
 * Wire: no state, no crypto (see seal). The format is hashicorp/memberlist's,
 * protocol version 2, as MetalLB uses it: a message is a type byte and a
 * MessagePack map; around one or more of them may stand a compound, a
 * compression and a CRC frame. We write none of the three frames but compound.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_SWIM_WIRE_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_SWIM_WIRE_H

#include "common/core/cursor.h"
#include "speaker/announcer/core/swim_msg.h"

#define SWIM_PACKET_MAX 1400             /* a datagram, sealed; memberlist's UDPBufferSize */
#define SWIM_PARTS_MAX 255               /* of a compound */
#define SWIM_UNPACKED_MAX (64 * 1024)    /* of a compressed datagram */
#define SWIM_STREAM_MAX (4 * 1024 * 1024) /* of a push/pull, packed or not */
#define SWIM_NODES_MAX 4096              /* of a push/pull */

struct swim_parts { /* the single messages of a datagram */
	struct {
		const uint8_t *bytes;
		size_t n;
	} part[SWIM_PARTS_MAX];
	size_t n;
	uint8_t unpacked[SWIM_UNPACKED_MAX]; /* parts point here or into the datagram */
};

/* Take CRC, compression and compound off an opened datagram. 0 or -EBADMSG. */
int swim_split(const uint8_t *bytes, size_t n, struct swim_parts *out_parts) MUST_CHECK;

/*
 * One message. 0; -EBADMSG: malformed; -EPROTONOSUPPORT: a kind that means
 * nothing to us (user messages) or has no place in a datagram.
 */
int swim_decode(const uint8_t *bytes, size_t n, struct swim_msg *out_msg) MUST_CHECK;

/* Bytes written, or 0 when they do not fit. */
size_t swim_encode(const struct swim_msg *msg, uint8_t *out_bytes, size_t cap);

/* A compound frame around messages: the bytes before the first one, with all lengths. 0: no room. */
size_t swim_compound_head(const uint16_t *length, size_t n, uint8_t *out_bytes, size_t cap);

/*
 * The opened content of a stream: type of its message, after compression was
 * taken off into *out_unpacked (owned by the caller; NULL when it was not
 * packed). *out_body points behind the type byte. 0; -EBADMSG: malformed, or
 * not all of it is there; -EPROTO: all is there, but it cannot be unpacked.
 */
int swim_stream_open(const uint8_t *bytes, size_t n, uint8_t **out_unpacked, uint8_t *out_type,
		     struct reader *out_body) MUST_CHECK;

#define SWIM_STREAM_PUSH_PULL 6

/* The body of a push/pull. The caller frees out_pp->node. 0 or -EBADMSG. */
int swim_decode_push_pull(struct reader *body, struct swim_push_pull *out_pp) MUST_CHECK;

/* With its type byte; bytes written, or 0 when they do not fit. */
size_t swim_encode_push_pull(const struct swim_push_pull *pp, uint8_t *out_bytes, size_t cap);

#endif
