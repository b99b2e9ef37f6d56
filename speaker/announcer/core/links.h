/*
 * links - the interfaces of this node, and which of them can carry an address
 *
 * Core: no sockets, no clock, no logging. What netlink says goes in.
 *
 * An interface is used as MetalLB would use it: up, Ethernet with broadcast and
 * ARP, not part of a bridge or bond, name not excluded. Of these, those whose
 * subnet contains the address carry it; when there is none, all of them do.
 *
 * Always true: an own address is known, whatever its interface is. There are
 * LINKS_MAX slots; while they do not suffice, none belongs to an interface that
 * is not used and another one that would be waits.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_LINKS_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_LINKS_H

#include <regex.h>

#include "common/core/ip.h"

#define LINKS_MAX 64 /* slots; a mask has a bit for each */
#define LINKS_NAME_MAX 16
#define LINKS_MAX_ADDRESSES 64 /* of one interface */

struct link_news { /* of one interface, from netlink */
	uint32_t ifindex;
	char name[LINKS_NAME_MAX];
	uint8_t mac[6];
	bool up, carrier;    /* by administration; by cable */
	bool ethernet;       /* Ethernet with broadcast and ARP */
	bool enslaved;       /* has a master */
};

struct link {
	struct link_news news;
	bool known;    /* false: the slot is free */
	bool excluded; /* by name */
	struct ip address[LINKS_MAX_ADDRESSES];
	struct ip_range subnet[LINKS_MAX_ADDRESSES];
	uint8_t prefix_bits[LINKS_MAX_ADDRESSES];
	size_t n_address;
};

struct link_address {
	uint32_t ifindex;
	struct ip ip;
	unsigned prefix_bits;
	bool gone;
};

struct links {
	struct link at[LINKS_MAX];
	struct link_news *other; /* without a slot */
	size_t n_other, cap_other;
	struct link_address *own; /* without a place in a slot */
	size_t n_own, cap_own;
	regex_t exclude;
	bool has_exclude;
};

void links_init(struct links *links);
void links_done(struct links *links);

/* A POSIX extended regular expression, "" for none. False: it is none; nothing changes. */
bool links_set_exclude(struct links *links, const char *regex) MUST_CHECK;

/* True when something changed: a slot, or the own addresses. */
bool links_on_link(struct links *links, const struct link_news *news);
bool links_on_gone(struct links *links, uint32_t ifindex);

/* What kube-proxy has for services, on kube-ipvs0, is no address of the node: it is left out. */
bool links_on_address(struct links *links, const struct link_address *address);

/*
 * Give a slot to one that would be used; to be called until it is -1 when
 * something has changed and was acted on. The slot, and who left it for this
 * one (ifindex 0: nobody), which was not used.
 */
int links_seat(struct links *links, struct link_news *out_left) MUST_CHECK;
size_t links_n_waiting(const struct links *links); /* would be used, and have no slot */

/* Index into at[], or -1. */
int links_find(const struct links *links, uint32_t ifindex);
bool links_has_address(const struct links *links, const struct ip *ip);

/* Would it be used: everything but the cable. And with it. */
bool links_is_eligible(const struct links *links, size_t at);
bool links_is_usable(const struct links *links, size_t at);

struct links_choice {
	uint64_t carriers; /* bits of at[]: eligible and right for the address */
	uint64_t usable;   /* those of them whose cable is in */
};

/* `name` restricts to interfaces of these names; n_name 0: no restriction. */
struct links_choice links_choose(const struct links *links, const struct ip *ip,
				 const char (*name)[LINKS_NAME_MAX], size_t n_name);

#endif
