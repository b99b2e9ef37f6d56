/* net - see net.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/wire/arp.h"
#include "tests/sim/client.h"
#include "tests/sim/oracle.h"

#define WAITING_MAX 512      /* packets in the socket buffers of a paused host */
#define RECORDED_MAX 512
#define RECORD_EVERY 7       /* packets, when the record is not full */
#define SYN_RETRY_MS 1000
#define LEAST_STATE  80 /* bytes: a push/pull; a ping or its answer is shorter */

bool world_is_open(const struct world *w, unsigned from, unsigned to, bool gossip)
{
	const struct host *a = &w->host[from], *b = &w->host[to];

	if (w->silence || w->side[from] != w->side[to] || a->off || b->off || a->carrier_out ||
	    b->carrier_out || a->blackhole || b->blackhole || a->mute || b->deaf)
		return false;
	if (gossip && (a->firewall || b->firewall))
		return false;
	return !(world_is_speaker(w, from) && world_is_speaker(w, to) && w->blind[from][to]);
}

/* One throw of the dice for a packet that arrives at `to`. */
static bool is_lost(struct world *w, unsigned to, uint64_t dice)
{
	struct host *h = &w->host[to];

	if (w->loss && (dice & 0xffff) * 1000 < (uint64_t)w->loss * 65536)
		return true;
	if (w->bursts) { /* ten packets long, and as rare as the mean asks for */
		uint64_t turn = dice >> 16 & 0xffff;

		h->burst = h->burst ? turn >= 6554 : turn * 10000 < (uint64_t)w->bursts * 65536;
	}
	return w->bursts && h->burst;
}

struct parcel *net_parcel(struct world *w)
{
	struct parcel *p = w->spare;

	if (p)
		w->spare = p->next;
	else
		p = mem_new(1, sizeof(*p));
	p->event = (struct event){ 0 };
	p->next = NULL;
	return p;
}

static void drop(struct world *w, struct parcel *p)
{
	p->next = w->spare;
	w->spare = p;
}

static void schedule(struct world *w, struct event *event, enum event_kind kind, instant due)
{
	event->kind = kind;
	heap_set(&w->events, &event->due, due);
}

/* 0.1 to 0.4 ms, and one in 200 up to 50 ms late, behind what was sent after it. */
static instant delay(uint64_t dice)
{
	instant d = 100000 + (instant)(dice >> 32 & 0x3ffff);

	return dice >> 50 < 82 ? d + (instant)(dice >> 24 & 0x3ffffff) * 3 / 4 : d;
}

static struct parcel *copy(struct world *w, const struct parcel *p)
{
	struct parcel *c = net_parcel(w);

	c->from = p->from;
	c->to = p->to;
	c->n = p->n;
	memcpy(c->bytes, p->bytes, p->n);
	return c;
}

/* What never came to the LAN, nobody there can record. */
static void record(struct world *w, const struct parcel *p)
{
	struct parcel *c;

	if (w->n_packet % RECORD_EVERY != 0 || w->n_recorded >= RECORDED_MAX ||
	    !world_is_open(w, p->from, p->to, true))
		return;
	c = copy(w, p);
	c->next = w->recorded;
	w->recorded = c;
	w->n_recorded++;
}

static void send(struct world *w, struct parcel *p)
{
	uint64_t dice = prng_next(&w->prng);

	if (!world_is_open(w, p->from, p->to, true) || is_lost(w, p->to, dice)) {
		drop(w, p);
		return;
	}
	if (dice >> 40 % 512 == 0) { /* twice, and not together */
		struct parcel *twin = copy(w, p);

		schedule(w, &twin->event, EVENT_DATAGRAM, w->now + 2 * delay(prng_next(&w->prng)));
	}
	schedule(w, &p->event, EVENT_DATAGRAM, w->now + delay(prng_next(&w->prng)));
}

void speaker_wants_datagram(struct world *w, struct host *h, unsigned to, struct parcel *p)
{
	p->from = h->at;
	p->to = to;
	h->sent++;
	w->n_packet++;
	record(w, p);
	send(w, p);
}

