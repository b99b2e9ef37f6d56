/* brain - see brain.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/brain.h"

#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/core/finder.h"
#include "speaker/announcer/core/peers.h"
#include "speaker/announcer/core/refusal.h"

#define SETTLE_MS 2000     /* to find the others, before nobody else counts as nobody else */
#define JOIN_SOON_MS 250   /* at first: those that start at the same moment open their ports a little later */
#define SYNC_EVERY_MS 500  /* while paused, or in doubt */
#define SILENT_PROBES 3    /* probe intervals without a word from anybody */
#define LINGER_MS 50       /* of one that ends and has handed everything over */
#define BEATS 3            /* in the time of a gap: at least so often it looks after itself */
#define TABLE_REST_MS 5000 /* a table that changes is told of when it rested so long */

struct brain {
	struct brain_config config;
	struct node *node;
	struct swim *swim; /* NULL: not in the ring */
	struct finder finder;
	bool stopping, lingers, left, settled, candidate;
	bool locked;
	struct refusal refusal;
	bool has_met; /* some other speaker */
	bool unsynced; /* it stood still, and nobody has told it since what happened */
	instant doubt_after; /* the next doubt is looked after */
	instant join_at, settled_at, candidate_at, stop_at;
	instant last_tick, sync_at, cut_off_at; /* the last two: while paused */
	uint32_t stale_stream; /* the last one of ours from before it stood still */
	uint64_t n_buried_before; /* it stood still */
	bool replaced; /* somebody said so since */
	size_t n_reach; /* of the last look */
	struct ring_meta told;
	bool has_told;
	uint64_t n_buried;
	uint64_t table;
	instant table_told_at;
};

struct brain_config brain_config_default(void)
{
	return (struct brain_config){ .node = node_config_default(), .candidate_after_ms = 30000,
				      .join_every_ms = 2000 };
}

struct brain *brain_new(const struct brain_config *config, instant now)
{
	struct brain *b = mem_new(1, sizeof(*b));

	b->config = *config;
	b->config.node.in_ring = config->gossips;
	b->node = node_new(&b->config.node);
	b->join_at = b->settled_at = b->candidate_at = b->stop_at = INSTANT_NEVER;
	b->sync_at = b->cut_off_at = INSTANT_NEVER;
	b->last_tick = now;
	b->table_told_at = INSTANT_NEVER;
	finder_init(&b->finder);
	refusal_init(&b->refusal, config->join_every_ms);
	return b;
}

void brain_free(struct brain *b)
{
	if (!b)
		return;
	swim_free(b->swim);
	node_free(b->node);
	finder_done(&b->finder);
	free(b);
}

struct node *brain_node(const struct brain *b)
{
	return b->node;
}

struct swim *brain_swim(const struct brain *b)
{
	return b->swim;
}

/* ---- where the others are ---- */

static void on_peers(struct brain *b, instant now, const struct table_peers *peers)
{
	if (!finder_on_peers(&b->finder, peers))
		return;
	if (b->swim)
		b->join_at = now;
	node_set_lonely(b->node, now, !finder_has_others(&b->finder, &b->config.swim.addr));
}

bool brain_is_peer(const struct brain *b, const struct ip *ip)
{
	return finder_has(&b->finder, ip);
}

/* A few at a time: whoever is joined tells of all the others. */
static void join_strangers(struct brain *b, instant now)
{
	struct swim_addr stranger[FINDER_AT_ONCE];
	int64_t wait_ms;
	size_t n;

	if (b->join_at > now || b->stopping)
		return;
	n = finder_strangers(&b->finder, swim_members_of(b->swim), stranger);
	for (size_t i = 0; i < n; i++)
		swim_join(b->swim, &(struct swim_dest){ stranger[i], b->config.swim.port });
	wait_ms = finder_is_searching(&b->finder) ? JOIN_SOON_MS : b->config.join_every_ms;
	b->join_at = n > 0 ? instant_add_ms(now, wait_ms) : INSTANT_NEVER;
}

