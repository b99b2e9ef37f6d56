/* owner - see owner.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/owner.h"

#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/core/right.h"

#define KEPT_ASK_MS 1000 /* the other one does not agree: it offers as soon as it does */
#define KEPT_BOUND_MS 2500
#define CHASE_MS 500     /* it was silent, and lives: it is asked until it says something */
#define OFFERS_OFTEN 5   /* then whoever comes first does not agree: seldom */
#define OFFER_SELDOM_MS 2000
#define OFFERS_IN_VAIN 20 /* half a minute of them */
#define IN_TURN_MOST 16  /* of a row: those that come first have it, for the most part */
#define IN_TURN_MS 100   /* for each of them */
#define OFFERED_BOUND_MS 4500 /* it offers on as long as it has it: two may be lost */

void owner_init(struct owner *o, const struct peers *peers, const struct ring_meta *about,
		uint64_t seed)
{
	*o = (struct owner){ .peers = peers, .about = about, .prng = prng_seeded(seed) };
}

void owner_done(struct owner *o)
{
	heap_done(&o->steps);
	free(o->note);
}

static void say(struct owner *o, struct peer *to, enum hand_kind kind, const struct hand_entry *entry)
{
	o->note = mem_grow(o->note, o->n_note, &o->cap_note, sizeof(*o->note));
	o->note[o->n_note++] = (struct owner_note){ to, kind, *entry, false };
}

static void say_about(struct owner *o, struct peer *to, enum hand_kind kind, const struct vip *vip)
{
	const struct hand_entry entry = { vip->row.ip, vip->token };

	say(o, to, kind, &entry);
}

static bool is_kin(const struct owner *o, const struct peer *peer)
{
	return peer && peer != o->self && peer->member && peer->meta;
}

/* Speakers of our kind, who tell each other. */
static bool hands_over(const struct owner *o)
{
	return o->peers->ring && !peers_are_mixed(o->peers);
}

static bool is_alone(const struct owner *o)
{
	return o->peers->ring && !o->lonely && (o->peers->n_member <= 1 || o->cut_off);
}

static void set_own(struct owner *o, struct vip *vip, enum own own)
{
	if (own == OWN_HELD && vip->own != OWN_HELD)
		o->n_held++;
	if (own != OWN_HELD && vip->own == OWN_HELD)
		o->n_held--;
	vip->own = own;
	if (own != OWN_HELD)
		vip->until = RIGHT_NONE;
}

/* Whose it was, and why it is this node's now; said: what that one said about it, or NONE. */
static void note_take(struct owner *o, struct vip *vip, instant now, enum table_cause said)
{
	struct peer *from = vip->chased ? vip->chased : vip->holder_known ? vip->holder : NULL;

	if (said == TABLE_CAUSE_LOST)
		from = vip->denied;
	if (vip->guessed || from == o->self || (from && !vip->failing && !peers_lives(o->peers, from)))
		from = NULL;
	if (vip->failing && from && from->left) /* its leave was faster than its answer */
		said = TABLE_CAUSE_GIVEN;
	vip->cause = !from	  ? TABLE_CAUSE_FREE :
		     said	  ? said :
		     vip->failing ? TABLE_CAUSE_DEAD :
		     rank_reaches(o->peers, vip, from) ? TABLE_CAUSE_SILENT :
							 TABLE_CAUSE_LINK;
	vip->from = from;
	vip->n_take++;
	vip->counted = true;
	o->taken[vip->cause]++;
	if (vip->cause == TABLE_CAUSE_DEAD && from->doubted != 0)
		histogram_add(&o->failover, (now - from->doubted) / 1000);
}

static void take(struct owner *o, struct vip *vip, instant now, enum table_cause said)
{
	if (vip->own != OWN_HELD)
		note_take(o, vip, now, said);
	set_own(o, vip, OWN_HELD);
	vip->failing = vip->guessed = false;
	vip->deferred = vip->chased = vip->denied = NULL;
	vip->until = right_until(vip, o->self);
	vip->holder = o->self;
	vip->holder_known = true;
	heap_remove(&o->steps, &vip->step);
}

static void release(struct owner *o, struct vip *vip, struct peer *to)
{
	set_own(o, vip, OWN_NOT);
	vip->failing = vip->guessed = false;
	vip->deferred = vip->chased = vip->denied = NULL;
	vip->holder = to;
	heap_remove(&o->steps, &vip->step);
}

/* Whom to ask before taking, or NULL. */
static struct peer *find_holder(const struct owner *o, const struct vip *vip)
{
	struct peer *holder = vip->holder_known ? vip->holder : rank_best(o->peers, vip, o->self);

	return is_kin(o, holder) && rank_reaches(o->peers, vip, holder) ? holder : NULL;
}

