/*
 * swim_members - who is in the ring, as far as this node has heard
 *
 * Core: no sockets, no clock, no logging. The rules of hashicorp/memberlist for
 * alive, suspect and dead, with Lifeguard's suspicion (SWIM, Das et al. 2002;
 * Lifeguard, Dadgar et al. 2018). What is learnt goes to the gossip queue.
 *
 * Always true:
 *   - a member's incarnation never goes back, unless it had left and comes from another address;
 *   - this node itself is alive until it leaves: who says otherwise is refuted
 *     with a higher incarnation;
 *   - a suspected member is dead when its timer ends and not before, unless
 *     somebody else says it is dead.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_MEMBERS_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_MEMBERS_H

#include "common/core/heap.h"
#include "common/core/strmap.h"
#include "speaker/announcer/core/swim_gossip.h"

#define SWIM_CONFIRMATIONS_MAX 8

struct swim_timing { /* memberlist's names; MetalLB's values in swim_timing_lan() */
	int64_t probe_interval_ms, probe_timeout_ms;
	int64_t gossip_interval_ms, gossip_to_dead_ms;
	int64_t push_pull_ms, tcp_timeout_ms;
	unsigned indirect_checks, gossip_nodes, retransmit_mult;
	unsigned suspicion_mult, suspicion_max_mult, awareness_max;
};

struct swim_timing swim_timing_lan(void);
struct swim_timing swim_timing_wan(void);

struct swim_member {
	struct swim_alive said; /* name, address, meta, incarnation as last heard */
	enum swim_state state;
	instant changed; /* when it came into this state */
	uint32_t died_in; /* incarnation in which it died before it was forgotten; 0: none */
	unsigned n_indirect; /* probes in a row that it answered, and none by a packet of its own */
	/* suspicion, while timer.place != 0 */
	struct heap_node timer;
	struct heap_node last_call; /* when it is asked once more, before the timer ends */
	instant suspected; /* of one that is dead: first sign of it */
	int64_t min_ms, max_ms;
	unsigned wanted, n_confirm; /* independent confirmations wanted, and had */
	uint32_t confirm_hash[SWIM_CONFIRMATIONS_MAX + 1]; /* of who accused */
};

enum swim_change { SWIM_JOINED, SWIM_LEFT, SWIM_UPDATED };

enum swim_note { /* what people should hear of */
	SWIM_NOTE_REFUTED,        /* somebody thought this node was gone */
	SWIM_NOTE_BURIED,         /* somebody was sure of it */
	SWIM_NOTE_ADDRESS_CLASH,  /* a second address claims a member's name */
	SWIM_NOTE_NAME_CLASH,     /* a second address claims this node's own name */
	SWIM_NOTE_FULL,           /* more members than there is room for */
	SWIM_NOTE_STREAM_ONLY,    /* a member answered a probe by a stream, and by no packet */
	SWIM_N_NOTES
};

struct swim_members {
	struct swim_timing timing;
	size_t max_members;
	struct swim_member **at; /* at[0] is this node */
	size_t n, cap;
	struct strmap by_name;
	struct strmap forgotten; /* name: the incarnation it was dead in, plus 1 */
	struct heap suspicions, last_calls;
	struct swim_gossip gossip;
	unsigned awareness; /* 0: healthy */
	bool leaving;
	uint64_t noted[SWIM_N_NOTES];
	void (*on_change)(void *ctx, const struct swim_member *member, enum swim_change change);
	void *ctx;
};

/* `self` as this node will announce itself; alive from now on. */
void swim_members_init(struct swim_members *m, const struct swim_timing *timing,
		       const struct swim_alive *self, instant now);
void swim_members_done(struct swim_members *m);

static inline struct swim_member *swim_members_self(const struct swim_members *m)
{
	return m->at[0];
}

/* In the ring: a suspect is, until it is declared dead. */
static inline bool swim_member_is_live(const struct swim_member *member)
{
	return member->state == SWIM_STATE_ALIVE || member->state == SWIM_STATE_SUSPECT;
}

/*
 * It came back from the dead in an incarnation that news of its death still
 * fits, and has to be told so: recorded packets would count again.
 */
static inline bool swim_member_is_mortal(const struct swim_member *member)
{
	return member->died_in > 0 && member->died_in >= member->said.incarnation;
}

/* What `from` says about a member, in the incarnation that it knows. */
struct swim_claim swim_claim_about(const struct swim_alive *about, const char *from);

/* All that is known, for a push/pull; the caller frees out->node. */
void swim_members_state(const struct swim_members *m, bool join, struct swim_push_pull *out_state);

struct swim_member *swim_members_find(const struct swim_members *m, const char *name);
size_t swim_members_n_live(const struct swim_members *m); /* alive and suspect, this node too */
/* The names of up to `max` live members that answered n probes in a row or more, none by a packet of their own. */
size_t swim_members_indirect(const struct swim_members *m, unsigned n, const char **out_name, size_t max);

void swim_members_on_alive(struct swim_members *m, instant now, const struct swim_alive *alive);
void swim_members_on_suspect(struct swim_members *m, instant now, const struct swim_claim *claim);
void swim_members_on_dead(struct swim_members *m, instant now, const struct swim_claim *claim);
/* One entry of a push/pull: what is dead there is only suspected here, so that it can refute. */
void swim_members_on_entry(struct swim_members *m, instant now, const struct swim_alive *entry);

/* A suspect that is to be told of it now, since gossip may have missed it; NULL: none. */
const struct swim_member *swim_members_next_call(struct swim_members *m, instant now);
bool swim_members_tick(struct swim_members *m, instant now); /* true: a suspicion ended in a death */
void swim_members_put_off(struct swim_members *m, int64_t ns); /* all suspicions end so much later */
/* Forget who is long dead, but for the incarnation: it goes to died_in if it comes back. */
void swim_members_reap(struct swim_members *m, instant now);
void swim_members_aware(struct swim_members *m, int delta);
void swim_members_set_meta(struct swim_members *m, const struct swim_meta *meta);
void swim_members_leave(struct swim_members *m, instant now);

/* SuspicionMult * max(1, log10 n) * ProbeInterval, in milliseconds. */
int64_t swim_suspicion_min_ms(const struct swim_timing *timing, size_t n);
/* The timeout after `had` of `wanted` confirmations. */
int64_t swim_suspicion_ms(unsigned had, unsigned wanted, int64_t min_ms, int64_t max_ms);

#endif
