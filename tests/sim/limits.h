/*
 * limits - how long memberlist may take, from its own formulas
 *
 * Nanoseconds. The rest is how often one
 * member is probed: each prober comes by every 2 (n - 1) - 1 intervals at the
 * latest, all of them together once a second on average.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_LIMITS_H
#define TINLB_TESTS_SIM_LIMITS_H

#include "common/core/base.h"

/*
 * From the first missed packet until all must know, when n_voters of the n_node
 * can still accuse and confirm, and the highest health score among them is `score`.
 */
instant limits_detection(unsigned n_node, unsigned n_voters, unsigned score);
/* No member is declared dead sooner than this after its trouble began. */
instant limits_least(size_t n_known);
/* Whoever is well is no more declared dead, so long after the trouble ended. */
instant limits_refuted(unsigned n_node, unsigned score);

#endif