static void ask(struct owner *o, struct vip *vip, instant now)
{
	say_about(o, vip->holder, HAND_ASK, vip);
	heap_set(&o->steps, &vip->step, instant_add_ms(now, OWNER_ASK_EVERY_MS));
}

static void begin_probing(struct owner *o, struct vip *vip, instant now)
{
	set_own(o, vip, OWN_PROBING);
	vip->n_probe = 0;
	vip->answered = false;
	heap_set(&o->steps, &vip->step, now);
}

/* The asked one is silent: its gossip may be blocked while it answers for the address. */
static void probe_instead(struct owner *o, struct vip *vip, instant now)
{
	vip->chased = vip->holder;
	begin_probing(o, vip, now);
}

/* A new question, to be answered within so long. */
static void ask_anew(struct owner *o, struct vip *vip, instant now, struct peer *holder, int64_t ms)
{
	vip->holder = holder;
	vip->token = (uint32_t)prng_next(&o->prng) | 1; /* not HAND_NO_TOKEN */
	vip->bound = instant_add_ms(now, ms);
	ask(o, vip, now);
}

static void begin_asking(struct owner *o, struct vip *vip, instant now, struct peer *holder)
{
	set_own(o, vip, OWN_ASKING);
	vip->guessed |= !vip->holder_known;
	vip->holder_known = true;
	vip->n_asked = 0;
	ask_anew(o, vip, now, holder, OWNER_ASK_BOUND_MS);
}

/* Whoever was thought to have it has not. Another one may: where many start or come back, views differ. */
static void ask_in_turn(struct owner *o, struct vip *vip, instant now)
{
	while (vip->n_asked < vip->row.n_candidate && vip->n_asked < IN_TURN_MOST) {
		struct peer *next = vip->candidate[vip->n_asked++];

		if (next == vip->holder || !is_kin(o, next) || !rank_reaches(o->peers, vip, next))
			continue;
		ask_anew(o, vip, now, next, IN_TURN_MS);
		return;
	}
	take(o, vip, now, TABLE_CAUSE_LOST);
}

static void begin(struct owner *o, struct vip *vip, instant now)
{
	struct peer *holder = hands_over(o) ? find_holder(o, vip) : NULL;

	vip->denied = NULL;
	vip->failing = vip->holder_known && vip->holder && vip->holder->died == now &&
		       !peers_lives(o->peers, vip->holder);
	if (is_alone(o) || peers_are_mixed(o->peers))
		begin_probing(o, vip, now);
	else if (holder)
		begin_asking(o, vip, now, holder);
	else
		take(o, vip, now, TABLE_CAUSE_NONE);
}

/* This node comes first. */
static void want(struct owner *o, struct vip *vip, instant now)
{
	if (vip->own == OWN_PROBING &&
	    ((vip->deferred && !vip->deferred->member) || is_kin(o, vip->chased)))
		return; /* as long as it answers */
	if (vip->own == OWN_HELD && vip->chased)
		return;
	if (vip->own == OWN_HELD)
		take(o, vip, now, TABLE_CAUSE_NONE); /* an offer is void now */
	else if (vip->own == OWN_ASKING && vip->n_asked > 0 && hands_over(o) && !is_alone(o))
		return; /* each has its time */
	else if (vip->own == OWN_NOT ||
		 (vip->own == OWN_ASKING && find_holder(o, vip) != vip->holder) ||
		 (vip->own == OWN_PROBING && !is_alone(o) && !peers_are_mixed(o->peers)))
		begin(o, vip, now);
}

/* Another one comes first: hold on until it asks, and remind it. */
static void offer(struct owner *o, struct vip *vip, instant now)
{
	vip->until = INSTANT_NEVER;
	if (vip->step.place != 0 && !vip->chased)
		return;
	vip->chased = NULL;
	vip->token = HAND_NO_TOKEN;
	vip->n_probe = 0;
	heap_set(&o->steps, &vip->step,
		 o->stopping ? now : instant_add_ms(now, OWNER_ASK_EVERY_MS));
}

void owner_judge(struct owner *o, struct vip *vip, instant now, bool can)
{
	bool mine, kin;

	vip->can = can;
	vip->best = rank_best(o->peers, vip, NULL);
	mine = right_until(vip, o->self) > now;
	kin = hands_over(o) && is_kin(o, vip->best);
	if (can && mine) {
		want(o, vip, now);
	} else if (can && vip->own == OWN_HELD && kin) {
		offer(o, vip, now);
	} else {
		if (vip->own == OWN_HELD && kin)
			say_about(o, vip->best, HAND_OFFER, vip);
		if (vip->own != OWN_NOT)
			release(o, vip, vip->best);
		if (vip->best && vip->best != o->self) {
			vip->holder = vip->best;
			vip->holder_known = true;
		} else if (!can && (vip->best || !o->settled)) {
			vip->holder_known = false; /* somebody else may have it until this node can answer */
		}
	}
}

