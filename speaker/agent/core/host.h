/*
 * host - settings of this node's kernel that disturb load-balancer addresses
 *
 * Core: no sockets, no clock, no logging. What io/host_files read goes in as
 * facts.
 *
 *   - kube-proxy in IPVS mode gives every service address to kube-ipvs0, so the
 *     kernel of every node answers ARP for it, unless arp_ignore forbids that
 *     (strictARP);
 *   - rp_filter 1 drops what comes in on another interface than the answer
 *     would leave by. That hits an address that is announced in a subnet of an
 *     interface without the default route, for clients behind a router.
 *
 * The kernel takes the larger of an interface's value and that of "all"
 * (Documentation/networking/ip-sysctl.rst).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_HOST_H
#define TINLB_SPEAKER_AGENT_CORE_HOST_H

#include "speaker/agent/core/plan.h"

#define HOST_MAX_SUBNETS 256 /* of all interfaces together; more are left out */
#define HOST_NAME_MAX 16

struct host_setting { /* of one interface */
	int arp_ignore, rp_filter; /* -1: could not be read */
};

struct host_subnet {
	char interface[HOST_NAME_MAX];
	struct ip_range range;
	unsigned bits;
};

struct host_facts { /* all zero: nothing is known */
	bool ipvs;                /* there is an interface kube-ipvs0 */
	struct host_setting all;
	struct strmap interface;  /* name -> struct host_setting, owned */
	struct host_subnet subnet[HOST_MAX_SUBNETS];
	size_t n_subnet;
	char by_default[HOST_NAME_MAX]; /* interface of the default route, "": none */
};

enum host_trouble { /* words in /status, labels of a metric, findings of `tinlb doctor` */
	HOST_IPVS_LOOSE,  /* kube-ipvs0, and the kernel answers ARP for what is on it */
	HOST_PATH_FILTER, /* rp_filter is 1 on an interface that announces and is not the way out */
	HOST_N_TROUBLES
};

const char *host_trouble_word(enum host_trouble trouble);

void host_facts_done(struct host_facts *facts);

/* Does it hold now, with what this node announces? */
bool host_has_trouble(const struct host_facts *facts, const struct plan *plan,
		      enum host_trouble trouble);

/* Addresses that are announced here and lie in no subnet; 0 where no subnet is known. */
size_t host_n_outside(const struct host_facts *facts, const struct plan *plan);

/* The text of /proc/net/route: subnets and the default route of IPv4. Lines that make no sense are skipped. */
void host_take_routes(struct host_facts *inout_facts, const char *text);

#endif
