/* arp - see arp.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/arp.h"

#include <errno.h>
#include <string.h>

/* Behind the addresses of the Ethernet header: type ARP, hardware Ethernet, protocol IPv4, lengths. */
static const uint8_t fixed[] = { 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4 };

#define FIXED_AT 12
#define OP_AT 20
#define SENDER_AT 22

int arp_decode(const uint8_t *bytes, size_t n, struct arp_msg *out_msg)
{
	if (n < ARP_FRAME_LEAST || memcmp(bytes + FIXED_AT, fixed, sizeof(fixed)) != 0)
		return -EBADMSG;
	memcpy(out_msg->eth_dst, bytes, 6);
	memcpy(out_msg->eth_src, bytes + 6, 6);
	out_msg->op = (uint16_t)(bytes[OP_AT] << 8 | bytes[OP_AT + 1]);
	memcpy(out_msg->sha, bytes + SENDER_AT, 6);
	memcpy(out_msg->spa, bytes + SENDER_AT + 6, 4);
	memcpy(out_msg->tha, bytes + SENDER_AT + 10, 6);
	memcpy(out_msg->tpa, bytes + SENDER_AT + 16, 4);
	return 0;
}

void arp_encode(const struct arp_msg *msg, uint8_t out_frame[static ARP_FRAME_BYTES])
{
	memset(out_frame, 0, ARP_FRAME_BYTES);
	memcpy(out_frame, msg->eth_dst, 6);
	memcpy(out_frame + 6, msg->eth_src, 6);
	memcpy(out_frame + FIXED_AT, fixed, sizeof(fixed));
	out_frame[OP_AT] = (uint8_t)(msg->op >> 8);
	out_frame[OP_AT + 1] = (uint8_t)msg->op;
	memcpy(out_frame + SENDER_AT, msg->sha, 6);
	memcpy(out_frame + SENDER_AT + 6, msg->spa, 4);
	memcpy(out_frame + SENDER_AT + 10, msg->tha, 6);
	memcpy(out_frame + SENDER_AT + 16, msg->tpa, 4);
}
