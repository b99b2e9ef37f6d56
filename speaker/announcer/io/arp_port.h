/*
 * arp_port - ARP frames of one interface, in and out
 *
 * I/O: libpcap in immediate mode over a small ring; hands over bytes, knows no
 * addresses. Not promiscuous. The filter runs in the kernel, so that frames
 * which are not for us wake nobody.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_IO_ARP_PORT_H
#define TINLB_SPEAKER_ANNOUNCER_IO_ARP_PORT_H

#include <linux/filter.h>

#include "common/io/loop.h"

struct arp_port;

struct arp_port_config {
	const char *name; /* of the interface */
	uint32_t ifindex;
	size_t ring_bytes;
	const struct sock_filter *filter;
	size_t n_filter;
	void (*on_frame)(void *ctx, uint32_t ifindex, const uint8_t *bytes, size_t n);
	/* The interface went away: the port hears nothing any more. It may be closed from here. */
	void (*on_broken)(void *ctx, instant now, uint32_t ifindex);
	void *ctx;
};

/* 0, or -errno with words for it in out_what (256 bytes). */
int arp_port_open(struct loop *loop, const struct arp_port_config *config,
		  struct arp_port **out_port, char out_what[static 256]) MUST_CHECK;
void arp_port_close(struct arp_port *port); /* NULL is fine */

/* Replaced at once, without a gap. 0 or -errno. */
int arp_port_set_filter(struct arp_port *port, const struct sock_filter *filter, size_t n)
	MUST_CHECK;
int arp_port_send(struct arp_port *port, const uint8_t *frame, size_t n); /* 0 or -errno */
uint32_t arp_port_ifindex(const struct arp_port *port);

/* Frames that the kernel dropped because the ring was full, since the last call. */
uint64_t arp_port_dropped(struct arp_port *port);

#endif
