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
#define RETRY_MS 1000

enum step { STEP_LINKS, STEP_ADDRESSES, STEP_LIVE, STEP_FAILED }; /* dumps come one after the other */

struct told { /* and not taken back */
	uint32_t ifindex;
	struct ip ip; /* len == 0: the link itself */
	bool again;   /* since the dumps began */
};

struct netlink {
	struct loop *loop;
	struct netlink_user user;
	struct nl_sock *socket;
	struct loop_watch *watch;
	struct loop_timer *retry_timer;
	enum step step;
	bool lost; /* messages were: begin again */
	struct told *told;
	size_t n_told;
};

/* ---- what was told ---- */

static void note(struct netlink *n, uint32_t ifindex, const struct ip *ip)
{
	size_t i = 0;

	while (i < n->n_told && (n->told[i].ifindex != ifindex || !ip_equal(&n->told[i].ip, ip)))
		i++;
	if (i == n->n_told)
		n->told = mem_resize(n->told, ++n->n_told, sizeof(*n->told));
	n->told[i] = (struct told){ ifindex, *ip, true };
}

/* The address; or the link, and its addresses with it. */
static void forget(struct netlink *n, uint32_t ifindex, const struct ip *ip)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n_told; i++)
		if (n->told[i].ifindex != ifindex || (ip->len > 0 && !ip_equal(&n->told[i].ip, ip)))
			n->told[kept++] = n->told[i];
	n->n_told = kept;
}

static void tell_gone(struct netlink *n, const struct told *told)
{
	const struct netlink_address address = { .ifindex = told->ifindex, .ip = told->ip,
						 .gone = true };

	forget(n, address.ifindex, &address.ip);
	if (address.ip.len == 0)
		n->user.on_link_gone(n->user.ctx, loop_now(n->loop), address.ifindex);
	else
		n->user.on_address(n->user.ctx, loop_now(n->loop), &address);
}

/* What the dumps did not tell again went away while messages were lost. */
static void sweep(struct netlink *n)
{
	size_t i = 0;

	while (i < n->n_told) {
		const struct told told = n->told[i++];

		if (told.again)
			continue;
		tell_gone(n, &told);
		i = 0; /* a link takes addresses with it that may stand anywhere */
	}
}

/* ---- messages ---- */

static void take_link(struct netlink *n, struct nlmsghdr *head)
{
	const struct ifinfomsg *info = nlmsg_data(head);
	struct nlattr *attribute[IFLA_MAX + 1];
	struct netlink_link link = { .ifindex = (uint32_t)info->ifi_index };
	const unsigned no_arp = IFF_NOARP | IFF_LOOPBACK;

	if (info->ifi_family != AF_UNSPEC) /* of a bridge's port, not of the interface */
		return;
	if (nlmsg_parse(head, sizeof(*info), attribute, IFLA_MAX, NULL) < 0)
		return;
	if (head->nlmsg_type == RTM_DELLINK) {
		tell_gone(n, &(struct told){ .ifindex = link.ifindex });
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
	note(n, link.ifindex, &(struct ip){ 0 });
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
	if (address.gone)
		forget(n, address.ifindex, &address.ip);
	else
		note(n, address.ifindex, &address.ip);
	n->user.on_address(n->user.ctx, loop_now(n->loop), &address);
}

/* The kernel says so of a dump during which something changed: it may have left something out. */
static void look_for_gaps(struct netlink *n, const struct nlmsghdr *head)
{
	n->lost |= (head->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
}

static int on_message(struct nl_msg *msg, void *ctx)
{
	struct nlmsghdr *head = nlmsg_hdr(msg);

	look_for_gaps(ctx, head);
	if (head->nlmsg_type == RTM_NEWLINK || head->nlmsg_type == RTM_DELLINK)
		take_link(ctx, head);
	else if (head->nlmsg_type == RTM_NEWADDR || head->nlmsg_type == RTM_DELADDR)
		take_address(ctx, head);
	return NL_OK;
}

/* ---- dumps ---- */

static void ask_failed(struct netlink *n)
{
	n->step = STEP_FAILED;
	loop_timer_set(n->retry_timer, instant_add_ms(loop_now(n->loop), RETRY_MS));
}

static void ask(struct netlink *n)
{
	struct rtgenmsg all = { .rtgen_family = AF_UNSPEC };
	int type = n->step == STEP_LINKS ? RTM_GETLINK : RTM_GETADDR;

	if (nl_send_simple(n->socket, type, NLM_F_DUMP, &all, sizeof(all)) < 0)
		ask_failed(n);
}

static void begin(struct netlink *n)
{
	n->lost = false;
	for (size_t i = 0; i < n->n_told; i++)
		n->told[i].again = false;
	n->step = STEP_LINKS;
	ask(n);
}

static int on_dump_end(struct nl_msg *msg, void *ctx)
{
	struct netlink *n = ctx;

	look_for_gaps(n, nlmsg_hdr(msg));
	if (n->lost) {
		n->step = STEP_LIVE; /* from where it begins again */
	} else if (n->step == STEP_LINKS) {
		n->step = STEP_ADDRESSES;
		ask(n);
	} else if (n->step == STEP_ADDRESSES) {
		n->step = STEP_LIVE;
		sweep(n);
	}
	return NL_OK;
}

static int on_refusal(struct sockaddr_nl *from, struct nlmsgerr *error, void *ctx)
{
	(void)from;
	(void)error;
	ask_failed(ctx);
	return NL_SKIP;
}

static void on_retry_timer(void *ctx, instant now)
{
	(void)now;
	begin(ctx);
}

static void on_readable(void *ctx, instant now, unsigned events)
{
	struct netlink *n = ctx;

	(void)now;
	(void)events;
	if (nl_recvmsgs_default(n->socket) == -NLE_NOMEM) /* ENOBUFS: the kernel could not keep up */
		n->lost = true;
	if (n->lost && n->step == STEP_LIVE)
		begin(n);
}

int netlink_open(struct loop *loop, const struct netlink_user *user, struct netlink **out_netlink)
{
	struct netlink *n = mem_new(1, sizeof(*n));

	*n = (struct netlink){ .loop = loop, .user = *user, .socket = nl_socket_alloc() };
	CHECK(n->socket != NULL);
	nl_socket_disable_seq_check(n->socket);
	nl_socket_modify_cb(n->socket, NL_CB_VALID, NL_CB_CUSTOM, on_message, n);
	nl_socket_modify_cb(n->socket, NL_CB_FINISH, NL_CB_CUSTOM, on_dump_end, n);
	nl_socket_modify_err_cb(n->socket, NL_CB_CUSTOM, on_refusal, n);
	if (nl_connect(n->socket, NETLINK_ROUTE) < 0 ||
	    nl_socket_add_memberships(n->socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, 0) < 0 ||
	    nl_socket_set_nonblocking(n->socket) < 0) {
		nl_socket_free(n->socket);
		free(n);
		return -EIO;
	}
	(void)nl_socket_set_buffer_size(n->socket, BUFFER_BYTES, 0);
	n->retry_timer = loop_timer_new(loop, on_retry_timer, n);
	n->watch = loop_watch_new(loop, nl_socket_get_fd(n->socket), LOOP_READ, on_readable, n);
	begin(n);
	*out_netlink = n;
	return 0;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	loop_watch_free(n->watch);
	loop_timer_free(n->retry_timer);
	nl_socket_free(n->socket);
	free(n->told);
	free(n);
}