/* ---- the ring ---- */

static void lock(struct brain *b, instant now)
{
	node_set_locked(b->node, now, b->locked ? TABLE_WRONG_SECRET :
				      b->refusal.refused || finder_is_searching(&b->finder) ?
						  TABLE_NOT_SYNCED :
						  TABLE_OK);
}

static void take_timing(struct swim_timing *t, const uint32_t timing[TABLE_N_TIMINGS])
{
	int64_t *const ms[] = {
		[TABLE_PROBE_INTERVAL_MS] = &t->probe_interval_ms,
		[TABLE_PROBE_TIMEOUT_MS] = &t->probe_timeout_ms,
		[TABLE_GOSSIP_INTERVAL_MS] = &t->gossip_interval_ms,
		[TABLE_GOSSIP_TO_DEAD_MS] = &t->gossip_to_dead_ms,
		[TABLE_PUSH_PULL_MS] = &t->push_pull_ms,
		[TABLE_TCP_TIMEOUT_MS] = &t->tcp_timeout_ms,
	};
	unsigned *const count[] = {
		[TABLE_INDIRECT_CHECKS] = &t->indirect_checks,
		[TABLE_GOSSIP_NODES] = &t->gossip_nodes,
		[TABLE_RETRANSMIT_MULT] = &t->retransmit_mult,
		[TABLE_SUSPICION_MULT] = &t->suspicion_mult,
		[TABLE_SUSPICION_MAX_MULT] = &t->suspicion_max_mult,
		[TABLE_AWARENESS_MAX] = &t->awareness_max,
	};

	for (size_t i = 0; i < TABLE_N_TIMINGS; i++) {
		if (timing[i] != 0 && i < TABLE_N_TIMES_MS)
			*ms[i] = timing[i];
		else if (timing[i] != 0)
			*count[i] = timing[i];
	}
}

void brain_on_message(struct brain *b, instant now, struct table_message *m)
{
	if (m->kind == TABLE_SETTINGS && !b->swim)
		take_timing(&b->config.swim.timing, m->settings.timing);
	if (m->kind == TABLE_PEERS)
		on_peers(b, now, &m->peers);
	else
		node_on_message(b->node, now, m);
}

static void begin_health(struct brain *b, instant now)
{
	b->candidate = false;
	b->candidate_at = instant_add_ms(now, b->config.candidate_after_ms);
	if (b->config.candidate_after_ms > 0)
		node_set_candidate(b->node, now, false);
}

/* Who else is in the ring is to be known before anything is taken. */
static void search(struct brain *b, instant now)
{
	finder_begin(&b->finder, now, b->config.swim.timing.gossip_interval_ms);
	lock(b, now);
}

/* What it holds by then it took alone, as after a cut. */
static void meet(struct brain *b, instant now, const char *name)
{
	if (b->has_met || strcmp(name, b->config.swim.name) == 0)
		return;
	b->has_met = true;
	if (node_holds_nothing(b->node))
		search(b, now);
}

bool brain_wants_ring(const struct brain *b)
{
	return b->config.gossips && !b->swim && !b->stopping && node_is_synced(b->node);
}

void brain_open_ring(struct brain *b, instant now, uint32_t incarnation)
{
	struct swim_config config = b->config.swim;

	CHECK(brain_wants_ring(b));
	if (config.timing.probe_timeout_ms >= config.timing.probe_interval_ms) /* nobody could be asked to help in time */
		config.timing.probe_timeout_ms = config.timing.probe_interval_ms / 2;
	config.incarnation = incarnation;
	b->swim = swim_new(&config, now);
	b->join_at = now;
	b->settled_at = instant_add_ms(now, SETTLE_MS);
	b->last_tick = now;
	b->n_reach = node_about(b->node)->n_reach;
	search(b, now);
	begin_health(b, now);
	node_enter_ring(b->node, now);
}