void net_replay(struct world *w, uint64_t which)
{
	struct parcel *p = w->recorded;

	if (w->n_recorded == 0)
		return;
	for (which %= w->n_recorded; which > 0; which--)
		p = p->next;
	send(w, copy(w, p));
}

static void hold(struct world *w, struct host *h, struct parcel *p)
{
	if (h->n_waiting >= WAITING_MAX) {
		drop(w, p);
		return;
	}
	h->n_waiting++;
	p->next = NULL;
	*h->last_waiting = p;
	h->last_waiting = &p->next;
}

static void hand_over(struct world *w, struct host *h, const struct parcel *p)
{
	instant now = world_local(h, w->now);

	uint8_t reply[ARP_FRAME_BYTES];

	if (p->event.kind != EVENT_FRAME)
		speaker_on_datagram(h->speaker, now, p->from, p);
	else if (speaker_on_frame(h->speaker, now, p->bytes, p->n, reply))
		speaker_wants_frame(w, h, reply);
	h->last_run = w->now;
}

void net_on_datagram(struct world *w, struct parcel *p)
{
	struct host *h = &w->host[p->to];

	if (!h->speaker || h->off) {
		drop(w, p);
		return;
	}
	if (h->paused) {
		hold(w, h, p);
		return;
	}
	world_note(w, "datagram", p->to, p->from | (uint64_t)p->n << 32);
	hand_over(w, h, p);
	drop(w, p);
	world_settle(w, h);
}

/* ---- frames ---- */

void net_send_frame(struct world *w, unsigned from, const uint8_t *bytes)
{
	struct parcel *p = net_parcel(w);

	p->from = from;
	p->n = ARP_FRAME_BYTES;
	memcpy(p->bytes, bytes, p->n);
	schedule(w, &p->event, EVENT_FRAME, w->now + 50000 + (instant)(prng_next(&w->prng) & 0x1ffff));
}

void speaker_wants_frame(struct world *w, struct host *h, const uint8_t *bytes)
{
	oracle_on_frame(w, h, bytes);
	net_send_frame(w, h->at, bytes);
}

static void frame_to_speaker(struct world *w, struct host *h, const struct parcel *p)
{
	if (!h->speaker)
		return;
	if (h->paused) {
		struct parcel *c = copy(w, p);

		c->event.kind = EVENT_FRAME;
		hold(w, h, c);
		return;
	}
	hand_over(w, h, p);
	world_settle(w, h);
}

/* A switch knows the port of a unicast address: speakers send from nowhere but their own. */
void net_on_frame(struct world *w, struct parcel *p)
{
	unsigned n_host = w->plan->n_node + WORLD_N_CLIENTS;
	bool broadcast = memcmp(p->bytes, arp_broadcast, 6) == 0;
	int only = broadcast ? -1 : speaker_host_of(p->bytes);

	world_note(w, "frame", p->from, p->bytes[5]);
	for (unsigned i = 0; i < n_host; i++) {
		if (i == p->from || (!broadcast && (int)i != only) || !world_is_open(w, p->from, i, false))
			continue;
		if ((w->loss || w->bursts) && is_lost(w, i, prng_next(&w->prng)))
			continue;
		if (world_is_speaker(w, i))
			frame_to_speaker(w, &w->host[i], p);
		else
			client_on_frame(w, i - w->plan->n_node, p->bytes, p->n);
	}
	drop(w, p);
}

/* ---- streams ---- */

static void end_stream(struct stream *s)
{
	free(s->bytes);
	free(s);
}

void speaker_wants_stream(struct world *w, struct host *h, const struct stream_wish *wish)
{
	struct stream *s = mem_new(1, sizeof(*s));

	s->from = h->at;
	s->to = wish->to;
	s->generation = h->generation;
	s->id = wish->id;
	s->opened = w->now;
	s->ends = w->now + wish->timeout_ms * NS_PER_MS;
	s->n = wish->n;
	s->bytes = mem_new(wish->n, 1);
	memcpy(s->bytes, wish->bytes, wish->n);
	/* connect, accept, data: one and a half round trips */
	schedule(w, &s->event, EVENT_STREAM, w->now + 3 * delay(prng_next(&w->prng) & 0x3ffffffffffff));
}

