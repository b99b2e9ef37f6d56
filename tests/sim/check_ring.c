/* check_ring - see check_ring.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/check_ring.h"

#include <inttypes.h>
#include <string.h>

#include "tests/sim/limits.h"
#include "tests/sim/oracle.h"

#define RATE_WINDOW    (20 * NS_PER_S)
#define RATE_PER_S     5
#define SAMPLE_S       0.2
#define FORGOTTEN      (30 * NS_PER_S) /* after a death */
#define PARTED        (60 * NS_PER_S) /* so long one side may know of a death, and the other not */
#define LOSS_FOR_SURE  200 /* per mille: memberlist itself holds up to here */

static unsigned top_score(const struct world *w)
{
	unsigned top = 0;

	for (unsigned i = 0; i < w->plan->n_node; i++)
		if (oracle_is_well(w, i) && w->oracle->seen[i].score > top)
			top = w->oracle->seen[i].score;
	return top;
}

/* Node i has just stopped to believe in node j. Was that right? */
static void judge_death(struct world *w, unsigned i, unsigned j, const struct swim_members *members)
{
	struct oracle *o = w->oracle;
	char name[16];
	const struct swim_member *m;
	instant since = w->now - limits_refuted(w->plan->n_node, top_score(w));
	bool fresh = o->seen[i].started + 60 * NS_PER_S > w->now;

	speaker_name(j, name);
	m = swim_members_find(members, name);
	world_say(w, "node %u: node %u is %s", i, j, m && m->state == SWIM_STATE_DEAD ? "dead" : "gone");
	if (m && m->state == SWIM_STATE_DEAD && !oracle_is_lossy(w) &&
	    w->now < o->episode + limits_least(fresh ? 3 : members->n))
		oracle_fail(w, "P7: node %u declares node %u dead %.1f s after the trouble began: "
			    "suspicion lasts longer", i, j, (double)(w->now - o->episode) / NS_PER_S);
	/* Who was cut off comes back with old opinions, and spreads them until they are refuted. */
	if (!oracle_was_well(w, i, since) || !oracle_was_well(w, j, since) || o->ring_ended >= since ||
	    oracle_is_tangled(w))
		return;
	if (oracle_is_lossy(w)) {
		o->n_false_death += w->plan->loss <= PLAN_LOSS_LOW &&
				    o->false_death_at[j] + 30 * NS_PER_S < w->now;
		o->false_death_at[j] = w->now;
	} else {
		oracle_fail(w, "P7: node %u declares node %u dead, which has been well for %.1f s", i, j,
			    (double)(w->now - o->seen[j].free_since) / NS_PER_S);
	}
}

/* Of "node-N"; strtoul() would take a fiftieth of a run. */
static unsigned number_of(const char *name)
{
	unsigned n = 0;

	for (name += strlen("node-"); *name; name++)
		n = 10 * n + (unsigned)(*name - '0');
	return n;
}

/* Look through the eyes of node i, when it has heard something since the last time. */
static void look(struct world *w, unsigned i)
{
	struct seen *s = &w->oracle->seen[i];
	const struct swim_members *members = speaker_members(w->host[i].speaker);
	bool is_live[PLAN_MAX_NODES] = { false };

	if (!members)
		return;
	s->score = members->awareness;
	if (s->news == members->gossip.next_order && s->n_live > 0)
		return;
	s->news = members->gossip.next_order;
	s->n_live = 0;
	for (size_t k = 0; k < members->n; k++) {
		const struct swim_member *m = members->at[k];
		unsigned j = number_of(m->said.node);

		is_live[j] = m->state == SWIM_STATE_ALIVE || m->state == SWIM_STATE_SUSPECT;
		s->n_live += is_live[j];
		if (m->state == SWIM_STATE_SUSPECT)
			world_say(w, "node %u: node %u is suspect, confirmed %u times, score %u", i, j,
				  m->n_confirm, members->awareness);
	}
	for (unsigned j = 0; j < w->plan->n_node; j++)
		if (s->is_live[j] && !is_live[j])
			judge_death(w, i, j, members);
		else if (!s->is_live[j] && is_live[j])
			world_say(w, "node %u: node %u is alive", i, j);
	memcpy(s->is_live, is_live, sizeof(is_live));
	if (s->n_live > 1 || w->plan->n_node == 1)
		s->alone_since = INSTANT_NEVER;
	else if (s->alone_since == INSTANT_NEVER)
		s->alone_since = w->now;
}

/*
 * Speakers that are well on the smaller side of a partition. Who started amid the
 * troubles may never hear of one that was suspected by then: nobody is told of a
 * suspect that it does not know, as in memberlist.
 */
