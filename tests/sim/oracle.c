/* oracle - see oracle.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/oracle.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/wire/arp.h"
#include "tests/sim/check_owners.h"
#include "tests/sim/check_ring.h"
#include "tests/sim/check_stop.h"
#include "tests/sim/limits.h"

#define CLAIM_RESTS  (30 * NS_PER_S) /* of a speaker that is cut off, until the clients ask again */
#define SILENT_AFTER (3 * NS_PER_S) /* a gap of the loop */


void oracle_fail(struct world *w, const char *format, ...)
{
	struct oracle *o = w->oracle;
	va_list args;
	int n;

	if (w->failed)
		return;
	w->failed = true;
	n = snprintf(o->why, sizeof(o->why), "at %.3f: ", (double)w->now / NS_PER_S);
	va_start(args, format);
	vsnprintf(o->why + n, sizeof(o->why) - (size_t)n, format, args);
	va_end(args);
	world_say(w, "FAILED %s", o->why);
}

void oracle_begin(struct world *w)
{
	struct oracle *o = mem_new(1, sizeof(*o));

	w->oracle = o;
	for (unsigned v = 0; v < w->plan->n_address; v++)
		for (unsigned side = 0; side < 2; side++)
			o->held[v][side] = (struct held){ INSTANT_NEVER, INSTANT_NEVER, 0, -1, 0, 0, -1 };
}

void oracle_end(struct world *w, struct outcome *out)
{
	struct oracle *o = w->oracle;

	memcpy(out->why, o->why, sizeof(out->why));
	out->n_false_death = o->n_false_death;
	out->n_handover = o->n_handover;
	out->node_hours = o->node_seconds / 3600;
	free(o);
}

/* ---- what happened ---- */

void oracle_on_start(struct world *w, const struct host *h)
{
	struct seen *s = &w->oracle->seen[h->at];
	unsigned hits = s->hits;

	*s = (struct seen){ .hits = hits, .free_since = w->now, .started = w->now, .sent = h->sent,
			    .alone_since = INSTANT_NEVER };
}

void oracle_on_end(struct world *w, const struct host *h)
{
	struct seen *s = &w->oracle->seen[h->at];

	s->has_table = s->silent = false;
	memset(s->answers, 0, sizeof(s->answers));
}

void oracle_on_resume(struct world *w, const struct host *h, instant paused_for)
{
	struct seen *s = &w->oracle->seen[h->at];

	/* One that was started meanwhile held nothing, and sees no gap. */
	if (paused_for <= SILENT_AFTER + 50 * NS_PER_MS || s->started >= w->now - paused_for)
		return;
	s->silent = true;
	s->silent_since = w->now;
}

void oracle_on_state(struct world *w, const struct host *h, instant opened)
{
	struct seen *s = &w->oracle->seen[h->at];

	if (opened >= s->silent_since)
		s->silent = false;
}

void oracle_on_table(struct world *w, const struct host *h)
{
	struct seen *s = &w->oracle->seen[h->at];

	if (!s->has_table)
		s->started = w->now; /* into the ring */
	s->has_table = true;
}

/* Which of the two kinds of trouble: with a node, or with all. */
static bool is_of_node(enum fault_kind kind)
{
	return kind <= FAULT_MUTE || kind == FAULT_FIREWALL || kind == FAULT_SECRET;
}

static bool is_of_lan(enum fault_kind kind)
{
	return kind == FAULT_PARTITION || kind == FAULT_SILENCE || kind == FAULT_LOSS ||
	       kind == FAULT_BURSTS;
}

static bool is_of_table(enum fault_kind kind)
{
	return kind == FAULT_CANDIDATE || kind == FAULT_WITHHELD || kind == FAULT_GONE;
}

static void count_ring_fault(struct world *w, const struct fault *f, unsigned one)
{
	struct oracle *o = w->oracle;
	instant calm = limits_detection(w->plan->n_node, 1, 7) + limits_refuted(w->plan->n_node, 7);

	if (o->n_active == 0 && w->now - o->ring_changed > calm)
		o->episode = w->now;
	o->n_active += one;
	o->ring_changed = w->now;
	o->peak_score = 0;
	if (one != 1)
		o->ring_ended = w->now;
	for (unsigned v = 0; f->kind == FAULT_PARTITION && one != 1 && v < w->plan->n_address; v++)
		if (o->held[v][0].n == 1 && o->held[v][1].n == 1)
			o->held[v][0].healed = w->now;
	if (is_of_lan(f->kind)) {
		o->n_global += one;
		o->global_free = w->now;
	} else if (f->kind == FAULT_BLIND) {
		o->n_blind += one;
		o->blind_free = w->now;
	} else {
		if (o->seen[f->node].hits == 0)
			o->seen[f->node].hit_since = w->now;
		o->seen[f->node].hits += one;
		o->seen[f->node].free_since = w->now;
	}
}

