/* limits - see limits.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/limits.h"

#include "speaker/announcer/core/swim_members.h"

/* Three probers within this: one in ten million crashes takes longer. */
#define THREE_PROBERS_S 20
#define SPREAD_MS	500

static int64_t probed_s(unsigned n_node, int64_t most_s)
{
	int64_t round_s = 2 * ((int64_t)n_node - 1) - 1;

	return round_s < most_s ? round_s : most_s;
}

/* Of a suspicion that n_voters can confirm, besides the one who raised it. */
static int64_t suspicion_ms(unsigned n_node, unsigned n_confirm)
{
	struct swim_timing timing = swim_timing_lan();
	int64_t least_ms = swim_suspicion_min_ms(&timing, n_node);
	unsigned wanted = n_node < timing.suspicion_mult ? 0 : timing.suspicion_mult - 2;

	return swim_suspicion_ms(n_confirm, wanted, least_ms, least_ms * timing.suspicion_max_mult);
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
	struct swim_timing timing = swim_timing_lan();

	return (timing.probe_interval_ms + swim_suspicion_min_ms(&timing, n_known)) * NS_PER_MS *
	       99 / 100;
}

/*
 * Who was cut off may have told its suspicions to nobody, and the suspect hears
 * of them by a probe too late: it is declared dead when the time is over.
 */
instant limits_refuted(unsigned n_node, unsigned score)
{
	return (1 + (int64_t)score) * NS_PER_S + (suspicion_ms(n_node, 0) + 2 * SPREAD_MS) * NS_PER_MS;
}