static unsigned n_voters(const struct world *w)
{
	unsigned n[2] = { 0, 0 };

	for (unsigned i = 0; i < w->plan->n_node; i++)
		n[w->side[i]] += oracle_is_well(w, i) && w->oracle->seen[i].started <= w->oracle->episode;
	return n[1] > 0 && n[1] < n[0] ? n[1] : n[0];
}

instant check_ring_limit(const struct world *w)
{
	unsigned n = n_voters(w), score = w->oracle->peak_score;
	/* Of the few transmissions of an accusation many go to those who are or were cut off. */
	bool is_parted = w->n_partition > 0 || w->now - w->oracle->global_free < PARTED;
	instant limit = limits_detection(w->plan->n_node, is_parted ? 1 : n, score);

	if (n <= 2)
		limit += limits_lonely(w->plan->n_node, score);
	return oracle_is_lossy(w) ? 3 * limit : limit;
}

/* Since when has node i heard nothing of node j, which is not there for it. */
static instant gone_since(const struct world *w, unsigned i, unsigned j)
{
	const struct seen *s = &w->oracle->seen[j];
	instant gone = s->hits > 0 ? s->hit_since : s->free_since, parted = w->oracle->parted;

	if (w->side[i] == w->side[j] || gone < parted)
		return gone;
	return s->hit_since > 0 && s->hit_since < parted && s->free_since > parted ? s->hit_since : parted;
}

/*
 * A packet of former times may bring back whom node i has forgotten or never met: memberlist, too,
 * knows no incarnation of those. It is probed, and declared dead again.
 */
static bool is_revived(const struct world *w, unsigned i, unsigned j, instant latest)
{
	const struct oracle *o = w->oracle;
	instant gone = gone_since(w, i, j);

	if (w->now - gone <= FORGOTTEN && o->seen[i].started <= gone)
		return false;
	return o->n_replay > 0 || (o->has_replayed && w->now - o->replayed < latest);
}

/* Long after the last change everybody knows who is there. */
static void check_views(struct world *w)
{
	const struct oracle *o = w->oracle;
	instant limit = check_ring_limit(w) + NS_PER_S;
	instant latest = limits_detection(w->plan->n_node, 1, o->peak_score) + NS_PER_S;

	if (w->now - o->ring_changed < limit || oracle_is_tangled(w) || w->silence || w->loss > LOSS_FOR_SURE ||
	    w->bursts > 0)
		return;
	for (unsigned i = 0; i < w->plan->n_node; i++) {
		bool late = w->now - o->seen[i].free_since < latest;

		if (!oracle_is_well(w, i) || !o->seen[i].has_table || w->now - o->seen[i].started < limit)
			continue;
		for (unsigned j = 0; j < w->plan->n_node; j++) {
			bool there = oracle_is_well(w, j) && w->side[i] == w->side[j];

			if (o->seen[i].is_live[j] == there)
				continue;
			/* For a moment, perhaps; or it missed what the others said. */
			if ((oracle_is_lossy(w) && there) || late || w->host[j].deaf)
				continue;
			if (there && (!o->seen[j].has_table || w->now - o->seen[j].started < limit))
				continue; /* without an agent it is not in the ring */
			if (!there && is_revived(w, i, j, latest))
				continue;
			oracle_fail(w, "P15: node %u believes node %u %s, %.1f s after the last fault",
				    i, j, there ? "dead" : "alive",
				    (double)(w->now - o->ring_changed) / NS_PER_S);
			return;
		}
	}
}

static void check_rates(struct world *w)
{
	struct oracle *o = w->oracle;
	instant calm = check_ring_limit(w) + 5 * NS_PER_S;

	if (o->n_active > 0 || o->changed + calm > w->now || oracle_is_lossy(w))
		o->window = w->now;
	if (o->window + RATE_WINDOW > w->now && o->window != w->now)
		return;
	for (unsigned i = 0; i < w->plan->n_node; i++) {
		uint64_t n = w->host[i].sent - o->seen[i].sent;

		o->seen[i].sent = w->host[i].sent;
		if (o->window != w->now && n > RATE_PER_S * RATE_WINDOW / NS_PER_S)
			oracle_fail(w, "P16: node %u sent %" PRIu64 " packets in 20 quiet seconds", i, n);
	}
	o->window = w->now;
}

void check_ring(struct world *w)
{
	for (unsigned i = 0; i < w->plan->n_node; i++) {
		if (!world_runs(w, i))
			continue;
		look(w, i);
		if (w->plan->loss > 0 && w->plan->loss <= PLAN_LOSS_LOW && oracle_is_well(w, i))
			w->oracle->node_seconds += SAMPLE_S;
	}
	if (top_score(w) > w->oracle->peak_score)
		w->oracle->peak_score = top_score(w);
	if (!w->failed)
		check_views(w);
	if (!w->failed)
		check_rates(w);
}
