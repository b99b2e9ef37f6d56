/*
 * cover - a few ranges that contain all IPv4 addresses of the table
 *
 * Core: no sockets, no clock, no logging. The kernel's filter lets only frames
 * about these ranges through. A new address widens the nearest range, so that a
 * change costs a few comparisons and most changes change nothing.
 *
 * Always true: every address added since the last clear lies in a range; the
 * ranges are ascending and disjoint, at most COVER_MAX.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_COVER_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_COVER_H

#include "common/core/ip.h"

#define COVER_MAX 32
#define COVER_NEAR 256 /* addresses apart that still share a range */

struct cover_range {
	uint32_t first, last; /* host order */
};

struct cover { /* all zero: empty */
	struct cover_range range[COVER_MAX + 1];
	size_t n;
};

/* True when a range changed. IPv6 is not covered. */
bool cover_add(struct cover *cover, const struct ip *ip);
uint32_t cover_number(const struct ip *v4);

#endif