void brain_on_member(struct brain *b, instant now, const char *name, bool live,
		     const struct ring_meta *meta)
{
	const struct swim_member *member =
		b->swim ? swim_members_find(swim_members_of(b->swim), name) : NULL;

	if (!live)
		node_on_doubt(b->node, name, member ? member->suspected : now,
			      member && member->state == SWIM_STATE_LEFT);
	else
		meet(b, now, name);
	node_on_member(b->node, now, name, live, meta);
	if (!live)
		b->join_at = instant_min(b->join_at, instant_add_ms(now, b->config.join_every_ms));
}

bool brain_is_alone(const struct brain *b)
{
	return b->swim && node_peers(b->node)->n_member <= 1;
}

/* The next live member of our kind but this node; NULL: no more. */
static const struct peer *next_kin(const struct brain *b, size_t *inout_i)
{
	const struct swim_members *members = swim_members_of(b->swim);

	while (++*inout_i < members->n) {
		const struct peer *peer = strmap_get(&node_peers(b->node)->by_name,
						     members->at[*inout_i]->said.node);

		if (peer && peer->member && peer->meta)
			return peer;
	}
	return NULL;
}

static bool other_is_candidate(const struct brain *b)
{
	const struct peer *peer;

	for (size_t i = 0; (peer = next_kin(b, &i));)
		if (peer->meta->candidate)
			return true;
	return false;
}

size_t brain_n_differ(const struct brain *b)
{
	const struct peer *peer;
	size_t n = 0;

	for (size_t i = 0; b->swim && (peer = next_kin(b, &i));)
		n += peer->meta->table != b->told.table;
	return n;
}

/* A cable that comes and goes is no health. */
static void watch_reach(struct brain *b, instant now)
{
	size_t n = node_about(b->node)->n_reach;

	if (n != b->n_reach)
		begin_health(b, now);
	b->n_reach = n;
}

static void tick_candidate(struct brain *b, instant now)
{
	watch_reach(b, now);
	if (b->candidate || b->stopping)
		return;
	if (b->candidate_at > now && ((!b->settled && brain_is_alone(b)) || other_is_candidate(b)))
		return;
	b->candidate = true;
	b->candidate_at = INSTANT_NEVER;
	node_set_candidate(b->node, now, true);
}

/* Where many start at once, two that do not know each other yet would both come first. */
static void tick_found(struct brain *b, instant now)
{
	if (!finder_is_searching(&b->finder))
		return;
	finder_tick(&b->finder, now, swim_members_of(b->swim));
	if (!finder_is_searching(&b->finder))
		lock(b, now);
}

static void tick_settled(struct brain *b, instant now)
{
	if (b->settled_at > now)
		return;
	b->settled = true;
	b->settled_at = INSTANT_NEVER;
	node_set_settled(b->node, true);
}

/* ---- standing still ---- */

/* Nobody was heard for several probes' time: then it is this node that is cut off. */
static bool hears_nobody(const struct brain *b, instant now)
{
	instant heard = swim_last_heard(b->swim);
	int64_t ms = b->config.swim.timing.probe_interval_ms * SILENT_PROBES;

	return heard == INT64_MIN || now > instant_add_ms(heard, ms);
}

static void tick_company(struct brain *b, instant now)
{
	node_set_cut_off(b->node, now, b->unsynced || hears_nobody(b, now));
}

/* How soon its ring may have given it up; not sooner than it may be just slow. */
static int64_t gap_ms(const struct brain *b)
{
	const struct swim_timing *timing = &b->config.swim.timing;
	int64_t ms = swim_suspicion_min_ms(timing, 1) + timing->probe_interval_ms;

	if (ms > BRAIN_GAP_MS || brain_is_alone(b))
		return BRAIN_GAP_MS;
	return ms < BRAIN_LEAST_GAP_MS ? BRAIN_LEAST_GAP_MS : ms;
}

/* Nobody who could have taken what it held. */
static bool has_no_company(const struct brain *b)
{
	return swim_members_of(b->swim)->n == 1 && !finder_has_others(&b->finder, &b->config.swim.addr);
}