static void give_back(struct world *w, struct stream *s)
{
	struct host *h = &w->host[s->from];

	if (h->speaker && h->generation == s->generation) {
		if (h->paused) {
			s->next = h->waiting_stream;
			h->waiting_stream = s;
			return;
		}
		if (s->n > LEAST_STATE)
			oracle_on_state(w, h, s->opened);
		speaker_on_answer(h->speaker, world_local(h, w->now),
				  (struct stream_wish){ s->id, s->to, 0, s->bytes, s->n });
		h->last_run = w->now;
		world_settle(w, h);
	}
	end_stream(s);
}

static void serve(struct world *w, struct stream *s)
{
	struct host *h = &w->host[s->to];
	struct stream_wish request = { .to = s->from, .bytes = s->bytes, .n = s->n };
	uint8_t *answer = NULL;
	size_t n = 0;

	if (h->speaker)
		answer = speaker_on_request(h->speaker, world_local(h, w->now), request, &n);
	free(s->bytes);
	s->bytes = answer;
	s->n = n;
	s->back = true;
	schedule(w, &s->event, EVENT_STREAM, w->now + delay(prng_next(&w->prng) & 0x3ffffffffffff));
	if (h->speaker) {
		h->last_run = w->now;
		world_settle(w, h);
	}
}

void net_on_stream(struct world *w, struct stream *s)
{
	unsigned to = s->back ? s->from : s->to, from = s->back ? s->to : s->from;
	bool open = world_is_open(w, from, to, true) && world_is_open(w, to, from, true);

	world_say(w, "stream %s%u, %zu bytes%s", s->back ? "back to " : "to ", to, s->n, open ? "" : ", waits");
	world_note(w, "stream", to, from | (uint64_t)s->n << 32);
	if (w->now >= s->ends) { /* too late for whoever opened it */
		free(s->bytes);
		s->bytes = NULL;
		s->n = 0;
		give_back(w, s);
	} else if (!open || is_lost(w, to, prng_next(&w->prng))) { /* again, each time later */
		instant later = w->now + (SYN_RETRY_MS << (s->tries < 6 ? s->tries++ : 6)) * NS_PER_MS;

		schedule(w, &s->event, EVENT_STREAM, instant_min(later, s->ends));
	} else if (s->back) {
		give_back(w, s);
	} else if (w->host[s->to].paused) { /* the kernel accepts, the process answers later */
		schedule(w, &s->event, EVENT_STREAM, instant_min(w->now + 100 * NS_PER_MS, s->ends));
	} else {
		serve(w, s);
	}
}

/* ---- pauses ---- */

void net_release(struct world *w, struct host *h)
{
	struct parcel *p = h->first_waiting;
	struct stream *s = h->waiting_stream;

	h->first_waiting = NULL;
	h->last_waiting = &h->first_waiting;
	h->n_waiting = 0;
	h->waiting_stream = NULL;
	while (p) {
		struct parcel *next = p->next;

		hand_over(w, h, p);
		drop(w, p);
		p = next;
	}
	while (s) {
		struct stream *next = s->next;

		s->next = NULL;
		give_back(w, s);
		s = next;
	}
}

void net_forget(struct world *w, struct host *h)
{
	while (h->first_waiting) {
		struct parcel *p = h->first_waiting;

		h->first_waiting = p->next;
		drop(w, p);
	}
	while (h->waiting_stream) {
		struct stream *s = h->waiting_stream;

		h->waiting_stream = s->next;
		end_stream(s);
	}
	h->last_waiting = &h->first_waiting;
	h->n_waiting = 0;
}

void net_done(struct world *w)
{
	struct heap_node *first;

	while ((first = heap_first(&w->events))) {
		struct event *event = CONTAINER_OF(first, struct event, due);

		heap_remove(&w->events, first);
		if (event->kind == EVENT_DATAGRAM || event->kind == EVENT_FRAME)
			free(event); /* each is the first member of its struct */
		else if (event->kind == EVENT_STREAM)
			end_stream((struct stream *)event);
	}
	for (struct parcel *p = w->spare, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	for (struct parcel *p = w->recorded, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	heap_done(&w->events);
}
