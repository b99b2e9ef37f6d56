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
 *   - brain_deadline() is never later than the next thing brain_tick() would do;
 *   - the same calls with the same seed give the same results.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_BRAIN_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_BRAIN_H

#include "speaker/announcer/core/node.h"
#include "speaker/announcer/core/swim.h"

#define BRAIN_MAX_PEERS 1024 /* addresses at which speakers may be */

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

/* A member came, changed or went; meta: NULL when it has none of ours. */
void brain_on_member(struct brain *b, instant now, const char *name, bool live,
		     const struct ring_meta *meta);

/* Everything that is due; call it after each event, too. */
void brain_tick(struct brain *b, instant now);

/* SIGTERM: answer no more and leave the ring; what comes out must still be sent. */
void brain_stop(struct brain *b, instant now);

/* ask it */
instant brain_deadline(const struct brain *b);
bool brain_is_peer(const struct brain *b, const struct ip *ip); /* the agent named this address */
bool brain_is_alone(const struct brain *b); /* in the ring, and no other member lives */

/* take from it */
/* What this speaker says about itself has changed: to be encoded for swim_set_meta(). */
bool brain_next_meta(struct brain *b, struct ring_meta *out_meta) MUST_CHECK;

#endif