static void pause(struct brain *b, instant now)
{
	if (!node_is_paused(b->node)) { /* else what it was told since the first time still counts */
		b->n_buried_before = b->n_buried;
		b->replaced = false;
	}
	node_pause(b->node, now);
	swim_on_standstill(b->swim, now, now - b->last_tick);
	b->stale_stream = swim_last_stream(b->swim);
	b->sync_at = now;
	b->cut_off_at = instant_add_ms(now, BRAIN_SILENCE_MS);
}

void brain_look(struct brain *b, instant now)
{
	if (!b->swim)
		return;
	if (now > instant_add_ms(b->last_tick, gap_ms(b)) && !has_no_company(b))
		pause(b, now);
	b->last_tick = now;
	node_beat(b->node, instant_add_ms(now, gap_ms(b)));
}

static void tick_pause(struct brain *b, instant now)
{
	brain_look(b, now);
	if (!node_is_paused(b->node))
		return;
	if (b->cut_off_at <= now) {
		b->unsynced = true;
		tick_company(b, now);
		b->sync_at = b->cut_off_at = INSTANT_NEVER;
		begin_health(b, now);
		node_resume(b->node, now, NODE_REPLACED);
	} else if (b->sync_at <= now) {
		b->sync_at = instant_add_ms(now, SYNC_EVERY_MS);
		swim_sync(b->swim);
	}
}

/* Do they say that this node is gone, or did anybody since it stood still: a refutation may be faster. */
static bool buries(const struct brain *b, const struct swim_push_pull *state)
{
	if (swim_members_of(b->swim)->noted[SWIM_NOTE_BURIED] != b->n_buried_before)
		return true;
	for (size_t i = 0; i < state->n; i++)
		if (strcmp(state->node[i].node, b->config.swim.name) == 0)
			return state->node[i].state == SWIM_STATE_DEAD ||
			       state->node[i].state == SWIM_STATE_LEFT;
	return true; /* and forgotten */
}

bool brain_on_state(struct brain *b, instant now, const struct swim_dest *from, uint32_t stream,
		    const struct swim_push_pull *state)
{
	b->replaced |= buries(b, state); /* who had forgotten it may know it again by its answer */
	if (!swim_on_state(b->swim, now, state))
		return false;
	b->unsynced = false;
	refusal_on_state(&b->refusal, now, &b->config.swim, from, state);
	lock(b, now);
	if (!node_is_paused(b->node) || stream <= b->stale_stream)
		return true; /* what waited while it stood still says what was, not what is */
	b->sync_at = b->cut_off_at = INSTANT_NEVER;
	if (b->replaced)
		begin_health(b, now);
	node_resume(b->node, now, b->replaced ? NODE_REPLACED : NODE_SAME);
	return true;
}

/* ---- handing over ---- */

void brain_on_hand(struct brain *b, instant now, const struct hand_msg *msg)
{
	node_on_hand(b->node, now, msg);
}

bool brain_next_hand(struct brain *b, struct swim_dest *out_to, struct hand_msg *out_msg)
{
	const char *name;

	while (b->swim && node_next_hand(b->node, &name, out_msg)) {
		const struct swim_member *member = swim_members_find(swim_members_of(b->swim), name);

		if (!member)
			continue;
		*out_to = (struct swim_dest){ member->said.addr, member->said.port };
		return true;
	}
	return false;
}

void brain_set_locked(struct brain *b, instant now, bool locked)
{
	b->locked = locked;
	lock(b, now);
}

bool brain_is_refused(const struct brain *b)
{
	return b->refusal.refused;
}

/* Its last word may be lost: whoever asks again must find it there. */
static void tick_stop(struct brain *b, instant now)
{
	if (!b->lingers && node_has_handed_over(b->node)) {
		b->lingers = true;
		b->stop_at = instant_min(b->stop_at, instant_add_ms(now, LINGER_MS));
	}
	if (b->left || b->stop_at > now)
		return;
	b->left = true;
	b->stop_at = INSTANT_NEVER;
	node_end(b->node);
	if (b->swim)
		swim_leave(b->swim, now);
}

