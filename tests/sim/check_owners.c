/* check_owners - see check_owners.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/check_owners.h"

#include "tests/sim/check_ring.h"
#include "tests/sim/oracle.h"

#define TWO_LIMIT    (2 * NS_PER_S)  /* of two answering, since the last fault */
#define MEET_LIMIT   (2 * NS_PER_S)  /* for the first packet to cross after a fault */
#define PROBE_LIMIT  (40 * NS_PER_S) /* when only the next probe, or offers in vain, tell of the second */
#define NONE_LIMIT   (NS_PER_S)      /* of nobody answering while nothing is wrong */
#define TAKE_LIMIT   (2 * NS_PER_S)  /* beyond the detection */
#define TABLE_LIMIT  (3 * NS_PER_S)  /* after a change of the tables */
#define HEALTH       (31 * NS_PER_S) /* of a speaker before it takes what others could have */
#define CACHE_LIMIT  (3 * NS_PER_S)  /* for a gratuitous frame to set a client right */
#define CLIENT_ASKS  (30 * NS_PER_S) /* the lazier one */
#define PROBES_LIMIT (10 * NS_PER_S) /* in which a lonely speaker's probes must lie */
#define LOCKED_LIMIT (5 * NS_PER_S)  /* with a wrong secret, until it has noticed */
#define ALONE_LIMIT  (NS_PER_S)      /* alone for so long: nobody can have handed it an address */
#define LONELY_AFTER (5 * NS_PER_S)  /* without a peer after a gap: the rules of a lonely one */

/* Could this speaker hold the address, as far as the tables go. */
static bool may_hold(const struct world *w, unsigned at, unsigned v)
{
	return oracle_is_well(w, at) && w->oracle->seen[at].has_table && !w->no_candidate[v][at];
}

/* One that started and meets only a wrong secret cannot know whose is wrong. */
bool check_owners_wants(const struct world *w, unsigned v, unsigned side)
{
	unsigned n_well = 0, n_may = 0;

	if (w->withheld[v] || w->gone[v])
		return false;
	for (unsigned i = 0; i < w->plan->n_node; i++) {
		n_well += w->side[i] == side && oracle_is_well(w, i);
		n_may += w->side[i] == side && may_hold(w, i, v);
	}
	return n_may > 0 && (n_well > 1 || w->oracle->n_secret == 0);
}

/* The ring does not see them, so each may answer by the rules of a lonely one. */
static unsigned n_blocked(const struct world *w, unsigned side, unsigned v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->plan->n_node && !w->withheld[v] && !w->gone[v]; i++)
		n += w->side[i] == side && w->host[i].firewall && world_runs(w, i) &&
		     !w->no_candidate[v][i];
	return n;
}

/* Three probes, and the last few seconds only. */
static bool has_probed(const struct world *w, unsigned at, unsigned v)
{
	return w->oracle->seen[at].probed[v][ORACLE_PROBES - 1] > w->now - PROBES_LIMIT &&
	       w->oracle->seen[at].probed[v][ORACLE_PROBES - 1] > 0;
}

void check_silence(struct world *w, unsigned at, unsigned v)
{
	struct seen *s = &w->oracle->seen[at];
	const struct swim_members *members = speaker_members(w->host[at].speaker);

	/* Later it may take by the rules of a lonely one, or be given by others that it hears. */
	if (w->now - s->silent_since > LONELY_AFTER &&
	    (has_probed(w, at, v) || !members || swim_members_n_live(members) > 1)) {
		s->silent = false;
		return;
	}
	oracle_fail(w, "P8: node %u answers for address %u, %.1f s after a gap of its loop and before a "
		    "push/pull", at, v, (double)(w->now - s->silent_since) / NS_PER_S);
}

static void on_take(struct world *w, unsigned at, unsigned v)
{
	struct seen *s = &w->oracle->seen[at];

	world_say(w, "address %u: node %u takes it", v, at);
	s->answers_since[v] = w->now;
	if (s->alone_since < w->now - ALONE_LIMIT && !has_probed(w, at, v))
		oracle_fail(w, "P10: node %u, alone, takes address %u without three probes", at, v);
}

