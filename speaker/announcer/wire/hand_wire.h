/*
 * hand_wire - hand_msg as the bytes of a memberlist user message, and back
 *
 * Wire: no state. Type byte 8, then four bytes "TLH" and the version, the kind,
 * flags, the sender's name, and the entries.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_HAND_WIRE_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_HAND_WIRE_H

#include "speaker/announcer/core/hand_msg.h"

#define HAND_WIRE_TYPE 8 /* memberlist's userMsg */
#define HAND_WIRE_MAX (1 + 4 + 1 + 1 + 2 + SWIM_NAME_MAX + 1 + HAND_MAX_ENTRIES * (1 + IP_V6 + 4))

/* Bytes written. */
size_t hand_encode(const struct hand_msg *msg, uint8_t out_bytes[static HAND_WIRE_MAX]);

/* 0, or -EPROTO: it is not ours, of another version, or cut off. */
int hand_decode(const uint8_t *bytes, size_t n, struct hand_msg *out_msg) MUST_CHECK;

#endif
