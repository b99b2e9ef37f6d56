/* finder - see finder.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/finder.h"

#include <stdlib.h>
#include <string.h>

void finder_init(struct finder *f)
{
	*f = (struct finder){ .whole = true, .from = INSTANT_NEVER, .until = INSTANT_NEVER };
}

void finder_done(struct finder *f)
{
	free(f->peer);
}

static bool is_at(const struct swim_addr *addr, const struct ip *ip)
{
	return addr->n == ip->len && memcmp(addr->byte, ip->byte, ip->len) == 0;
}

bool finder_on_peers(struct finder *f, const struct table_peers *peers)
{
	if (f->whole)
		f->n = f->n_found = 0;
	f->peer = mem_resize(f->peer, f->n + peers->n, sizeof(*f->peer));
	for (size_t i = 0; i < peers->n && f->n < FINDER_MAX_PEERS; i++)
		f->peer[f->n++] = peers->ip[i];
	f->whole = !peers->more;
	return f->whole;
}

bool finder_has(const struct finder *f, const struct ip *ip)
{
	for (size_t i = 0; i < f->n; i++)
		if (ip_equal(&f->peer[i], ip))
			return true;
	return false;
}

bool finder_has_others(const struct finder *f, const struct swim_addr *self)
{
	for (size_t i = 0; i < f->n; i++)
		if (!is_at(self, &f->peer[i]))
			return true;
	return false;
}

/* Is there a live member at this address; this node counts. */
static bool is_member(const struct swim_members *members, const struct ip *ip)
{
	for (size_t i = 0; i < members->n; i++) {
		const struct swim_member *member = members->at[i];

		if (swim_member_is_live(member) && is_at(&member->said.addr, ip))
			return true;
	}
	return false;
}

size_t finder_strangers(struct finder *f, const struct swim_members *members,
			struct swim_addr out[FINDER_AT_ONCE])
{
	size_t n = 0;

	for (size_t i = 0; i < f->n && n < FINDER_AT_ONCE; i++) {
		const struct ip *peer = &f->peer[f->next++ % f->n];

		if (is_member(members, peer))
			continue;
		out[n].n = peer->len;
		memcpy(out[n++].byte, peer->byte, peer->len);
	}
	return n;
}

void finder_begin(struct finder *f, instant now, int64_t gossip_interval_ms)
{
	f->from = instant_add_ms(now, FINDER_ROUNDS * gossip_interval_ms);
	f->until = instant_max(f->from, instant_add_ms(now, FINDER_MS));
}

bool finder_is_searching(const struct finder *f)
{
	return f->until != INSTANT_NEVER;
}

void finder_tick(struct finder *f, instant now, const struct swim_members *members)
{
	if (f->from > now)
		return;
	while (f->n_found < f->n && is_member(members, &f->peer[f->n_found]))
		f->n_found++;
	if (f->n_found == f->n || f->until <= now)
		f->from = f->until = INSTANT_NEVER;
}

instant finder_deadline(const struct finder *f, instant now)
{
	return f->from > now ? f->from : f->until;
}