/* It has met the others for so long that it knows that its secret is wrong. */
static bool knows_better(const struct world *w, unsigned at)
{
	const struct oracle *o = w->oracle;
	unsigned n = 0;

	for (unsigned i = 0; i < w->plan->n_node; i++)
		n += oracle_is_well(w, i) && w->side[i] == w->side[at];
	return n > 0 && o->n_secret == 1 && o->secrets_met < o->seen[at].started &&
	       o->seen[at].hits == 1 && !w->silence && !oracle_is_lossy(w) &&
	       w->now - o->ring_changed > LOCKED_LIMIT;
}

static void look(struct world *w, unsigned at)
{
	struct seen *s = &w->oracle->seen[at];
	struct host *h = &w->host[at];

	if (h->paused && h->speaker) /* it would, and does when it goes on */
		return;
	for (unsigned v = 0; v < w->plan->n_address; v++) {
		bool answers = h->speaker &&
			       speaker_answers(h->speaker, world_local(h, w->now), v);

		if (answers && !s->answers[v])
			on_take(w, at, v);
		if (!answers && s->answers[v])
			world_say(w, "address %u: node %u lets it go", v, at);
		if (answers && w->host[at].secret && knows_better(w, at))
			oracle_fail(w, "P12: node %u answers for address %u with a secret of its own", at, v);
		if (answers && s->silent)
			check_silence(w, at, v);
		s->answers[v] = answers;
	}
}

/* Heard on the LAN of this side: leaves out who is cut off from it. */
static bool is_heard(const struct world *w, unsigned at, unsigned side)
{
	const struct host *h = &w->host[at];

	return w->side[at] == side && !h->paused && !h->carrier_out && !h->blackhole && !h->mute && !h->deaf;
}

static void check_two(struct world *w, unsigned v, struct held *held, unsigned n)
{
	instant since = held->two_since > w->oracle->changed ? held->two_since : w->oracle->changed;
	bool is_cut = oracle_is_lossy(w) || w->oracle->n_firewall > 0 || w->oracle->n_blind > 0;
	instant limit = is_cut ? PROBE_LIMIT : TWO_LIMIT;

	if (since < w->oracle->changed + NS_PER_S)
		limit += MEET_LIMIT;
	if (n < 2) {
		held->two_since = INSTANT_NEVER;
		return;
	}
	if (held->two_since == INSTANT_NEVER)
		held->two_since = w->now;
	if (!oracle_is_tangled(w) && w->now - since > limit && held->two_since != w->now)
		oracle_fail(w, "P11: %u nodes answer for address %u since %.1f s, %.1f s after the last "
			    "fault", n, v, (double)(w->now - held->two_since) / NS_PER_S,
			    (double)(w->now - w->oracle->changed) / NS_PER_S);
}

/* Neither the ring nor the tables have changed for so long that all must be right. */
static bool is_settled(const struct world *w)
{
	const struct oracle *o = w->oracle;

	return w->now - o->ring_changed > check_ring_limit(w) + TAKE_LIMIT &&
	       w->now - o->table_changed > TABLE_LIMIT && o->torn_until < w->now &&
	       (o->n_agents == 0 || o->table_changed < o->agent_gone) &&
	       !oracle_is_tangled(w) && !w->silence && w->bursts == 0 && w->loss <= 100;
}

static void check_one(struct world *w, unsigned v, struct held *held, unsigned side, unsigned n)
{
	bool may_be_two = w->oracle->n_firewall > 0 || w->oracle->n_blind > 0; /* P11 says for how long */
	/* One with a wrong secret that meets nobody cannot know that it is wrong. */
	bool fine = !check_owners_wants(w, v, side) ? n <= n_blocked(w, side, v) || w->oracle->n_secret > 0 :
						      n == 1 || (n > 1 && may_be_two);
	instant limit = oracle_is_lossy(w) ? 10 * NONE_LIMIT : NONE_LIMIT;

	if (w->oracle->n_blind > 0) /* the word that it was given up is lost: a second and three probes */
		limit += NONE_LIMIT;
	if (fine)
		held->bad_since = INSTANT_NEVER;
	else if (held->bad_since == INSTANT_NEVER)
		held->bad_since = w->now;
	if (!fine && is_settled(w) && w->now - held->bad_since > limit)
		oracle_fail(w, "P2: %u nodes answer for address %u on side %u, %.1f s after the last "
			    "fault", n, v, side, (double)(w->now - w->oracle->changed) / NS_PER_S);
}

