/* client - see client.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/client.h"

#include <string.h>

#include "speaker/announcer/wire/arp.h"
#include "tests/sim/net.h"
#include "tests/sim/oracle.h"

static const int64_t every_ms[WORLD_N_CLIENTS] = { 2000, 30000 };

void client_start(struct world *w, unsigned client)
{
	struct client *c = &w->client[client];

	for (unsigned i = 0; i < PLAN_MAX_ADDRESSES; i++)
		c->cache[i] = -1;
	c->ask.kind = EVENT_ASK;
	heap_set(&w->events, &c->ask.due, prng_between(&w->prng, 0, 2 * NS_PER_S));
}

static int address_of(const struct world *w, const uint8_t ip[static 4])
{
	for (unsigned i = 0; i < w->plan->n_address; i++) {
		struct ip address = speaker_address(i);

		if (memcmp(address.byte, ip, 4) == 0)
			return (int)i;
	}
	return -1;
}

void client_ask(struct world *w, struct client *c)
{
	unsigned which = (unsigned)(c - w->client), at = w->plan->n_node + which;
	uint8_t bytes[ARP_FRAME_BYTES];
	struct arp_msg request = { .op = ARP_REQUEST };
	struct ip own = speaker_ip(at);

	memcpy(request.eth_dst, arp_broadcast, 6);
	speaker_mac(at, request.eth_src);
	speaker_mac(at, request.sha);
	memcpy(request.spa, own.byte, 4);
	for (unsigned i = 0; i < w->plan->n_address; i++) {
		struct ip address = speaker_address(i);

		memcpy(request.tpa, address.byte, 4);
		arp_encode(&request, bytes);
		net_send_frame(w, at, bytes);
	}
	heap_set(&w->events, &c->ask.due, w->now + every_ms[which] * NS_PER_MS);
}

void client_on_frame(struct world *w, unsigned client, const uint8_t *bytes, size_t n)
{
	struct client *c = &w->client[client];
	struct arp_msg msg;
	bool gratuitous;
	int address, from;

	if (arp_decode(bytes, n, &msg) != 0)
		return;
	address = address_of(w, msg.spa);
	if (address < 0)
		return;
	gratuitous = memcmp(msg.spa, msg.tpa, 4) == 0;
	if (gratuitous && client == 1 && c->cache[address] < 0)
		return;
	from = speaker_host_of(msg.sha);
	if (c->cache[address] != from)
		world_say(w, "client %u: address %d is at node %d%s", client, address, from,
			  gratuitous ? " (gratuitous)" : "");
	c->cache[address] = from;
	c->cached[address] = w->now;
}
