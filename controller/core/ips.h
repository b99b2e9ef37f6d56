/*
 * ips - one address, or one of each family: as people read them, and as a set
 *
 * Core: no sockets, no clock, no logging.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_IPS_H
#define TINLB_CONTROLLER_CORE_IPS_H

#include "common/core/ip.h"

#define IPS_TEXT_MAX 128

/* As MetalLB prints them: "a" for one, ["a" "b"] for two. Returns `out`. */
const char *ips_quote(const struct ip *ip, size_t n, char out[static IPS_TEXT_MAX]);

/* The same n (1 or 2) addresses, in whatever order. */
bool ips_same(const struct ip *a, const struct ip *b, size_t n);

#endif
