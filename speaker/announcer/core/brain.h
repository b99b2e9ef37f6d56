/*
 * brain - an announcer's node and its membership in the ring of speakers, as one machine
 *
 * Core: no sockets, no clock, no logging. A driver feeds it and takes from it;
 * talk.h does the gossip side of that in bytes and says how to pump both. The
 * announcer drives one with sockets, the simulation many in virtual time.
 *
 * The node is fed directly: node_on_link(), node_on_arp() and so on of
 * brain_node(); messages of the agent come through brain_on_message(), since
 * some of them are about the ring.
 *
 * Always true:
 *   - the ring is not entered before the first whole table is there;
 *   - after a gap of its loop nothing is answered until another speaker, asked
 *     since then, was heard out, or nobody answered for BRAIN_SILENCE_MS;
 *   - brain_deadline() is never later than the next thing brain_tick() would do;
 *   - the same calls with the same seed give the same results.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_BRAIN_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_BRAIN_H

#include "speaker/announcer/core/node.h"
#include "speaker/announcer/core/swim.h"

#define BRAIN_STOP_MS 200    /* for others to ask for what a stopping one holds */
#define BRAIN_GAP_MS 3000    /* a loop that stood still for longer does not know what happened; */
#define BRAIN_LEAST_GAP_MS 1000 /* with fast probes: for as long as its ring takes to give it up */
#define BRAIN_SILENCE_MS 5000 /* then it counts as cut off, if nobody answered */

struct brain_config {
	struct node_config node;
	bool gossips;               /* false: there is no ring, and who lives is the API's word */
	struct swim_config swim;    /* when it gossips */
	int64_t candidate_after_ms; /* of health, before a node takes what others could have: 30000 */
	int64_t join_every_ms;      /* tries to join a speaker that is no member: 2000 */
};

struct brain_config brain_config_default(void); /* without a ring */

struct brain;

struct brain *brain_new(const struct brain_config *config, instant now) MUST_CHECK;
void brain_free(struct brain *b); /* NULL is fine */

struct node *brain_node(const struct brain *b);
struct swim *brain_swim(const struct brain *b); /* NULL: not in a ring (yet) */

/* tell it */
void brain_on_message(struct brain *b, instant now, struct table_message *m); /* takes what m owns */

/* It gossips, has a table, and waits for brain_open_ring(). */
bool brain_wants_ring(const struct brain *b);
/* The port is open; `incarnation` is the first one: seconds since 1970, or more. */
void brain_open_ring(struct brain *b, instant now, uint32_t incarnation);

/* Did the loop stand still? Before it is told what may have waited; brain_tick() looks, too. */
void brain_look(struct brain *b, instant now);

/* A member came, changed or went; meta: NULL when it has none of ours. */
void brain_on_member(struct brain *b, instant now, const char *name, bool live,
		     const struct ring_meta *meta);
/* The other side's whole state; stream: the id of ours, or 0, it was one of theirs. False: refused. */
bool brain_on_state(struct brain *b, instant now, const struct swim_dest *from, uint32_t stream,
		    const struct swim_push_pull *state);
/* A message about who answers; from another kind of speaker there is none. */
void brain_on_hand(struct brain *b, instant now, const struct hand_msg *msg);
void brain_set_locked(struct brain *b, instant now, bool locked); /* by a wrong secret */

/* Everything that is due; call it after each event, too. */
void brain_tick(struct brain *b, instant now);

/*
 * SIGTERM: hand the addresses over, then leave the ring; what comes out must
 * still be sent. brain_has_left() is true within BRAIN_STOP_MS.
 */
void brain_stop(struct brain *b, instant now);
bool brain_has_left(const struct brain *b);

/* ask it */
instant brain_deadline(const struct brain *b);
bool brain_is_peer(const struct brain *b, const struct ip *ip); /* the agent named this address */
/* The others know another address by this node's name, and so not this speaker. */
bool brain_is_refused(const struct brain *b);
bool brain_is_alone(const struct brain *b); /* in the ring, and no other member lives */

size_t brain_n_differ(const struct brain *b); /* live members that tell of other rows */

/* take from it */
bool brain_next_hand(struct brain *b, struct swim_dest *out_to, struct hand_msg *out_msg) MUST_CHECK;
/* What this speaker says about itself has changed: to be encoded for swim_set_meta(). */
bool brain_next_meta(struct brain *b, struct ring_meta *out_meta) MUST_CHECK;

#endif