/* Did anything happen that may move an address from one to the other? */
static bool has_cause(const struct world *w, unsigned from, unsigned to)
{
	const struct oracle *o = w->oracle;
	instant since = w->now - HEALTH - 3 * check_ring_limit(w);

	return !oracle_was_well(w, from, since) || !oracle_was_well(w, to, since) ||
	       o->table_changed > since || o->ring_ended > since || oracle_is_tangled(w) ||
	       oracle_is_lossy(w);
}

static void check_move(struct world *w, unsigned v, struct held *held, unsigned owner)
{
	if (held->owner == (int)owner)
		return;
	if (held->owner >= 0 && !has_cause(w, (unsigned)held->owner, owner))
		oracle_fail(w, "P7: address %u moves from node %d to node %u, and nothing happened to "
			    "either", v, held->owner, owner);
	held->owner = (int)owner;
	held->moved = w->now;
}

/* It took the address in a silence, and is alone: nobody is there to tell it that the silence is over. */
static bool is_unheard(const struct world *w, unsigned owner, unsigned v)
{
	const struct seen *s = &w->oracle->seen[owner];

	return s->answers_since[v] < w->oracle->global_free && s->alone_since != INSTANT_NEVER;
}

/* Gratuitous frames have reached the client on this side. */
static void check_cache(struct world *w, unsigned v, struct held *held, unsigned side)
{
	const struct oracle *o = w->oracle;
	const struct client *c = &w->client[side];
	instant limit = (oracle_is_lossy(w) ? 10 : 1) * (TWO_LIMIT + CACHE_LIMIT);
	instant since = held->moved > o->changed ? held->moved : o->changed;

	if (held->claimed > since)
		since = held->claimed;
	if (o->seen[held->owner].free_since + CLIENT_ASKS > since) /* it may have missed a claim */
		since = o->seen[held->owner].free_since + CLIENT_ASKS;
	if (o->blind_free + CLIENT_ASKS > since)
		since = o->blind_free + CLIENT_ASKS;
	if (o->n_blind > 0 || o->n_firewall > 0) /* it did not hear the other's last frames, or does not know it */
		since += CLIENT_ASKS;
	if (held->moved < o->global_free && held->healed != o->global_free)
		return; /* it was not there to hear */
	if (w->n_partition > 0 && o->seen[held->owner].answers_since[v] < o->global_free)
		return; /* parted anew, with other sides */
	if (oracle_has_two_rings(w) || is_unheard(w, (unsigned)held->owner, v))
		return;
	if (w->n_partition == 0 && side == 0)
		check_cache(w, v, held, 1); /* both clients are on the one side */
	if (w->now - since > limit && !w->silence && w->bursts == 0 && c->cache[v] >= 0 &&
	    c->cache[v] != held->owner)
		oracle_fail(w, "P11: client %u sends to node %d for address %u, which node %d has for "
			    "%.1f s", side, c->cache[v], v, held->owner,
			    (double)(w->now - held->moved) / NS_PER_S);
}

static void check_address(struct world *w, unsigned v, unsigned side)
{
	struct held *held = &w->oracle->held[v][side];
	unsigned n = 0, owner = 0;

	for (unsigned i = 0; i < w->plan->n_node; i++) {
		if (w->oracle->seen[i].answers[v] && is_heard(w, i, side)) {
			n++;
			owner = i;
		}
	}
	held->n = n;
	check_two(w, v, held, n);
	check_one(w, v, held, side, n);
	if (n != 1)
		return;
	check_move(w, v, held, owner);
	check_cache(w, v, held, side);
}

void check_owners(struct world *w)
{
	for (unsigned i = 0; i < w->plan->n_node; i++)
		look(w, i);
	for (unsigned side = 0; side < (w->n_partition ? 2u : 1u) && !w->silence; side++)
		for (unsigned v = 0; v < w->plan->n_address && !w->failed; v++)
			check_address(w, v, side);
	if (w->n_partition == 0) /* when it parts again, both sides begin with the same */
		for (unsigned v = 0; v < w->plan->n_address; v++)
			w->oracle->held[v][1] = w->oracle->held[v][0];
}
