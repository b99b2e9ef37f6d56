/* world - see world.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdlib.h>

#include "tests/sim/check_start.h"
#include "tests/sim/check_stop.h"
#include "tests/sim/client.h"
#include "tests/sim/faults.h"
#include "tests/sim/net.h"
#include "tests/sim/oracle.h"
#include "tests/sim/speaker.h"

#define SAMPLE_MS   200
#define WAKES_PER_S 2000 /* more is a loop that has nothing to do and does not rest */

/* ---- the trace ---- */

static void stir(struct world *w, uint64_t v)
{
	w->hash = (w->hash ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	w->hash ^= w->hash >> 29;
}

void world_note(struct world *w, const char *what, unsigned host, uint64_t detail)
{
	stir(w, (uint64_t)w->now);
	stir(w, (uint64_t)what[0] << 56 | (uint64_t)what[1] << 48 | host);
	stir(w, detail);
}

void world_say(const struct world *w, const char *format, ...)
{
	va_list args;

	if (!w->trace)
		return;
	printf("%10.3f ", (double)w->now / NS_PER_S);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* ---- clocks ---- */

instant world_local(const struct host *h, instant t)
{
	return h->boot + t + t / 1000000 * h->ppm;
}

/* The first moment at which the host's clock shows `local` or more. */
static instant world_global(const struct host *h, instant local)
{
	instant t = local - h->boot;

	t -= t / (1000000 + h->ppm) * h->ppm;
	while (world_local(h, t) < local)
		t += 1000;
	return t;
}

/* ---- speakers ---- */

bool world_runs(const struct world *w, unsigned at)
{
	return w->host[at].speaker && !w->host[at].paused;
}

static void end_now(struct world *w, struct host *h)
{
	speaker_free(h->speaker);
	h->speaker = NULL;
	h->leaving = false;
	heap_remove(&w->events, &h->wake.due);
	heap_remove(&w->events, &h->agent.due);
	net_forget(w, h);
	oracle_on_end(w, h);
}

void world_settle(struct world *w, struct host *h)
{
	instant due;

	if (!h->speaker || h->paused)
		return;
	speaker_turn(h->speaker, world_local(h, w->now), w, h);
	if (h->leaving && speaker_has_left(h->speaker)) {
		end_now(w, h);
		return;
	}
	due = speaker_deadline(h->speaker);
	if (due == INSTANT_NEVER)
		heap_remove(&w->events, &h->wake.due);
	else
		heap_set(&w->events, &h->wake.due, due <= world_local(h, w->now) ? w->now + 1000
										   : world_global(h, due));
}

void world_ask_agent(struct world *w, struct host *h)
{
	if (h->agent.due.place == 0)
		heap_set(&w->events, &h->agent.due,
			 w->now + prng_between(&w->prng, 1, 300) * NS_PER_MS);
}

void world_start(struct world *w, struct host *h)
{
	if (h->speaker) /* it had its time to leave */
		end_now(w, h);
	h->generation++;
	h->speaker = speaker_new(w, h, world_local(h, w->now));
	h->last_run = w->now;
	world_ask_agent(w, h);
	oracle_on_start(w, h);
	world_settle(w, h);
}

void world_end(struct world *w, struct host *h, bool politely)
{
	if (!politely || !h->speaker || h->paused) {
		end_now(w, h);
		return;
	}
	h->leaving = true;
	speaker_stop(h->speaker, world_local(h, w->now));
	world_settle(w, h);
}

void world_resume(struct world *w, struct host *h)
{
	if (!h->speaker)
		return;
	oracle_on_resume(w, h, w->now - h->last_run);
	speaker_on_carrier(h->speaker, world_local(h, w->now), !h->carrier_out);
	if (h->no_agent)
		speaker_on_agent_gone(h->speaker);
	net_release(w, h);
	world_ask_agent(w, h);
	world_settle(w, h);
}

static void on_wake(struct world *w, struct host *h)
{
	if (h->paused || !h->speaker)
		return;
	world_note(w, "wake", h->at, 0);
	if (w->now / NS_PER_S != h->second)
		h->n_wake = 0;
	h->second = w->now / NS_PER_S;
	if (++h->n_wake > WAKES_PER_S)
		oracle_fail(w, "P16: node %u wakes more than %d times a second", h->at, WAKES_PER_S);
	h->last_run = w->now;
	world_settle(w, h);
}

static void on_agent(struct world *w, struct host *h)
{
	if (!h->speaker || h->no_agent || h->paused)
		return;
	world_note(w, "agent", h->at, 0);
	h->last_run = w->now;
	speaker_on_table(h->speaker, world_local(h, w->now), w);
	oracle_on_table(w, h);
	world_settle(w, h);
}

/* ---- the run ---- */

static void happen(struct world *w, struct event *event)
{
	switch (event->kind) {
	case EVENT_WAKE:
		on_wake(w, CONTAINER_OF(event, struct host, wake));
		break;
	case EVENT_DATAGRAM:
		net_on_datagram(w, CONTAINER_OF(event, struct parcel, event));
		break;
	case EVENT_FRAME:
		net_on_frame(w, CONTAINER_OF(event, struct parcel, event));
		break;
	case EVENT_STREAM:
		net_on_stream(w, CONTAINER_OF(event, struct stream, event));
		break;
	case EVENT_FAULT:
		faults_on_event(w, CONTAINER_OF(event, struct fault_event, event));
		break;
	case EVENT_AGENT:
		on_agent(w, CONTAINER_OF(event, struct host, agent));
		break;
	case EVENT_SAMPLE:
		oracle_sample(w);
		heap_set(&w->events, &event->due, w->now + SAMPLE_MS * NS_PER_MS);
		break;
	case EVENT_ASK:
		client_ask(w, CONTAINER_OF(event, struct client, ask));
		break;
	}
}

static void begin(struct world *w)
{
	for (unsigned i = 0; i < w->plan->n_node + WORLD_N_CLIENTS; i++) {
		struct host *h = &w->host[i];

		h->at = i;
		h->wake.kind = EVENT_WAKE;
		h->agent.kind = EVENT_AGENT;
		h->last_waiting = &h->first_waiting;
		h->ppm = prng_between(&w->prng, -500, 500);
		h->boot = prng_between(&w->prng, 1, 1000) * NS_PER_S;
	}
	w->loss = w->plan->loss;
	w->sample.kind = EVENT_SAMPLE;
	heap_set(&w->events, &w->sample.due, NS_PER_S);
	oracle_begin(w);
	for (unsigned i = 0; i < WORLD_N_CLIENTS; i++)
		client_start(w, i);
	faults_start(w);
	for (unsigned i = 0; i < w->plan->n_node; i++)
		world_start(w, &w->host[i]);
}

static void end(struct world *w)
{
	for (unsigned i = 0; i < w->plan->n_node; i++) {
		net_forget(w, &w->host[i]);
		speaker_free(w->host[i].speaker);
		heap_remove(&w->events, &w->host[i].wake.due);
		heap_remove(&w->events, &w->host[i].agent.due);
	}
	for (unsigned i = 0; i < WORLD_N_CLIENTS; i++)
		heap_remove(&w->events, &w->client[i].ask.due);
	for (size_t i = 0; i < w->plan->n_fault; i++)
		heap_remove(&w->events, &w->fault_event[i].event.due);
	heap_remove(&w->events, &w->sample.due);
	net_done(w);
	faults_done(w);
}

void world_run(const struct plan *plan, bool trace, struct outcome *out)
{
	struct world *w = mem_new(1, sizeof(*w));
	instant ends = plan->length_ms * NS_PER_MS;
	struct heap_node *first;

	w->plan = plan;
	w->trace = trace;
	w->prng = prng_seeded(plan->seed ^ UINT64_C(0x5eed));
	*out = (struct outcome){ 0 };
	begin(w);
	while (!w->failed && (first = heap_first(&w->events)) && first->due <= ends) {
		heap_remove(&w->events, first);
		w->now = first->due;
		w->n_event++;
		happen(w, CONTAINER_OF(first, struct event, due));
		check_start(w);
		check_stop(w);
	}
	oracle_end(w, out);
	stir(w, w->n_event);
	out->hash = w->hash;
	out->n_event = w->n_event;
	out->n_packet = w->n_packet;
	end(w);
	free(w);
}
