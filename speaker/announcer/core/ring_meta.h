/*
 * ring_meta - what a speaker lets the others of the ring know about itself
 *
 * Core: structs only; wire/meta_wire turns it into the bytes that travel in
 * memberlist's Meta. A member without it is a speaker of another kind.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_RING_META_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_RING_META_H

#include "common/core/ip.h"

#define RING_META_MAX_REACH 17

struct ring_reach {    /* an interface on which the speaker can answer now, and a subnet of it */
	uint16_t name; /* ring_name_hash() of the interface */
	uint8_t mac[6];
	struct ip ip;  /* of the interface, in the subnet; not set: it has no subnet */
	uint8_t bits;
};

struct ring_meta {
	bool synced;    /* it has a whole table */
	bool candidate; /* healthy for long enough to take what is its own */
	bool stopping;  /* give it nothing any more */
	bool partial;   /* it reaches more than is listed */
	uint64_t table; /* hash of its rows */
	struct ring_reach reach[RING_META_MAX_REACH];
	uint8_t n_reach;
};

uint16_t ring_name_hash(const char *interface);
bool ring_meta_equal(const struct ring_meta *a, const struct ring_meta *b);

#endif