void brain_stop(struct brain *b, instant now)
{
	if (b->stopping)
		return;
	b->stopping = true;
	b->stop_at = instant_add_ms(now, node_has_handed_over(b->node) ? 0 : BRAIN_STOP_MS);
	node_stop(b->node, now);
	tick_stop(b, now);
}

bool brain_has_left(const struct brain *b)
{
	return b->left;
}

/* ---- time ---- */

/* A table that changes all the time is not told of all the time. */
static void tick_table(struct brain *b, instant now)
{
	uint64_t table = node_about(b->node)->table;

	if (table != b->table) {
		b->table = table;
		b->table_told_at = instant_add_ms(now, TABLE_REST_MS);
	}
	if (b->table_told_at <= now)
		b->table_told_at = INSTANT_NEVER;
}

/* One at a time; what comes too soon waits, or gives way to the next one. */
static void tick_doubt(struct brain *b, instant now)
{
	const struct peer *peer = now < b->doubt_after ? NULL : node_take_doubt(b->node);
	const struct swim_member *member;
	struct swim_dest to;

	if (!peer)
		return;
	b->doubt_after = instant_add_ms(now, SYNC_EVERY_MS);
	member = peer->member ? swim_members_find(swim_members_of(b->swim), peer->name) : NULL;
	if (!member) {
		b->join_at = now;
		return;
	}
	to = (struct swim_dest){ member->said.addr, member->said.port };
	swim_join(b->swim, &to);
}

static void tick_buried(struct brain *b, instant now)
{
	uint64_t n = swim_members_of(b->swim)->noted[SWIM_NOTE_BURIED];

	if (n != b->n_buried)
		node_on_buried(b->node, now);
	b->n_buried = n;
}

void brain_tick(struct brain *b, instant now)
{
	if (b->stopping)
		tick_stop(b, now);
	if (!b->swim)
		return;
	tick_pause(b, now);
	tick_company(b, now);
	swim_tick(b->swim, now);
	tick_doubt(b, now);
	tick_buried(b, now);
	if (refusal_tick(&b->refusal, now))
		swim_sync(b->swim);
	tick_settled(b, now);
	tick_found(b, now);
	join_strangers(b, now);
	tick_candidate(b, now);
	tick_table(b, now);
}

/* ---- what is asked and taken ---- */

instant brain_deadline(const struct brain *b)
{
	instant due = instant_min(node_deadline(b->node), b->stop_at);

	if (!b->swim)
		return due;
	due = instant_min(due, instant_min(b->sync_at, b->cut_off_at));
	due = instant_min(due, instant_add_ms(b->last_tick, gap_ms(b) / BEATS));
	due = instant_min(due, swim_deadline(b->swim));
	due = instant_min(due, instant_min(b->candidate_at, b->settled_at));
	due = instant_min(due, finder_deadline(&b->finder, b->last_tick));
	due = instant_min(due, instant_min(b->table_told_at, b->refusal.ask_at));
	if (node_has_doubt(b->node))
		due = instant_min(due, instant_max(b->doubt_after, b->last_tick));
	return b->stopping ? due : instant_min(due, b->join_at);
}

/*
 * It hears nobody. Were it deaf, its news would only raise its incarnation, and
 * so bring it back among those who had noticed.
 */
static bool is_unheard(const struct brain *b)
{
	return b->has_told && !b->stopping && hears_nobody(b, b->last_tick);
}

bool brain_next_meta(struct brain *b, struct ring_meta *out_meta)
{
	struct ring_meta now = *node_about(b->node);

	if (!b->swim || b->left || is_unheard(b))
		return false;
	if (b->has_told && b->table_told_at != INSTANT_NEVER)
		now.table = b->told.table;
	if (b->has_told && ring_meta_equal(&now, &b->told))
		return false;
	if (b->has_told && (now.n_reach < b->told.n_reach || now.stopping))
		swim_hurry(b->swim);
	b->told = now;
	b->has_told = true;
	*out_meta = now;
	return true;
}
