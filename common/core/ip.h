/*
 * ip - IPv4 and IPv6 addresses, prefixes and ranges as values
 *
 * Core: no sockets, no clock, no logging.
 *
 * An address is 4 or 16 bytes in network order. ip_parse() makes an IPv4
 * address mapped into IPv6 (::ffff:a.b.c.d) the IPv4 address, as Go's
 * net.ParseIP, so two spellings of one address compare equal once parsed.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_IP_H
#define TINLB_COMMON_CORE_IP_H

#include "common/core/base.h"

struct ip {
	uint8_t len; /* 0 (no address), 4 or 16 */
	uint8_t byte[16];
};

struct ip_range { /* first <= last, one family */
	struct ip first, last;
};

#define IP_TEXT_MAX 46
#define IP_V4 4
#define IP_V6 16

/* 0, or -EINVAL: not an address (surrounding blanks, zones and ports are not). */
int ip_parse(const char *text, struct ip *out_ip) MUST_CHECK;

/* Canonical text (RFC 5952), always terminated; returns `out_text`. "" for no address. */
const char *ip_format(const struct ip *ip, char out_text[static IP_TEXT_MAX]);

struct ip ip_from_v4(const uint8_t byte[static 4]);

/* ::ffff:a.b.c.d as a.b.c.d, any other one as it is. */
struct ip ip_unmapped(struct ip ip);

/* Order: IPv4 before IPv6, then as numbers. <0, 0, >0. */
int ip_compare(const struct ip *a, const struct ip *b);

static inline bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_compare(a, b) == 0;
}

static inline bool ip_is_set(const struct ip *ip)
{
	return ip->len != 0;
}

/* The address `offset` after ip; false when it lies beyond the family's last one. */
bool ip_add(const struct ip *ip, uint64_t offset, struct ip *out_ip) MUST_CHECK;

/* The prefix of `bits` bits around ip as a range; -EINVAL when bits are too many. */
int ip_prefix_range(const struct ip *ip, unsigned bits, struct ip_range *out_range) MUST_CHECK;

bool ip_range_contains(const struct ip_range *range, const struct ip *ip);
bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b);

/* last - first + 1, or UINT64_MAX when that does not fit. */
uint64_t ip_range_size(const struct ip_range *range);

/* ip - first, for an address inside the range; UINT64_MAX when it does not fit. */
uint64_t ip_range_offset(const struct ip_range *range, const struct ip *ip);

uint64_t ip_hash(const struct ip *ip);

#endif
