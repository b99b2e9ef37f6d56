/* ip - see ip.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/core/hash.h"

__extension__ typedef unsigned __int128 u128;

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct ip ip_from_v4(const uint8_t byte[static 4])
{
	struct ip ip = { .len = IP_V4 };

	memcpy(ip.byte, byte, 4);
	return ip;
}

struct ip ip_unmapped(struct ip ip)
{
	bool is_mapped = ip.len == IP_V6 && memcmp(ip.byte, mapped_prefix, sizeof(mapped_prefix)) == 0;

	return is_mapped ? ip_from_v4(ip.byte + sizeof(mapped_prefix)) : ip;
}

int ip_parse(const char *text, struct ip *out_ip)
{
	struct ip ip = { 0 };

	if (inet_pton(AF_INET, text, ip.byte) == 1) {
		ip.len = IP_V4;
	} else if (inet_pton(AF_INET6, text, ip.byte) == 1) {
		ip.len = IP_V6;
	} else {
		return -EINVAL;
	}
	*out_ip = ip_unmapped(ip);
	return 0;
}

const char *ip_format(const struct ip *ip, char out_text[static IP_TEXT_MAX])
{
	out_text[0] = '\0';
	if (ip->len != 0)
		CHECK(inet_ntop(ip->len == IP_V4 ? AF_INET : AF_INET6, ip->byte, out_text,
				IP_TEXT_MAX));
	return out_text;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->byte, b->byte, a->len);
}

bool ip_add(const struct ip *ip, uint64_t offset, struct ip *out_ip)
{
	struct ip sum = *ip;
	uint64_t carry = offset;

	for (unsigned i = ip->len; i-- > 0 && carry > 0;) {
		uint64_t digit = sum.byte[i] + (carry & 0xff);

		sum.byte[i] = (uint8_t)digit;
		carry = (carry >> 8) + (digit >> 8);
	}
	if (carry > 0)
		return false;
	*out_ip = sum;
	return true;
}

int ip_prefix_range(const struct ip *ip, unsigned bits, struct ip_range *out_range)
{
	struct ip_range range = { *ip, *ip };

	if (bits > ip->len * 8u)
		return -EINVAL;
	for (unsigned i = 0; i < ip->len; i++) {
		unsigned kept = bits >= (i + 1) * 8 ? 8 : bits > i * 8 ? bits - i * 8 : 0;
		uint8_t host = (uint8_t)(0xffu >> kept);

		range.first.byte[i] &= (uint8_t)~host;
		range.last.byte[i] |= host;
	}
	*out_range = range;
	return 0;
}

bool ip_range_contains(const struct ip_range *range, const struct ip *ip)
{
	return ip->len == range->first.len && ip_compare(&range->first, ip) <= 0 &&
	       ip_compare(ip, &range->last) <= 0;
}

bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b)
{
	return a->first.len == b->first.len && ip_compare(&a->first, &b->last) <= 0 &&
	       ip_compare(&b->first, &a->last) <= 0;
}

/* a - b, for a >= b of one family; UINT64_MAX when it does not fit. */
static uint64_t distance(const struct ip *a, const struct ip *b)
{
	u128 x = 0, y = 0;

	for (unsigned i = 0; i < a->len; i++) {
		x = x << 8 | a->byte[i];
		y = y << 8 | b->byte[i];
	}
	return x - y > UINT64_MAX ? UINT64_MAX : (uint64_t)(x - y);
}

uint64_t ip_range_size(const struct ip_range *range)
{
	uint64_t steps = distance(&range->last, &range->first);

	return steps == UINT64_MAX ? UINT64_MAX : steps + 1;
}

uint64_t ip_range_offset(const struct ip_range *range, const struct ip *ip)
{
	return distance(ip, &range->first);
}

uint64_t ip_hash(const struct ip *ip)
{
	uint64_t hash = hash_bytes(HASH_EMPTY, ip->byte, ip->len);

	return hash ^ hash >> 29;
}
