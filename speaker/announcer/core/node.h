/*
 * node - the whole brain of an announcer
 *
 * Core: no sockets, no clock, no logging. The agent's table, the interfaces,
 * ARP frames and the time go in; answers, unasked announcements and reports for
 * the agent come out. The announcer runs one of these on real sockets, the
 * simulation runs many in virtual time.
 *
 * Always true:
 *   - a request is answered exactly while this node holds the address (owner.h)
 *     and has the right to (right.h), in a table that is complete, on an
 *     interface that carries the address;
 *   - nothing is answered for an address that this node itself has;
 *   - announcements are paced per interface: `urgent` frames a second for the
 *     first round of an address, `gentle` for the repeats.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_NODE_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_NODE_H

#include "speaker/announcer/core/announce.h"
#include "speaker/announcer/core/arp_msg.h"
#include "speaker/announcer/core/cover.h"
#include "speaker/announcer/core/hand_msg.h"
#include "speaker/announcer/core/links.h"
#include "speaker/table/core/table.h"

struct node_config {
	struct announce_config announce;
	int64_t claims_ms; /* between probes for second claimants: 30000; 0: none */
	bool in_ring;  /* nobody lives, not even this node, before node_enter_ring() */
	uint64_t seed; /* of jitter and tokens */
};

struct node_config node_config_default(void);

struct node;

struct node *node_new(const struct node_config *config) MUST_CHECK;
void node_free(struct node *node); /* NULL is fine */

/* tell it */
void node_on_message(struct node *node, instant now, struct table_message *m); /* takes what m owns */
void node_tell_ring(struct node *node); /* the agent is to hear of it */
void node_on_agent_gone(struct node *node); /* the table stays; nobody reads reports */
void node_on_link(struct node *node, instant now, const struct link_news *news);
void node_on_link_gone(struct node *node, instant now, uint32_t ifindex);
void node_on_address(struct node *node, instant now, const struct link_address *address);
/* Who lives is the ring's word: this node, and whom node_on_member() names. */
void node_enter_ring(struct node *node, instant now);
/* meta: NULL when it is a speaker of another kind. */
void node_on_member(struct node *node, instant now, const char *name, bool alive,
		    const struct ring_meta *meta);
/* The one that is about to be named as dead was not well since then; or it left, which is no failure. */
void node_on_doubt(struct node *node, const char *name, instant since, bool left);
void node_on_hand(struct node *node, instant now, const struct hand_msg *msg);
/* The others had given it up, and may have answered for what it holds. */
void node_on_buried(struct node *node, instant now);
void node_set_candidate(struct node *node, instant now, bool candidate);
void node_set_lonely(struct node *node, instant now, bool lonely); /* no other speaker is expected */
void node_set_settled(struct node *node, bool settled); /* others had time to be found */
/* Own nothing, and why; TABLE_OK: that is over. */
void node_set_locked(struct node *node, instant now, enum table_reason why);

/* The ring was looked after: until then it may answer. Before the first beat: for ever. */
void node_beat(struct node *node, instant until);

/* It stood still: answer nothing. */
void node_pause(struct node *node, instant now);

enum node_return {
	NODE_SAME,     /* nobody noticed: go on */
	NODE_REPLACED, /* it was given up: begin anew */
};

void node_resume(struct node *node, instant now, enum node_return how);
void node_set_cut_off(struct node *node, instant now, bool cut_off); /* nobody is heard */

/* SIGTERM: hand over what others can take, answering until they ask; then answer nothing. */
void node_stop(struct node *node, instant now);
bool node_has_handed_over(const struct node *node); /* it answers for nothing any more */
void node_end(struct node *node);

enum node_verdict { /* what became of a frame; MetalLB's reasons for dropping one */
	NODE_ANSWER,
	NODE_NOT_REQUEST,
	NODE_OTHER_DESTINATION,
	NODE_NOT_ANNOUNCED,
	NODE_OTHER_INTERFACE,
};

struct node_frame {
	uint32_t ifindex;
	struct arp_msg arp;
};

/* A frame came in. On NODE_ANSWER *out_reply is to be sent on the same interface. */
enum node_verdict node_on_arp(struct node *node, instant now, const struct node_frame *in,
			      struct arp_msg *out_reply);

/* ask it */
instant node_deadline(const struct node *node);
bool node_holds_nothing(const struct node *node);
bool node_is_synced(const struct node *node);
bool node_is_paused(const struct node *node);
bool node_was_configured(const struct node *node); /* some agent sent SETTINGS once */
size_t node_n_rows(const struct node *node);
const struct peers *node_peers(const struct node *node);
const struct ring_meta *node_about(const struct node *node); /* what it says of itself */

/* Interfaces to listen on, as bits of links; changes when *out_version does. */
uint64_t node_ports(const struct node *node, uint64_t *out_version);
const struct links *node_links(const struct node *node);
/* What to let through there; own addresses excluded. Changes when *out_version does. */
const struct cover *node_cover(const struct node *node, uint64_t *out_version);

/* What it counted, into the fields of *out_totals that are its own. */
void node_totals(const struct node *node, struct table_totals *out_totals);

/* take from it */
bool node_next_frame(struct node *node, instant now, struct node_frame *out_frame) MUST_CHECK;
bool node_next_hand(struct node *node, const char **out_to, struct hand_msg *out_msg) MUST_CHECK;
/*
 * A speaker that answers for what this node holds: a dead one is to be found, a
 * live one sees the ring otherwise and is to be synced with. NULL: none.
 */
struct peer *node_take_doubt(struct node *node) MUST_CHECK;
bool node_has_doubt(const struct node *node); /* it would give one */
bool node_next_report(struct node *node, instant now, struct table_message *out_m) MUST_CHECK;

#endif
