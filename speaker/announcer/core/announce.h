/*
 * announce - when an address is announced unasked, and how fast
 *
 * Core: no sockets, no clock, no logging. An address that was taken is
 * announced in rounds, each a request and a reply on every interface that
 * answers for it; those that were asked for last go first. In the first round
 * all requests go before the replies.
 *
 * Always true: at most urgent_per_s frames a second and interface are first
 * requests, at most gentle_per_s others; announce_deadline() is
 * never later than the next announce_next() that would return true.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_ANNOUNCE_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_ANNOUNCE_H

#include "common/core/limiter.h"
#include "common/core/prng.h"
#include "speaker/announcer/core/arp_msg.h"
#include "speaker/announcer/core/links.h"
#include "speaker/announcer/core/vip.h"

struct announce_config {
	unsigned rounds;  /* for an address that was taken: 5 */
	int64_t round_ms; /* between them: 1100 */
	int64_t urgent_per_s, gentle_per_s; /* frames per interface: 1000, 200 */
	int64_t refresh_ms; /* a request now and then keeps tables of switches warm: 60000; 0: none */
};

struct announce_config announce_config_default(void);

struct announce {
	struct announce_config config;
	struct heap heap;
	struct limiter urgent[LINKS_MAX], gentle[LINKS_MAX];
	instant blocked_until; /* an interface has had its share */
	struct prng prng;
};

void announce_init(struct announce *a, const struct announce_config *config, uint64_t seed);
void announce_done(struct announce *a);

/* All rounds from the start, beginning on these links. */
void announce_begin(struct announce *a, struct vip *vip, instant now, uint64_t on);
/* The same, but not before `due`. */
void announce_later(struct announce *a, struct vip *vip, instant due);
/* In defence: the last two rounds, since the claimant's own frames may arrive after those of the first. */
void announce_again(struct announce *a, struct vip *vip, instant now);
void announce_end(struct announce *a, struct vip *vip);

static inline bool announce_is_under_way(const struct vip *vip)
{
	return vip->due.place != 0 && !vip->refreshing;
}

bool announce_next(struct announce *a, const struct links *links, instant now,
		   uint32_t *out_ifindex, struct arp_msg *out_frame) MUST_CHECK;
instant announce_deadline(const struct announce *a);

#endif
