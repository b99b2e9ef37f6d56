/*
 * netlink - interfaces and their addresses as the kernel tells of them
 *
 * I/O: libnl over NETLINK_ROUTE. Everything there is first, then each change.
 * After messages were lost everything there is is told once more, and then
 * what went away meanwhile. What the kernel refuses is asked for again.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_IO_NETLINK_H
#define TINLB_SPEAKER_ANNOUNCER_IO_NETLINK_H

#include "common/core/ip.h"
#include "common/io/loop.h"

struct netlink_link {
	uint32_t ifindex;
	char name[16];
	uint8_t mac[6];
	bool up, carrier, ethernet, enslaved;
};

struct netlink_address {
	uint32_t ifindex;
	struct ip ip;
	unsigned prefix_bits;
	bool gone;
};

struct netlink_user {
	void (*on_link)(void *ctx, instant now, const struct netlink_link *link);
	void (*on_link_gone)(void *ctx, instant now, uint32_t ifindex);
	void (*on_address)(void *ctx, instant now, const struct netlink_address *address);
	void *ctx;
};

struct netlink;

/* 0 or -errno. What exists is told from the loop. */
int netlink_open(struct loop *loop, const struct netlink_user *user, struct netlink **out_netlink)
	MUST_CHECK;
void netlink_close(struct netlink *netlink); /* NULL is fine */

#endif
