/*
 * arp_bare - the least that answers ARP with libpcap: one interface, one address
 *
 *   arp_bare IFACE ADDRESS
 *
 * A second baseline beside the kernel: what capture and wake-up cost before any
 * decision is made. Immediate mode, a ring of 256 kB, a filter; no loop, no table.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BYTES 60
#define RING_BYTES (256 * 1024)

struct answerer {
	pcap_t *pcap;
	uint8_t mac[6], ip[4];
};

static void on_packet(u_char *ctx, const struct pcap_pkthdr *head, const u_char *bytes)
{
	const struct answerer *a = (const struct answerer *)(void *)ctx;
	uint8_t frame[FRAME_BYTES] = { 0 };

	if (head->caplen < 42)
		return;
	memcpy(frame, bytes + 22, 6);
	memcpy(frame + 6, a->mac, 6);
	memcpy(frame + 12, bytes + 12, 8);
	frame[21] = 2;
	memcpy(frame + 22, a->mac, 6);
	memcpy(frame + 28, a->ip, 4);
	memcpy(frame + 32, bytes + 22, 10);
	(void)pcap_inject(a->pcap, frame, sizeof(frame));
}

static int read_mac(const char *interface, uint8_t out_mac[6])
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), rc;

	strncpy(request.ifr_name, interface, sizeof(request.ifr_name) - 1);
	rc = ioctl(fd, SIOCGIFHWADDR, &request);
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		memcpy(out_mac, request.ifr_hwaddr.sa_data, 6);
	return rc;
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE], text[128];
	struct bpf_program filter;
	struct answerer a = { 0 };

	if (argc != 3 || inet_pton(AF_INET, argv[2], a.ip) != 1 || read_mac(argv[1], a.mac) != 0) {
		fprintf(stderr, "usage: %s IFACE ADDRESS\n", argv[0]);
		return 2;
	}
	a.pcap = pcap_create(argv[1], why);
	if (!a.pcap)
		return 1;
	pcap_set_snaplen(a.pcap, 64);
	pcap_set_immediate_mode(a.pcap, 1);
	pcap_set_buffer_size(a.pcap, RING_BYTES);
	snprintf(text, sizeof(text), "arp[6:2] = 1 and arp dst host %s", argv[2]);
	if (pcap_activate(a.pcap) < 0 || pcap_compile(a.pcap, &filter, text, 1, 0) != 0 ||
	    pcap_setfilter(a.pcap, &filter) != 0 || pcap_setdirection(a.pcap, PCAP_D_IN) != 0) {
		fprintf(stderr, "%s: %s\n", argv[1], pcap_geterr(a.pcap));
		return 1;
	}
	return pcap_loop(a.pcap, -1, on_packet, (u_char *)&a) == 0 ? 0 : 1;
}
