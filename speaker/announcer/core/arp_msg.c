/* arp_msg - see arp_msg.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/arp_msg.h"

#include <string.h>

const uint8_t arp_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

void arp_msg_reply(const struct arp_msg *request, const uint8_t mac[static 6],
		   struct arp_msg *out_reply)
{
	out_reply->op = ARP_REPLY;
	memcpy(out_reply->eth_dst, request->sha, 6);
	memcpy(out_reply->eth_src, mac, 6);
	memcpy(out_reply->sha, mac, 6);
	memcpy(out_reply->spa, request->tpa, 4);
	memcpy(out_reply->tha, request->sha, 6);
	memcpy(out_reply->tpa, request->spa, 4);
}

void arp_msg_announcement(const uint8_t address[static 4], const uint8_t mac[static 6], uint16_t op,
			  struct arp_msg *out_frame)
{
	out_frame->op = op;
	memcpy(out_frame->eth_dst, arp_broadcast, 6);
	memcpy(out_frame->eth_src, mac, 6);
	memcpy(out_frame->sha, mac, 6);
	memcpy(out_frame->tha, arp_broadcast, 6);
	memcpy(out_frame->spa, address, 4);
	memcpy(out_frame->tpa, address, 4);
}

void arp_msg_probe(const uint8_t address[static 4], const uint8_t mac[static 6],
		   struct arp_msg *out_frame)
{
	*out_frame = (struct arp_msg){ .op = ARP_REQUEST };
	memcpy(out_frame->eth_dst, arp_broadcast, 6);
	memcpy(out_frame->eth_src, mac, 6);
	memcpy(out_frame->sha, mac, 6);
	memcpy(out_frame->tpa, address, 4);
}
