/*
 * table_wire - messages between agent and announcer as bytes
 *
 * Wire: no state, no descriptors. One message is one SEQPACKET record: a kind
 * and the fields of its struct in their order, numbers in network order,
 * texts after their 16-bit length.
 *
 * Always true: what table_encode() accepts, table_decode() gives back; what
 * table_decode() accepts, table_encode() turns into the same bytes. Every
 * count, index and enum is inside its bounds after decoding.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_TABLE_WIRE_TABLE_WIRE_H
#define TINLB_SPEAKER_TABLE_WIRE_TABLE_WIRE_H

#include "speaker/table/core/table.h"

/*
 * Bytes written (more than 0, at most TABLE_MESSAGE_MAX), or -EINVAL: a field
 * is out of bounds, or cap bytes are too few.
 */
int table_encode(const struct table_message *m, uint8_t *buf, size_t cap) MUST_CHECK;

/* 0, or -EPROTO: not exactly one message. The caller calls table_message_done(). */
int table_decode(const uint8_t *bytes, size_t n, struct table_message *out_m) MUST_CHECK;

/* Frees what a decoded message owns: the candidates of a row. */
void table_message_done(struct table_message *m);

#endif