void owner_forget(struct owner *o, struct vip *vip)
{
	release(o, vip, NULL);
	for (size_t i = o->note_at; i < o->n_note; i++)
		if (ip_equal(&o->note[i].entry.ip, &vip->row.ip) && o->note[i].kind == HAND_OFFER)
			o->note[i].to = NULL;
}

void owner_drop(struct owner *o, struct vip *vip)
{
	release(o, vip, NULL);
	vip->holder_known = false;
}

void owner_on_claim(struct vip *vip)
{
	vip->answered = true;
}

void owner_yield(struct owner *o, struct vip *vip, instant now, struct peer *to)
{
	release(o, vip, to);
	if (to->member)
		return;
	begin_probing(o, vip, now); /* nobody else would see when it ends */
	vip->deferred = to;
	vip->answered = true;
}

void owner_give_way(struct owner *o, struct vip *vip, instant now, struct peer *to)
{
	release(o, vip, to);
	if (is_kin(o, to))
		begin_asking(o, vip, now, to);
}

/* The network is or was cut, and this one may answer, too: it is asked until it says something. */
static void chase(struct owner *o, struct vip *vip, instant now, struct peer *silent)
{
	if (vip->chased || !hands_over(o) || !is_kin(o, silent))
		return;
	vip->chased = silent;
	vip->bound = instant_add_ms(now, OWNER_ASK_BOUND_MS);
	heap_set(&o->steps, &vip->step, instant_add_ms(now, CHASE_MS));
}

void owner_demand(struct owner *o, struct vip *vip, instant now, struct peer *from)
{
	if (!hands_over(o) || !is_kin(o, from))
		return;
	say_about(o, from, HAND_ASK, vip);
	chase(o, vip, now, from);
}

/* ---- what others say ---- */

static void on_ask(struct owner *o, struct vip *vip, struct peer *from, const struct owner_note *note)
{
	if (vip && vip->own == OWN_HELD && vip->best != from) {
		say(o, from, HAND_KEEP, &note->entry);
		return;
	}
	if (vip && vip->own == OWN_HELD) {
		release(o, vip, from);
		vip->gave = note->entry.token;
	}
	say(o, from, HAND_GIVE, &note->entry);
	o->note[o->n_note - 1].held =
		vip && note->entry.token != HAND_NO_TOKEN && vip->gave == note->entry.token; /* also when asked again */
}

static void on_answer(struct owner *o, struct vip *vip, instant now, const struct owner_note *note)
{
	if (vip->own == OWN_HELD && vip->chased && note->entry.token == vip->token) {
		if (note->kind == HAND_KEEP && o->outdated)
			owner_give_way(o, vip, now, vip->chased);
		else
			take(o, vip, now, TABLE_CAUSE_GIVEN); /* it speaks: what is left is for the owners' rules */
		return;
	}
	if (vip->own == OWN_ASKING && note->kind == HAND_GIVE && note->entry.token == HAND_NO_TOKEN) {
		probe_instead(o, vip, now);
		return;
	}
	if ((vip->own != OWN_ASKING && !(vip->own == OWN_PROBING && vip->chased)) ||
	    note->entry.token != vip->token)
		return;
	if (note->kind == HAND_GIVE && vip->own == OWN_ASKING && !note->held) {
		vip->denied = vip->n_asked == 0 ? vip->holder : vip->denied;
		ask_in_turn(o, vip, now);
		return;
	}
	if (note->kind == HAND_GIVE) {
		vip->guessed &= !note->held;
		take(o, vip, now, TABLE_CAUSE_GIVEN);
		return;
	}
	if (vip->own != OWN_ASKING)
		return;
	vip->n_asked = 0; /* it has it */
	vip->bound = instant_add_ms(now, KEPT_BOUND_MS);
	heap_set(&o->steps, &vip->step, instant_add_ms(now, KEPT_ASK_MS));
}

/* Both hold it. One that offers on, though it was asked, does not hear this node: it keeps the address. */
static bool hears_us(struct owner *o, struct vip *vip, instant now, struct peer *from)
{
	if (vip->chased == from && vip->bound <= now)
		return false;
	owner_demand(o, vip, now, from);
	return true;
}

static void on_offer(struct owner *o, struct vip *vip, instant now, struct peer *from)
{
	bool asked = vip->own == OWN_ASKING && vip->holder == from; /* its answer may be under way */

	if (vip->own == OWN_HELD && (vip->best != o->self || hears_us(o, vip, now, from)))
		return;
	if (vip->own == OWN_PROBING && vip->chased != from)
		return;
	if (vip->own == OWN_HELD)
		release(o, vip, from);
	vip->holder = from;
	vip->holder_known = true;
	vip->guessed = false;
	if (!vip->can || vip->best != o->self)
		return;
	if (asked)
		ask(o, vip, now);
	else
		begin_asking(o, vip, now, from);
	vip->n_asked = 0;
	vip->bound = instant_add_ms(now, OFFERED_BOUND_MS);
}

