/* arp_port - see arp_port.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/io/arp_port.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SNAP_BYTES 64  /* an ARP frame and its padding */
#define BATCH_FRAMES 64 /* taken in one turn of the loop */
#define LOOKS 8 /* at an empty ring before we sleep */

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

struct arp_port {
	struct arp_port_config config;
	pcap_t *pcap;
	int fd;
	struct loop_watch *watch;
};

static void on_packet(u_char *ctx, const struct pcap_pkthdr *head, const u_char *bytes)
{
	struct arp_port *port = (struct arp_port *)(void *)ctx;

	port->config.on_frame(port->config.ctx, port->config.ifindex, bytes, head->caplen);
}

/*
 * One question often follows another. To look for it a few times more, giving way to others in
 * between, costs both sides less than to fall asleep and be woken. Less than 0: broken.
 */
static int take_frames(struct arp_port *port)
{
	int left = BATCH_FRAMES, looks = 0, n;

	do {
		n = pcap_dispatch(port->pcap, left, on_packet, (u_char *)port);
		left -= n;
		looks = n == 0 ? looks + 1 : 0;
		if (n == 0)
			(void)sched_yield();
	} while (n >= 0 && left > 0 && looks < LOOKS);
	return n;
}

static void on_readable(void *ctx, instant now, unsigned events)
{
	struct arp_port *port = ctx;

	(void)events;
	if (take_frames(port) < 0) {
		loop_watch_set(port->watch, 0);
		port->config.on_broken(port->config.ctx, now, port->config.ifindex);
	}
}

int arp_port_set_filter(struct arp_port *port, const struct sock_filter *filter, size_t n)
{
	struct sock_fprog program = { .len = (unsigned short)n,
				      .filter = (struct sock_filter *)(uintptr_t)filter };

	/* Not pcap_setfilter(): it empties the ring in between, and frames would be lost. */
	return setsockopt(port->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ?
		       -errno :
		       0;
}

static int activate(struct arp_port *port, char out_what[static 256])
{
	int on = 1, rc;

	pcap_set_snaplen(port->pcap, SNAP_BYTES);
	pcap_set_promisc(port->pcap, 0);
	pcap_set_immediate_mode(port->pcap, 1);
	pcap_set_buffer_size(port->pcap, (int)port->config.ring_bytes);
	pcap_set_protocol_linux(port->pcap, ETH_P_ARP);
	rc = pcap_activate(port->pcap);
	if (rc < 0) {
		snprintf(out_what, 256, "%s", pcap_geterr(port->pcap));
		return rc == PCAP_ERROR_PERM_DENIED ? -EPERM :
		       rc == PCAP_ERROR_NO_SUCH_DEVICE ? -ENODEV :
							  -EIO;
	}
	if (pcap_datalink(port->pcap) != DLT_EN10MB) {
		snprintf(out_what, 256, "it is not Ethernet");
		return -ENOTSUP;
	}
	if (pcap_setnonblock(port->pcap, 1, out_what) < 0)
		return -EIO;
	port->fd = pcap_get_selectable_fd(port->pcap);
	if (setsockopt(port->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 &&
	    pcap_setdirection(port->pcap, PCAP_D_IN) < 0) {
		snprintf(out_what, 256, "%s", pcap_geterr(port->pcap));
		return -EIO;
	}
	rc = arp_port_set_filter(port, port->config.filter, port->config.n_filter);
	if (rc != 0)
		snprintf(out_what, 256, "its filter: %s", strerror(-rc));
	return rc;
}

int arp_port_open(struct loop *loop, const struct arp_port_config *config,
		  struct arp_port **out_port, char out_what[static 256])
{
	struct arp_port *port = mem_new(1, sizeof(*port));
	int rc = -ENODEV;

	port->config = *config;
	out_what[0] = '\0';
	port->pcap = pcap_create(config->name, out_what);
	if (port->pcap)
		rc = activate(port, out_what);
	if (rc != 0) {
		if (port->pcap)
			pcap_close(port->pcap);
		free(port);
		return rc;
	}
	port->config.filter = NULL;
	port->config.name = NULL;
	port->watch = loop_watch_new(loop, port->fd, LOOP_READ, on_readable, port);
	*out_port = port;
	return 0;
}

void arp_port_close(struct arp_port *port)
{
	if (!port)
		return;
	loop_watch_free(port->watch);
	pcap_close(port->pcap);
	free(port);
}

int arp_port_send(struct arp_port *port, const uint8_t *frame, size_t n)
{
	return pcap_inject(port->pcap, frame, n) < 0 ? -EIO : 0;
}

uint32_t arp_port_ifindex(const struct arp_port *port)
{
	return port->config.ifindex;
}

uint64_t arp_port_dropped(struct arp_port *port)
{
	struct tpacket_stats stats;
	socklen_t n = sizeof(stats);

	/* Reading the counters sets them back. */
	return getsockopt(port->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &n) == 0 ?
		       stats.tp_drops :
		       0;
}
