/* faults - see faults.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/faults.h"

#include <stdlib.h>

#include "tests/sim/net.h"
#include "tests/sim/oracle.h"

void faults_start(struct world *w)
{
	w->fault_event = mem_new(w->plan->n_fault + 1, sizeof(*w->fault_event));
	for (size_t i = 0; i < w->plan->n_fault; i++) {
		struct fault_event *f = &w->fault_event[i];

		f->event.kind = EVENT_FAULT;
		f->fault = &w->plan->fault[i];
		heap_set(&w->events, &f->event.due, f->fault->at_ms * NS_PER_MS);
	}
}

void faults_done(struct world *w)
{
	free(w->fault_event);
}

/* Counts faults that want the same: true at the first begin and the last end. */
static bool count(unsigned *counter, bool begin)
{
	*counter += begin ? 1u : -1u;
	return *counter == (begin ? 1 : 0);
}

static void set_down(struct world *w, struct host *h, bool begin, bool politely)
{
	if (!count(&h->down, begin))
		return;
	if (begin)
		world_end(w, h, politely);
	else
		world_start(w, h);
}

static void set_carrier(struct world *w, struct host *h, bool begin)
{
	if (!count(&h->carrier_out, begin) || !h->speaker || h->paused)
		return;
	speaker_on_carrier(h->speaker, world_local(h, w->now), !begin);
	world_settle(w, h);
}

static void set_agent(struct world *w, struct host *h, bool begin)
{
	if (!count(&h->no_agent, begin))
		return;
	if (begin && h->speaker && !h->paused)
		speaker_on_agent_gone(h->speaker);
	if (!begin)
		world_ask_agent(w, h);
}

static void ask_agents(struct world *w)
{
	for (unsigned i = 0; i < w->plan->n_node; i++)
		world_ask_agent(w, &w->host[i]);
}

static void split(struct world *w, bool begin, unsigned salt)
{
	w->n_partition += begin ? 1u : -1u;
	for (unsigned i = 0; i < w->plan->n_node; i++)
		w->side[i] = w->n_partition ? (uint8_t)(((i + 1) * 2654435761u * (salt | 1)) >> 31) : 0;
	w->side[w->plan->n_node] = 0; /* a client on each side */
	w->side[w->plan->n_node + 1] = w->n_partition ? 1 : 0;
}

static void replay(struct world *w, struct fault_event *f)
{
	net_replay(w, prng_next(&w->prng));
	heap_set(&w->events, &f->event.due, w->now + NS_PER_S / f->fault->amount);
}

static void to_node(struct world *w, const struct fault *f, bool begin)
{
	struct host *h = &w->host[f->node];

	switch (f->kind) {
	case FAULT_CRASH:
		count(&h->off, begin);
		set_down(w, h, begin, false);
		break;
	case FAULT_KILL:
	case FAULT_STOP:
		set_down(w, h, begin, f->kind == FAULT_STOP);
		break;
	case FAULT_PAUSE:
		if (count(&h->paused, begin) && !begin)
			world_resume(w, h);
		break;
	case FAULT_CARRIER:
		set_carrier(w, h, begin);
		break;
	case FAULT_BLACKHOLE:
		count(&h->blackhole, begin);
		break;
	case FAULT_DEAF:
		count(&h->deaf, begin);
		break;
	case FAULT_MUTE:
		count(&h->mute, begin);
		break;
	case FAULT_FIREWALL:
		count(&h->firewall, begin);
		break;
	case FAULT_SECRET: /* a secret is read at the start */
		set_down(w, h, true, false);
		count(&h->secret, begin);
		set_down(w, h, false, false);
		break;
	default:
		set_agent(w, h, begin);
		break;
	}
}

static void set_blind(struct world *w, unsigned from, unsigned to, unsigned one)
{
	w->blind[from][to] = (uint8_t)(w->blind[from][to] + one);
}

static void to_all(struct world *w, const struct fault *f, bool begin)
{
	unsigned change = begin ? f->amount : -f->amount, one = begin ? 1u : -1u;

	switch (f->kind) {
	case FAULT_BLIND:
		set_blind(w, f->node, f->other, one);
		if (f->amount > 0)
			set_blind(w, f->other, f->node, one);
		break;
	case FAULT_PARTITION:
		split(w, begin, f->amount);
		break;
	case FAULT_SILENCE:
		w->silence += one;
		break;
	case FAULT_LOSS:
		w->loss += change;
		break;
	case FAULT_BURSTS:
		w->bursts += change;
		break;
	case FAULT_CANDIDATE:
		w->no_candidate[f->other][f->node] =
			(uint8_t)(w->no_candidate[f->other][f->node] + one);
		ask_agents(w);
		break;
	case FAULT_WITHHELD:
		w->withheld[f->other] += one;
		ask_agents(w);
		break;
	case FAULT_GONE:
		w->gone[f->other] += one;
		ask_agents(w);
		break;
	default:
		break;
	}
}

static bool hits_node(enum fault_kind kind)
{
	return kind <= FAULT_MUTE || kind == FAULT_FIREWALL || kind == FAULT_SECRET ||
	       kind == FAULT_AGENT;
}

void faults_on_event(struct world *w, struct fault_event *f)
{
	instant ends = (f->fault->at_ms + f->fault->for_ms) * NS_PER_MS;
	bool begin = !f->active;

	if (f->active && w->now < ends) {
		replay(w, f);
		return;
	}
	f->active = begin;
	world_note(w, fault_word(f->fault->kind), f->fault->node, begin);
	world_say(w, "%s %s, node %u, other %u, amount %u", fault_word(f->fault->kind),
		  begin ? "begins" : "ends", f->fault->node, f->fault->other, f->fault->amount);
	if (hits_node(f->fault->kind))
		to_node(w, f->fault, begin);
	else
		to_all(w, f->fault, begin);
	oracle_on_fault(w, f->fault, begin);
	if (begin)
		heap_set(&w->events, &f->event.due, ends);
	if (begin && f->fault->kind == FAULT_REPLAY)
		heap_set(&w->events, &f->event.due, w->now + NS_PER_S / f->fault->amount);
}
