/*
 * about - what this node lets the others know of itself
 *
 * Core: no sockets, no clock, no logging. Pure functions of the node's
 * interfaces and rows.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_ABOUT_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_ABOUT_H

#include "speaker/announcer/core/links.h"
#include "speaker/announcer/core/vip.h"

/* The interfaces on which it can answer now. */
void about_reach(const struct links *links, struct ring_meta *inout_about);

/* Of what a row says, without the indexes, which differ between speakers. */
uint64_t about_row(const struct vip *vip);

#endif
