/*
 * arp - ARP over Ethernet, bytes to struct and back (RFC 826)
 *
 * Wire: no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_ARP_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_ARP_H

#include "common/core/base.h"
#include "speaker/announcer/core/arp_msg.h"

#define ARP_FRAME_BYTES 60 /* padded to Ethernet's least, without its checksum */
#define ARP_FRAME_LEAST 42 /* without padding */

/* 0, or -EBADMSG: too short, or not ARP for IPv4 over Ethernet. */
int arp_decode(const uint8_t *bytes, size_t n, struct arp_msg *out_msg) MUST_CHECK;
void arp_encode(const struct arp_msg *msg, uint8_t out_frame[static ARP_FRAME_BYTES]);

#endif
