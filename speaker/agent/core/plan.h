/*
 * plan - messages for the announcer out of the cluster, effects for people out of its verdicts
 *
 * Core: no sockets, no clock, no logging. The cluster's side goes into
 * `cluster` (snapshot.h), the announcer's side in through plan_on_verdict()
 * and the like. What pages show of it is plan_view.h.
 *
 * Always true: what has been sent equals decide_row() of every row once
 * plan_next_message() returned false; a row is sent only when it differs from
 * what was sent; SYNCED comes once, after the first whole table. A service
 * that is announced on an address gets one ANNOUNCED, and one WITHDRAWN when
 * that ends, in turn.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_PLAN_H
#define TINLB_SPEAKER_AGENT_CORE_PLAN_H

#include "common/core/history.h"
#include "speaker/agent/core/decide.h"

enum plan_effect_kind {
	PLAN_ANNOUNCED,     /* this node answers for a service now */
	PLAN_WITHDRAWN,     /* and no longer */
	PLAN_NO_INTERFACE,  /* this node should, but has no interface for it */
	PLAN_LABEL_IGNORED, /* it answers although its label excludes it: nobody else is left */
	PLAN_CLAIMED,       /* another machine answers for what this node answers for */
	PLAN_MOVED,         /* it answers for what another node answered for until now */
	PLAN_SILENT,        /* no node answers for it, and this one is to say so */
};

#define PLAN_MAC_MAX 18

struct plan_effect {
	enum plan_effect_kind kind;
	struct ip ip;
	const char *reason; /* PLAN_WITHDRAWN, PLAN_SILENT: a word */
	const char *why;    /* PLAN_SILENT: a sentence */
	bool may_be_known;  /* PLAN_SILENT, PLAN_CLAIMED: an agent may have said so before this one started */
	char claimant[PLAN_MAC_MAX]; /* PLAN_CLAIMED: its hardware address */
	enum table_cause cause; /* PLAN_MOVED */
	char from[TABLE_NODE_NAME_MAX]; /* PLAN_MOVED: whose it was */
	char service[SNAPSHOT_KEY_MAX], uid[37];
	char pool[64]; /* cut off behind that */
	struct plan_effect *next;
};

struct plan_row { /* hangs at a snapshot_row */
	bool sent, last_resort, has_verdict;
	bool label_told; /* nobody without the label lives: told of what is announced */
	bool limited;    /* to some interfaces */
	uint8_t verdict; /* enum table_reason */
	uint16_t owner;  /* NODES_NONE: nobody */
	uint64_t sent_hash;
	int64_t since_ms;       /* since 1970: of the verdict */
	const char *interfaces; /* of the verdict, by commas; never NULL once there is one */
	uint8_t withheld; /* enum table_reason, as decided last: why nobody answers */
	uint8_t absence;  /* why this node is no candidate; TABLE_OK: it is one */
	uint64_t requests, responses, gratuitous, takes;
	char claimant[PLAN_MAC_MAX]; /* another machine that answers, too; "": none */
};

#define PLAN_RETURNS 2

struct plan_member {
	bool alive, self;
	int64_t returned_ms[PLAN_RETURNS]; /* it was dead and came back, the last time first; 0: never */
};

struct plan {
	struct snapshot cluster;
	struct strmap member;     /* name -> struct plan_member */
	struct strmap interfaces; /* texts that rows share */
	struct history history;   /* of owners */
	struct decision decision; /* of the row that was sent last */
	struct plan_effect *first_effect, **last_effect;
	char *node_name;
	int64_t started_ms; /* takes from before it are no news */
	uint32_t n_sent;    /* rows the announcer has */
	bool synced;
	bool silent; /* some silence is to be looked at by plan_tick() */
};

/* Times are milliseconds since 1970. */
struct plan *plan_new(const char *node_name, int64_t started_ms) MUST_CHECK;
void plan_free(struct plan *p);

void plan_on_verdict(struct plan *p, const struct table_verdict *verdict, int64_t now_ms);
void plan_on_counts(struct plan *p, const struct table_counts *counts);
void plan_on_claim(struct plan *p, const struct table_claim *claim, int64_t now_ms);
/* True: it came or went. */
bool plan_on_member(struct plan *p, const struct table_member *member, int64_t now_ms);
size_t plan_n_members(const struct plan *p); /* that live, this node too */
/* By the membership, or where there is none by the API. */
bool plan_is_alive(const struct plan *p, const struct nodes_node *node);

/* What lasts may be worth an effect now: to be called each second while `silent`. */
void plan_tick(struct plan *p, int64_t now_ms);

/* Take the next message; a row's candidates are good until the next call. */
bool plan_next_message(struct plan *p, struct table_message *out_m) MUST_CHECK;

/* Take the next effect; the caller frees. NULL: none. */
struct plan_effect *plan_next_effect(struct plan *p) MUST_CHECK;

#endif
