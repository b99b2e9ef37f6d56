/* brain - see brain.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/brain.h"

#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/core/peers.h"

#define SETTLE_MS 2000    /* to find the others, before nobody else counts as nobody else */
#define TABLE_REST_MS 5000 /* a table that changes is told of when it rested so long */

struct brain {
	struct brain_config config;
	struct node *node;
	struct swim *swim; /* NULL: not in the ring */
	struct ip *peer;   /* where speakers may be */
	size_t n_peer;
	bool peers_whole;  /* the list is complete; the next PEERS begins a new one */
	bool stopping;
	instant join_at;
	instant settled_at, candidate_at;
	struct ring_meta told;
	bool has_told;
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

	(void)now;
	b->config = *config;
	b->node = node_new(&config->node);
	b->join_at = b->settled_at = b->candidate_at = INSTANT_NEVER;
	b->table_told_at = INSTANT_NEVER;
	b->peers_whole = true;
	return b;
}

void brain_free(struct brain *b)
{
	if (!b)
		return;
	swim_free(b->swim);
	node_free(b->node);
	free(b->peer);
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
	if (b->peers_whole)
		b->n_peer = 0;
	b->peer = mem_resize(b->peer, b->n_peer + peers->n, sizeof(*b->peer));
	for (size_t i = 0; i < peers->n && b->n_peer < BRAIN_MAX_PEERS; i++)
		b->peer[b->n_peer++] = peers->ip[i];
	b->peers_whole = !peers->more;
	if (b->swim && b->peers_whole)
		b->join_at = now;
}

bool brain_is_peer(const struct brain *b, const struct ip *ip)
{
	for (size_t i = 0; i < b->n_peer; i++)
		if (ip_equal(&b->peer[i], ip))
			return true;
	return false;
}

static bool is_at(const struct swim_addr *addr, const struct ip *ip)
{
	return addr->n == ip->len && memcmp(addr->byte, ip->byte, ip->len) == 0;
}

/* Is there a live member at this address; this node counts. */
static bool knows(const struct brain *b, const struct ip *ip)
{
	const struct swim_members *members = swim_members_of(b->swim);

	for (size_t i = 0; i < members->n; i++) {
		const struct swim_member *member = members->at[i];

		if ((member->state == SWIM_STATE_ALIVE || member->state == SWIM_STATE_SUSPECT) &&
		    is_at(&member->said.addr, ip))
			return true;
	}
	return false;
}

static void join_strangers(struct brain *b, instant now)
{
	bool strangers = false;

	if (b->join_at > now || b->stopping)
		return;
	for (size_t i = 0; i < b->n_peer; i++) {
		struct swim_dest to = { .port = b->config.swim.port };

		if (knows(b, &b->peer[i]))
			continue;
		strangers = true;
		to.addr.n = b->peer[i].len;
		memcpy(to.addr.byte, b->peer[i].byte, b->peer[i].len);
		swim_join(b->swim, &to);
	}
	b->join_at = strangers ? instant_add_ms(now, b->config.join_every_ms) : INSTANT_NEVER;
}

/* ---- the ring ---- */

void brain_on_message(struct brain *b, instant now, struct table_message *m)
{
	if (m->kind == TABLE_PEERS)
		on_peers(b, now, &m->peers);
	else
		node_on_message(b->node, now, m);
}

bool brain_wants_ring(const struct brain *b)
{
	return b->config.gossips && !b->swim && !b->stopping && node_is_synced(b->node);
}

void brain_open_ring(struct brain *b, instant now, uint32_t incarnation)
{
	struct swim_config config = b->config.swim;

	CHECK(brain_wants_ring(b));
	config.incarnation = incarnation;
	b->swim = swim_new(&config, now);
	b->join_at = now;
	b->settled_at = instant_add_ms(now, SETTLE_MS);
	b->candidate_at = instant_add_ms(now, b->config.candidate_after_ms);
	node_enter_ring(b->node, now);
}

void brain_on_member(struct brain *b, instant now, const char *name, bool live,
		     const struct ring_meta *meta)
{
	node_on_member(b->node, now, name, live, meta);
	if (!live)
		b->join_at = instant_min(b->join_at, instant_add_ms(now, b->config.join_every_ms));
}

bool brain_is_alone(const struct brain *b)
{
	return b->swim && node_peers(b->node)->n_member <= 1;
}

static bool other_is_candidate(const struct brain *b)
{
	const struct swim_members *members = swim_members_of(b->swim);

	for (size_t i = 1; i < members->n; i++) {
		const struct peer *peer = strmap_get(&node_peers(b->node)->by_name,
						     members->at[i]->said.node);

		if (peer && peer->member && peer->meta && peer->meta->candidate)
			return true;
	}
	return false;
}

static void tick_candidate(struct brain *b, instant now)
{
	bool settled = b->settled_at <= now || !brain_is_alone(b);

	if (b->candidate_at == INSTANT_NEVER || b->stopping)
		return;
	if (b->candidate_at > now && (!settled || other_is_candidate(b)))
		return;
	b->candidate_at = b->settled_at = INSTANT_NEVER;
	node_set_candidate(b->node, now, true);
}

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

void brain_tick(struct brain *b, instant now)
{
	if (!b->swim)
		return;
	swim_tick(b->swim, now);
	join_strangers(b, now);
	tick_candidate(b, now);
	tick_table(b, now);
}

void brain_stop(struct brain *b, instant now)
{
	b->stopping = true;
	node_stop(b->node);
	if (b->swim)
		swim_leave(b->swim, now);
}

/* ---- what is asked and taken ---- */

instant brain_deadline(const struct brain *b)
{
	instant due = node_deadline(b->node);

	if (!b->swim)
		return due;
	due = instant_min(due, swim_deadline(b->swim));
	due = instant_min(due, instant_min(b->candidate_at, b->settled_at));
	due = instant_min(due, b->table_told_at);
	return b->stopping ? due : instant_min(due, b->join_at);
}

bool brain_next_meta(struct brain *b, struct ring_meta *out_meta)
{
	struct ring_meta now = *node_about(b->node);

	if (!b->swim || b->stopping)
		return false;
	if (b->has_told && b->table_told_at != INSTANT_NEVER)
		now.table = b->told.table;
	if (b->has_told && ring_meta_equal(&now, &b->told))
		return false;
	b->told = now;
	b->has_told = true;
	*out_meta = now;
	return true;
}
