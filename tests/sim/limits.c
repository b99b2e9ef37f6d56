/* limits - see limits.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/limits.h"

#include <math.h>

/* memberlist's values for a LAN */
#define INTERVAL_MS	   1000
#define SUSPICION_MULT	   4
#define SUSPICION_MAX_MULT 6
/* Three probers within this: one in ten million crashes takes longer. */
#define THREE_PROBERS_S 20
#define SPREAD_MS	500

static int64_t probed_s(unsigned n_node, int64_t most_s)
{
	int64_t round_s = 2 * ((int64_t)n_node - 1) - 1;

	return round_s < most_s ? round_s : most_s;
}

/* SuspicionMult * max(1, log10 n) * ProbeInterval; written anew, not the speaker's own function. */
static int64_t least_ms(size_t n)
{
	return (int64_t)(SUSPICION_MULT * fmax(1, log10((double)n)) * INTERVAL_MS);
}

/* Of a suspicion that so many confirm, besides the one who raised it. */
static int64_t suspicion_ms(unsigned n_node, unsigned n_confirm)
{
	int64_t least = least_ms(n_node), most = SUSPICION_MAX_MULT * least;
	double part = log(n_confirm + 1.0) / log(SUSPICION_MULT - 2 + 1.0);

	return n_node < SUSPICION_MULT ? least : most - (int64_t)(part * (double)(most - least));
}

/*
 * Accusations of the same moment push each other out of the queues, in memberlist
 * too, so only one confirmation is sure, and only where there is a second voter.
 */
instant limits_detection(unsigned n_node, unsigned n_voters, unsigned score)
{
	return (probed_s(n_node, THREE_PROBERS_S) + 1 + (int64_t)score) * NS_PER_S +
	       (suspicion_ms(n_node, n_voters > 1) + SPREAD_MS) * NS_PER_MS;
}

instant limits_least(size_t n_known)
{
	return (INTERVAL_MS + least_ms(n_known)) * NS_PER_MS * 99 / 100;
}

/*
 * Who was cut off may have told its suspicions to nobody, and the suspect hears
 * of them by a probe too late: it is declared dead when the time is over.
 */
instant limits_refuted(unsigned n_node, unsigned score)
{
	return (1 + (int64_t)score) * NS_PER_S + (suspicion_ms(n_node, 0) + 2 * SPREAD_MS) * NS_PER_MS;
}
