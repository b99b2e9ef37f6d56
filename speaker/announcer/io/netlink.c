/* netlink - see netlink.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/io/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (512 * 1024)

enum step { STEP_LINKS, STEP_ADDRESSES, STEP_LIVE }; /* dumps come one after the other */

struct netlink {
	struct loop *loop;
	struct netlink_user user;
	struct nl_sock *socket;
	struct loop_watch *watch;
	enum step step;
	bool lost; /* messages were: begin again */
};

static void take_link(struct netlink *n, struct nlmsghdr *head)
{
	const struct ifinfomsg *info = nlmsg_data(head);
	struct nlattr *attribute[IFLA_MAX + 1];
	struct netlink_link link = { .ifindex = (uint32_t)info->ifi_index };
	const unsigned no_arp = IFF_NOARP | IFF_LOOPBACK;

	if (nlmsg_parse(head, sizeof(*info), attribute, IFLA_MAX, NULL) < 0)
		return;
	if (head->nlmsg_type == RTM_DELLINK) {
		n->user.on_link_gone(n->user.ctx, loop_now(n->loop), link.ifindex);
		return;
	}
	if (attribute[IFLA_IFNAME])
		nla_strlcpy(link.name, attribute[IFLA_IFNAME], sizeof(link.name));
	if (attribute[IFLA_ADDRESS] && nla_len(attribute[IFLA_ADDRESS]) == 6)
		memcpy(link.mac, nla_data(attribute[IFLA_ADDRESS]), 6);
	link.up = info->ifi_flags & IFF_UP;
	link.carrier = info->ifi_flags & IFF_LOWER_UP;
	link.ethernet = info->ifi_type == ARPHRD_ETHER && info->ifi_flags & IFF_BROADCAST &&
			!(info->ifi_flags & no_arp);
	link.enslaved = attribute[IFLA_MASTER] != NULL;
	n->user.on_link(n->user.ctx, loop_now(n->loop), &link);
}

static void take_address(struct netlink *n, struct nlmsghdr *head)
{
	const struct ifaddrmsg *info = nlmsg_data(head);
	struct nlattr *attribute[IFA_MAX + 1], *ip;
	struct netlink_address address = { .ifindex = info->ifa_index,
					   .prefix_bits = info->ifa_prefixlen,
					   .gone = head->nlmsg_type == RTM_DELADDR };

	if (nlmsg_parse(head, sizeof(*info), attribute, IFA_MAX, NULL) < 0)
		return;
	ip = attribute[IFA_LOCAL] ? attribute[IFA_LOCAL] : attribute[IFA_ADDRESS];
	if (!ip || (nla_len(ip) != IP_V4 && nla_len(ip) != IP_V6))
		return;
	address.ip.len = (uint8_t)nla_len(ip);
	memcpy(address.ip.byte, nla_data(ip), address.ip.len);
	n->user.on_address(n->user.ctx, loop_now(n->loop), &address);
}

static int on_message(struct nl_msg *msg, void *ctx)
{
	struct nlmsghdr *head = nlmsg_hdr(msg);

	if (head->nlmsg_type == RTM_NEWLINK || head->nlmsg_type == RTM_DELLINK)
		take_link(ctx, head);
	else if (head->nlmsg_type == RTM_NEWADDR || head->nlmsg_type == RTM_DELADDR)
		take_address(ctx, head);
	return NL_OK;
}

static int ask(struct netlink *n)
{
	struct rtgenmsg all = { .rtgen_family = AF_UNSPEC };
	int type = n->step == STEP_LINKS ? RTM_GETLINK : RTM_GETADDR;

	return nl_send_simple(n->socket, type, NLM_F_DUMP, &all, sizeof(all)) < 0 ? -EIO : 0;
}

static int on_dump_end(struct nl_msg *msg, void *ctx)
{
	struct netlink *n = ctx;

	(void)msg;
	if (n->step != STEP_LIVE)
		n->step++;
	if (n->step != STEP_LIVE && ask(n) != 0)
		n->lost = true;
	return NL_OK;
}

static void on_readable(void *ctx, instant now, unsigned events)
{
	struct netlink *n = ctx;
	int rc = nl_recvmsgs_default(n->socket);

	(void)now;
	(void)events;
	if (rc == -NLE_NOMEM || rc == -NLE_DUMP_INTR) /* ENOBUFS: the kernel could not keep up */
		n->lost = true;
	if (n->lost && n->step == STEP_LIVE) {
		n->lost = false;
		n->step = STEP_LINKS;
		(void)ask(n);
	}
}

int netlink_open(struct loop *loop, const struct netlink_user *user, struct netlink **out_netlink)
{
	struct netlink *n = mem_new(1, sizeof(*n));

	*n = (struct netlink){ .loop = loop, .user = *user, .socket = nl_socket_alloc() };
	CHECK(n->socket != NULL);
	nl_socket_disable_seq_check(n->socket);
	nl_socket_modify_cb(n->socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, n);
	nl_socket_modify_cb(n->socket, NL_CB_FINISH, NL_CB_CUSTOM, on_dump_end, n);
	if (nl_connect(n->socket, NETLINK_ROUTE) < 0 ||
	    nl_socket_add_memberships(n->socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, 0) < 0 ||
	    nl_socket_set_nonblocking(n->socket) < 0 || ask(n) != 0) {
		nl_socket_free(n->socket);
		free(n);
		return -EIO;
	}
	(void)nl_socket_set_buffer_size(n->socket, BUFFER_BYTES, 0);
	n->watch = loop_watch_new(loop, nl_socket_get_fd(n->socket), LOOP_READ, on_readable, n);
	*out_netlink = n;
	return 0;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	loop_watch_free(n->watch);
	nl_socket_free(n->socket);
	free(n);
}
