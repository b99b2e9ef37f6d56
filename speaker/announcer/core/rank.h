/*
 * rank - which of an address's candidates should answer for it
 *
 * Core: no sockets, no clock, no logging. Pure functions of what is known of
 * the peers, so that speakers which know the same agree.
 *
 * Without a ring, and in a ring with members of another kind: the first
 * candidate that lives. Else only those count which have a table, are not
 * stopping and reach the address: with a subnet that contains it, or, when
 * nobody has one, at all. Of these, the ones that are healthy for long enough
 * come before the others.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_RANK_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_RANK_H

#include "speaker/announcer/core/vip.h"

/* The best of the row's candidates but `without` (NULL: nobody is left out), or NULL. */
struct peer *rank_best(const struct peers *peers, const struct vip *vip,
		       const struct peer *without);

/* Could this peer be answering for the address, candidate or not: it lives and reaches it. */
bool rank_reaches(const struct peers *peers, const struct vip *vip, const struct peer *peer);

/* Place in the row, 0 for the first; SIZE_MAX: it is no candidate. */
size_t rank_place(const struct vip *vip, const struct peer *peer);

#endif
