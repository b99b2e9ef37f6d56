/*
 * arp_msg - ARP frames as structs
 *
 * Core: no sockets, no clock, no logging; wire/arp turns it into bytes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_ARP_MSG_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_ARP_MSG_H

#include "common/core/base.h"

#define ARP_REQUEST 1
#define ARP_REPLY 2

struct arp_msg {
	uint8_t eth_dst[6], eth_src[6];
	uint16_t op;
	uint8_t sha[6], spa[4]; /* sender */
	uint8_t tha[6], tpa[4]; /* target */
};

extern const uint8_t arp_broadcast[6];

/* The answer from `mac` to a request. */
void arp_msg_reply(const struct arp_msg *request, const uint8_t mac[static 6],
		   struct arp_msg *out_reply);

/* What says unasked that `mac` has the address: a gratuitous request or reply. */
void arp_msg_announcement(const uint8_t address[static 4], const uint8_t mac[static 6], uint16_t op,
			  struct arp_msg *out_frame);

/* Does anybody have the address; from 0.0.0.0, so that no cache learns anything (RFC 5227). */
void arp_msg_probe(const uint8_t address[static 4], const uint8_t mac[static 6],
		   struct arp_msg *out_frame);

#endif
