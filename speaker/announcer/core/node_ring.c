/* node_ring - see node_state.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "speaker/announcer/core/node_state.h"

#define PEERS_SPARE 256

void node_enter_ring(struct node *n, instant now)
{
	CHECK(n->self);
	n->peers.ring = true;
	n->self->was_member = true;
	peers_set_member(&n->peers, n->self, true, &n->about);
	report_member(&n->report, n->self);
	node_judge_all(n, now);
}

static void announce_one(struct node *n, struct vip *vip, instant now)
{
	if (vip->reason == TABLE_OK && !announce_is_under_way(vip))
		announce_begin(&n->announce, vip, now, vip->usable);
}

/* Two sides of a cut may have answered for the same: say once more who does. */
static void announce_all(struct node *n, instant now)
{
	struct vip *vip;

	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		announce_one(n, vip, now);
}

/* A stranger that held some addresses as well is a member's machine, and will let them go. */
static void end_claims_of(struct node *n, const struct ring_meta *meta, instant now)
{
	struct vip *vip;

	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));) {
		if (!vip->contested || !claims_is_of(meta, vip->claimant))
			continue;
		report_claim(&n->report, vip, false);
		announce_one(n, vip, now);
	}
}

/* But for the hash of its rows, which changes often and nobody's rank. */
static bool ranks_alike(const struct ring_meta *a, const struct ring_meta *b)
{
	struct ring_meta other;

	if (!a || !b)
		return a == b;
	other = *b;
	other.table = a->table;
	return ring_meta_equal(a, &other);
}

static void use(struct peer *peer)
{
	if (peer)
		peer->used = true;
}

static void use_those_of(const struct vip *vip)
{
	for (size_t i = 0; i < vip->row.n_candidate; i++)
		use(vip->candidate[i]);
	use(vip->owner);
	use(vip->best);
	use(vip->holder);
	use(vip->chased);
	use(vip->denied);
	use(vip->deferred);
	use(vip->from);
}

static void sweep_peers(struct node *n)
{
	struct vip *vip;

	if (n->peers.by_name.n <= n->peers_most)
		return;
	peers_begin_sweep(&n->peers);
	use(n->self);
	use(n->doubt);
	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		use_those_of(vip);
	for (size_t i = n->owner.note_at; i < n->owner.n_note; i++)
		use(n->owner.note[i].to);
	peers_end_sweep(&n->peers);
	n->peers_most = 2 * n->peers.by_name.n + PEERS_SPARE;
}

void node_on_doubt(struct node *n, const char *name, instant since, bool left)
{
	struct peer *peer = peers_get(&n->peers, name);

	peer->doubted = since;
	peer->left = left;
}

void node_on_member(struct node *n, instant now, const char *name, bool alive,
		    const struct ring_meta *meta)
{
	struct peer *peer = peers_get(&n->peers, name);
	bool healed = alive && !peer->member && peer->was_member;
	bool same = alive == peer->member && ranks_alike(peer->meta, meta);

	if (peer == n->self)
		return;
	peer->was_member = true;
	if (peer->member && !alive)
		peer->died = now;
	peers_set_member(&n->peers, peer, alive, meta);
	if (same)
		return;
	report_member(&n->report, peer);
	node_judge_all(n, now);
	if (meta)
		end_claims_of(n, meta, now);
	if (healed)
		announce_all(n, now);
	if (!alive)
		sweep_peers(n);
}

void node_on_buried(struct node *n, instant now)
{
	announce_all(n, now);
}

void node_set_candidate(struct node *n, instant now, bool candidate)
{
	if (n->about.candidate == candidate)
		return;
	n->about.candidate = candidate;
	node_tell_about(n);
	node_judge_all(n, now);
}

void node_set_lonely(struct node *n, instant now, bool lonely)
{
	if (n->owner.lonely == lonely)
		return;
	n->owner.lonely = lonely;
	node_judge_all(n, now);
}

void node_set_settled(struct node *n, bool settled)
{
	n->owner.settled = settled;
}

void node_set_locked(struct node *n, instant now, enum table_reason why)
{
	if (n->locked == why)
		return;
	n->locked = why;
	node_judge_all(n, now);
}

void node_beat(struct node *n, instant until)
{
	n->beats_until = until;
}

void node_pause(struct node *n, instant now)
{
	n->paused = true;
	node_judge_all(n, now);
}

void node_set_cut_off(struct node *n, instant now, bool cut_off)
{
	if (n->owner.cut_off == cut_off)
		return;
	n->owner.cut_off = cut_off;
	node_judge_all(n, now);
	if (!cut_off) /* nor was anybody there to hear what it announced */
		announce_all(n, now);
}

void node_resume(struct node *n, instant now, enum node_return how)
{
	struct vip *vip;

	if (!n->paused)
		return;
	n->paused = false;
	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));) {
		vip->cause = TABLE_CAUSE_NONE;
		if (how != NODE_SAME)
			owner_drop(&n->owner, vip);
	}
	node_judge_all(n, now);
}

bool node_is_paused(const struct node *n)
{
	return n->paused;
}

bool node_has_doubt(const struct node *n)
{
	return n->doubt != NULL;
}

struct peer *node_take_doubt(struct node *n)
{
	struct peer *doubt = n->doubt;

	n->doubt = NULL;
	return doubt;
}

/* ---- handing over ---- */

static void set_stopping(struct node *n, instant now, struct peer *peer, bool stopping)
{
	if (!peer->meta || peer->meta->stopping == stopping)
		return;
	peer->meta->stopping = stopping;
	node_judge_all(n, now);
}

void node_on_hand(struct node *n, instant now, const struct hand_msg *msg)
{
	struct peer *from = strmap_get(&n->peers.by_name, msg->from);

	if (!from || from == n->self || n->stopped)
		return;
	/* Its Meta says the same, only later. */
	if (msg->kind == HAND_OFFER || msg->kind == HAND_KEEP)
		set_stopping(n, now, from, msg->stopping);
	if (msg->kind == HAND_KEEP && from->member)
		n->doubt = from;
	for (size_t i = 0; i < msg->n; i++) {
		struct vip *vip = ipmap_get(&n->vips, &msg->entry[i].ip);
		const struct owner_note note = { from, msg->kind, msg->entry[i], msg->held };
		bool held = vip && vip->own == OWN_HELD;

		owner_on_hand(&n->owner, vip, now, from, &note);
		if (!vip)
			continue;
		vip->disputed = 0;
		node_show(n, vip, now);
		if (held && msg->kind == HAND_GIVE) /* it may have held it, too, and clients went there */
			announce_one(n, vip, now);
	}
}

bool node_next_hand(struct node *n, const char **out_to, struct hand_msg *out_msg)
{
	struct peer *to;

	if (n->paused || !n->self || !owner_next_hand(&n->owner, &to, out_msg))
		return false;
	*out_to = to->name;
	return true;
}

void node_stop(struct node *n, instant now)
{
	n->owner.stopping = n->about.stopping = true;
	node_tell_about(n);
	node_judge_all(n, now);
}

bool node_has_handed_over(const struct node *n)
{
	return node_holds_nothing(n) || !n->peers.ring || peers_are_mixed(&n->peers);
}

void node_end(struct node *n)
{
	n->stopped = true;
}
