/* swim_gossip - see swim_gossip.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/swim_gossip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t raw_size(size_t n)
{
	return n + (n <= 31 ? 1 : 3);
}

static size_t number_size(uint32_t v)
{
	return v <= 0x7f ? 1 : v <= 0xff ? 2 : v <= 0xffff ? 3 : 5;
}

/* Keys are 1 byte longer than their text; type byte and map head are 2 more. */
static size_t claim_size(const struct swim_claim *claim)
{
	return 2 + raw_size(4) + raw_size(strlen(claim->from)) + raw_size(11) +
	       number_size(claim->incarnation) + raw_size(4) + raw_size(strlen(claim->node));
}

static size_t alive_size(const struct swim_alive *alive)
{
	size_t meta = alive->meta.n > 0 ? raw_size(alive->meta.n) : 1;

	return 2 + raw_size(4) + raw_size(alive->addr.n) + raw_size(11) +
	       number_size(alive->incarnation) + raw_size(4) + meta + raw_size(4) +
	       raw_size(strlen(alive->node)) + raw_size(4) + number_size(alive->port) + raw_size(3) +
	       raw_size(alive->vsn.n);
}

static size_t ping_size(const struct swim_ping *ping, bool indirect)
{
	size_t size = 2 + raw_size(4) + raw_size(strlen(ping->node)) + raw_size(5) +
		      number_size(ping->seq);

	if (ping->source_addr.n > 0)
		size += raw_size(10) + raw_size(ping->source_addr.n) + raw_size(10) +
			raw_size(strlen(ping->source_node)) + raw_size(10) +
			number_size(ping->source_port);
	if (indirect)
		size += raw_size(4) + 1 + raw_size(4) + number_size(ping->target_port) +
			raw_size(6) + raw_size(ping->target.n);
	return size;
}

size_t swim_gossip_size(const struct swim_msg *msg)
{
	switch (msg->kind) {
	case SWIM_PING:
	case SWIM_INDIRECT:
		return ping_size(&msg->ping, msg->kind == SWIM_INDIRECT);
	case SWIM_ACK:
		return 2 + raw_size(7) + 1 + raw_size(5) + number_size(msg->ack.seq);
	case SWIM_NACK:
		return 2 + raw_size(5) + number_size(msg->ack.seq);
	case SWIM_SUSPECT:
	case SWIM_DEAD:
		return claim_size(&msg->claim);
	case SWIM_ALIVE:
		return alive_size(&msg->alive);
	case SWIM_ERROR:
		break;
	}
	return 2 + raw_size(5) + raw_size(strlen(msg->error));
}

static const char *subject(const struct swim_msg *msg)
{
	return msg->kind == SWIM_ALIVE ? msg->alive.node : msg->claim.node;
}

static void drop(struct swim_gossip *g, size_t i)
{
	free(g->news[i]);
	g->news[i] = g->news[--g->n];
}

void swim_gossip_done(struct swim_gossip *g)
{
	while (g->n > 0)
		drop(g, g->n - 1);
	free(g->news);
	*g = (struct swim_gossip){ 0 };
}

void swim_gossip_put(struct swim_gossip *g, const struct swim_msg *msg)
{
	struct swim_news *news = mem_new(1, sizeof(*news));

	for (size_t i = 0; i < g->n; i++) {
		if (strcmp(subject(&g->news[i]->msg), subject(msg)) == 0) {
			drop(g, i);
			break;
		}
	}
	*news = (struct swim_news){ .msg = *msg,
				    .size = swim_gossip_size(msg),
				    .order = g->next_order++ };
	g->news = mem_grow(g->news, g->n, &g->cap, sizeof(struct swim_news *));
	g->news[g->n++] = news;
}

/* Is a to be told before b? */
static bool before(const struct swim_news *a, const struct swim_news *b)
{
	if (a->transmits != b->transmits)
		return a->transmits < b->transmits;
	if (a->size != b->size)
		return a->size > b->size;
	return a->order > b->order;
}

void swim_gossip_begin(struct swim_gossip *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->news[i]->taken = false;
}

bool swim_gossip_take(struct swim_gossip *g, size_t room, unsigned limit, struct swim_msg *out_msg)
{
	size_t best = g->n;

	for (size_t i = 0; i < g->n; i++) {
		if (g->news[i]->taken || g->news[i]->size > room)
			continue;
		if (best == g->n || before(g->news[i], g->news[best]))
			best = i;
	}
	if (best == g->n)
		return false;
	*out_msg = g->news[best]->msg;
	g->news[best]->taken = true;
	if (limit != SWIM_GOSSIP_UNCOUNTED && ++g->news[best]->transmits >= limit)
		drop(g, best);
	return true;
}

unsigned swim_gossip_limit(unsigned mult, size_t n_nodes)
{
	return mult * (unsigned)ceil(log10((double)(n_nodes + 1)));
}
