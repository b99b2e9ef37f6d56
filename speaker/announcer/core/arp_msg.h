/*
 * arp_msg - an ARP frame as a struct
 *
 * Core: a struct only; wire/arp turns it into bytes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_ARP_MSG_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_ARP_MSG_H

#include <stdint.h>

#define ARP_REQUEST 1
#define ARP_REPLY 2

struct arp_msg {
	uint8_t eth_dst[6], eth_src[6];
	uint16_t op;
	uint8_t sha[6], spa[4]; /* sender */
	uint8_t tha[6], tpa[4]; /* target */
};

#endif
