/*
 * claims - does another machine answer for an address that this node holds
 *
 * Core: no sockets, no clock, no logging. Replies are unicast, so listening is
 * not enough: a held address is probed (sender 0.0.0.0, which no cache takes
 * in) a second after it was taken and then every so often. While a stranger
 * answers it is asked more often, so that its end is known soon, too.
 *
 * Always true: at most CLAIMS_PROBES_PER_S probes a second and interface; an
 * address is defended at most once in CLAIMS_DEFEND_MS.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_CLAIMS_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_CLAIMS_H

#include "common/core/limiter.h"
#include "common/core/prng.h"
#include "speaker/announcer/core/links.h"
#include "speaker/announcer/core/vip.h"

#define CLAIMS_PROBES_PER_S 50
#define CLAIMS_PART 5       /* this part of them at once */
#define CLAIMS_GRID_MS 250  /* probes that are due in one such span share a wake-up */
#define CLAIMS_FIRST_MS 1000
#define CLAIMS_DEFEND_MS 10000
#define CLAIMS_AGAIN_MS 5000 /* between probes while a stranger answers */
#define CLAIMS_OVER_MS 14000 /* two probes without a further claim: the claimant is gone */

struct claims {
	int64_t every_ms; /* 0: never */
	struct heap due;
	struct prng prng;
	struct limiter limiter[LINKS_MAX];
	instant blocked_until;
};

void claims_init(struct claims *c, int64_t every_ms, uint64_t seed);
void claims_done(struct claims *c);

void claims_begin(struct claims *c, struct vip *vip, instant now); /* it was taken */
void claims_hurry(struct claims *c, struct vip *vip, instant now); /* before all others, at most once a second */
void claims_end(struct claims *c, struct vip *vip);

/* The next probe that is due: for which address, and on which slot of links. */
struct vip *claims_next(struct claims *c, instant now, unsigned *out_at);
instant claims_deadline(const struct claims *c);

/* Another machine claims it. True: defend it now. */
bool claims_note(struct vip *vip, instant now, const uint8_t mac[static 6]);

/* It was claimed once, and for so long no more. */
static inline bool claims_are_over(const struct vip *vip, instant now)
{
	return vip->contested && now > instant_add_ms(vip->claimed, CLAIMS_OVER_MS);
}

/* Is this hardware address one that the speaker says it has. */
bool claims_is_of(const struct ring_meta *meta, const uint8_t mac[static 6]);
/* Of whom a hardware address is, as the members say or said; NULL: a stranger. */
struct peer *claims_find(const struct peers *peers, const uint8_t mac[static 6]);

#endif