void owner_on_hand(struct owner *o, struct vip *vip, instant now, struct peer *from,
		   const struct owner_note *note)
{
	if (!is_kin(o, from))
		return;
	if (note->kind == HAND_ASK)
		on_ask(o, vip, from, note);
	else if (vip && note->kind == HAND_OFFER)
		on_offer(o, vip, now, from);
	else if (vip && (vip->holder == from || vip->chased == from))
		on_answer(o, vip, now, note);
}

/* ---- time ---- */

static void step_asking(struct owner *o, struct vip *vip, instant now)
{
	if (vip->bound > now)
		ask(o, vip, now);
	else if (vip->n_asked > 0)
		ask_in_turn(o, vip, now);
	else
		probe_instead(o, vip, now);
}

/* Nobody answers on the LAN. */
static void take_unanswered(struct owner *o, struct vip *vip, instant now)
{
	struct peer *silent = vip->chased ? vip->chased : find_holder(o, vip);

	take(o, vip, now, TABLE_CAUSE_NONE);
	chase(o, vip, now, silent);
}

static void step_chasing(struct owner *o, struct vip *vip, instant now)
{
	if (!is_kin(o, vip->chased)) {
		vip->chased = NULL;
		heap_remove(&o->steps, &vip->step);
		return;
	}
	say_about(o, vip->chased, HAND_ASK, vip);
	heap_set(&o->steps, &vip->step, instant_add_ms(now, CHASE_MS));
}

static bool step_probing(struct owner *o, struct vip *vip, instant now)
{
	if (vip->answered && is_kin(o, vip->chased)) {
		begin_asking(o, vip, now, vip->chased);
		return false;
	}
	if (vip->answered) {
		vip->answered = false;
		vip->n_probe = 0;
		heap_set(&o->steps, &vip->step, instant_add_ms(now, OWNER_VETO_MS));
		return false;
	}
	if (vip->n_probe == OWNER_PROBES) {
		take_unanswered(o, vip, now);
		return false;
	}
	vip->n_probe++;
	heap_set(&o->steps, &vip->step, instant_add_ms(now, OWNER_PROBE_EVERY_MS));
	return true;
}

/* With one table both agree on who comes first; by now it has asked, is dead, or answers itself. */
static bool is_offered_in_vain(const struct owner *o, const struct vip *vip)
{
	return vip->n_probe >= OFFERS_IN_VAIN && vip->best->meta->table == o->about->table;
}

static void step_offering(struct owner *o, struct vip *vip, instant now)
{
	bool kin = is_kin(o, vip->best);

	if (kin && is_offered_in_vain(o, vip)) {
		say_about(o, vip->best, HAND_GIVE, vip);
		release(o, vip, vip->best);
		return;
	}
	if (kin)
		say_about(o, vip->best, HAND_OFFER, vip);
	heap_set(&o->steps, &vip->step,
		 instant_add_ms(now, vip->n_probe++ < OFFERS_OFTEN ? OWNER_OFFER_EVERY_MS :
								     OFFER_SELDOM_MS));
}

struct vip *owner_tick(struct owner *o, instant now, bool *out_probe)
{
	struct heap_node *first = heap_first(&o->steps);
	struct vip *vip;

	if (!first || first->due > now)
		return NULL;
	vip = CONTAINER_OF(first, struct vip, step);
	*out_probe = false;
	if (vip->own == OWN_ASKING) {
		step_asking(o, vip, now);
	} else if (vip->own == OWN_PROBING) {
		*out_probe = step_probing(o, vip, now);
	} else if (vip->chased) {
		step_chasing(o, vip, now);
	} else {
		step_offering(o, vip, now);
	}
	return vip;
}

instant owner_deadline(const struct owner *o)
{
	return heap_deadline(&o->steps);
}

bool owner_next_hand(struct owner *o, struct peer **out_to, struct hand_msg *out)
{
	const struct owner_note *first;

	while (o->note_at < o->n_note && !o->note[o->note_at].to)
		o->note_at++;
	if (o->note_at == o->n_note) {
		o->note_at = o->n_note = 0;
		return false;
	}
	first = &o->note[o->note_at];
	*out = (struct hand_msg){ .kind = first->kind, .stopping = o->stopping, .held = first->held };
	memcpy(out->from, o->self->name, strlen(o->self->name) + 1);
	*out_to = first->to;
	for (; o->note_at < o->n_note && out->n < HAND_MAX_ENTRIES; o->note_at++) {
		const struct owner_note *note = &o->note[o->note_at];

		if (note->to != *out_to || note->kind != out->kind || note->held != out->held)
			break;
		out->entry[out->n++] = note->entry;
	}
	return true;
}