void oracle_on_fault(struct world *w, const struct fault *f, bool begin)
{
	struct oracle *o = w->oracle;
	unsigned one = begin ? 1u : -1u;
	instant calm = w->now - o->changed;

	o->changed = w->now;
	if (is_of_node(f->kind) || is_of_lan(f->kind) || f->kind == FAULT_BLIND)
		count_ring_fault(w, f, one);
	if (is_of_table(f->kind)) {
		o->n_tables += one;
		o->table_changed = w->now;
	}
	if (f->kind == FAULT_PARTITION && begin)
		o->parted = w->now;
	if (f->kind == FAULT_FIREWALL)
		o->n_firewall += one;
	if (f->kind == FAULT_SECRET) {
		if (o->n_secret + one > 1 || o->n_secret > 1)
			o->secrets_met = w->now;
		o->n_secret += one;
	}
	if (f->kind == FAULT_REPLAY) {
		o->n_replay += one;
		o->has_replayed = true;
		o->replayed = w->now;
	}
	if (f->kind == FAULT_AGENT && begin && o->n_agents == 0)
		o->agent_gone = w->now;
	if (f->kind == FAULT_AGENT)
		o->n_agents += one;
	if (f->kind == FAULT_STOP && begin)
		check_stop_begin(w, f->node, calm);
	if (o->n_agents > 0 || f->kind == FAULT_AGENT)
		o->torn_until = w->now + 2 * NS_PER_S;
}

static int address_in(const struct world *w, const struct arp_msg *msg)
{
	for (unsigned v = 0; v < w->plan->n_address; v++) {
		struct ip ip = speaker_address(v);

		if (memcmp(ip.byte, msg->tpa, 4) == 0 || memcmp(ip.byte, msg->spa, 4) == 0)
			return (int)v;
	}
	return -1;
}

void oracle_on_frame(struct world *w, const struct host *h, const uint8_t *bytes)
{
	struct seen *s = &w->oracle->seen[h->at];
	static const uint8_t nobody[4];
	struct arp_msg msg;
	uint8_t mac[6];
	int v;

	CHECK(arp_decode(bytes, ARP_FRAME_BYTES, &msg) == 0);
	speaker_mac(h->at, mac);
	v = address_in(w, &msg);
	if (memcmp(msg.eth_src, mac, 6) != 0)
		oracle_fail(w, "node %u sends from a MAC that is not its own: the switch would learn it",
			    h->at);
	if (v < 0)
		return;
	if (memcmp(msg.spa, msg.tpa, 4) == 0) {
		struct held *held = &w->oracle->held[v][w->side[h->at]];

		world_say(w, "address %d: node %u announces it", v, h->at);
		if (held->owner != (int)h->at)
			held->claimed = w->now + (oracle_is_well(w, h->at) ? 0 : CLAIM_RESTS);
	}
	if (msg.op == ARP_REQUEST && memcmp(msg.spa, nobody, 4) == 0) {
		world_say(w, "address %d: node %u probes for it", v, h->at);
		memmove(s->probed[v] + 1, s->probed[v], (ORACLE_PROBES - 1) * sizeof(instant));
		s->probed[v][0] = w->now;
	} else if (s->silent) {
		check_silence(w, h->at, (unsigned)v);
	}
}

/* ---- what it knows ---- */

bool oracle_is_well(const struct world *w, unsigned at)
{
	return world_runs(w, at) && w->oracle->seen[at].hits == 0;
}

bool oracle_was_well(const struct world *w, unsigned at, instant since)
{
	const struct oracle *o = w->oracle;

	return oracle_is_well(w, at) && o->seen[at].free_since < since && o->n_global == 0 &&
	       o->global_free < since;
}

bool oracle_has_two_rings(const struct world *w)
{
	return w->oracle->n_secret > 0 && w->oracle->secrets_met > 0;
}

bool oracle_is_tangled(const struct world *w)
{
	const struct oracle *o = w->oracle;

	if (oracle_has_two_rings(w))
		return true;
	return o->n_blind > 0 && (o->n_active > 1 || w->plan->n_node < 4);
}

bool oracle_is_lossy(const struct world *w)
{
	return w->loss > 0 || w->bursts > 0;
}

unsigned oracle_n_answering(const struct world *w, unsigned v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->plan->n_node; i++)
		n += w->host[i].speaker && speaker_answers(w->host[i].speaker, world_local(&w->host[i], w->now), v);
	return n;
}

void oracle_sample(struct world *w)
{
	check_ring(w);
	if (!w->failed)
		check_owners(w);
}
