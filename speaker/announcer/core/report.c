/* report - see report.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/report.h"

#include <string.h>

void report_init(struct report *r)
{
	*r = (struct report){ 0 };
	r->last_dirty = &r->first_dirty;
}

void report_verdict(struct report *r, struct vip *vip)
{
	if (vip->dirty_at)
		return;
	vip->dirty_at = r->last_dirty;
	vip->dirty_next = NULL;
	*r->last_dirty = vip;
	r->last_dirty = &vip->dirty_next;
}

void report_forget(struct report *r, struct vip *vip)
{
	if (!vip->dirty_at)
		return;
	*vip->dirty_at = vip->dirty_next;
	if (vip->dirty_next)
		vip->dirty_next->dirty_at = vip->dirty_at;
	else
		r->last_dirty = vip->dirty_at;
	vip->dirty_at = NULL;
}

void report_claim(struct report *r, struct vip *vip, bool contested)
{
	if (vip->contested == contested)
		return;
	vip->contested = contested;
	vip->claim_due = r->claims_due = true;
}

void report_member(struct report *r, struct peer *peer)
{
	peer->report_due = true;
	r->members_due = true;
}

/* Who has no agent has told nothing, and one that reads nothing for so long knows too many. */
void report_link_gone(struct report *r, const struct link_news *news)
{
	if (r->agent && r->n_link_gone < LINKS_MAX)
		r->link_gone[r->n_link_gone++] = *news;
}

static bool next_peer(const struct peers *peers, size_t *inout_at, struct peer **out_peer)
{
	const char *name;
	void *value;
	bool more = strmap_next(&peers->by_name, inout_at, &name, &value);

	if (more)
		*out_peer = value;
	return more;
}

void report_on_settings(struct report *r, const struct report_sources *from)
{
	struct peer *peer;

	r->agent = true;
	r->repeated = false;
	r->counts_due = false;
	r->ring_due = true;
	r->n_link_gone = 0;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (from->links->at[i].known)
			r->links_due |= UINT64_C(1) << i;
	for (size_t at = 0; next_peer(from->peers, &at, &peer);)
		if (peer->was_member)
			report_member(r, peer);
}

void report_on_ask(struct report *r)
{
	r->counts_due = r->totals_due = r->ring_due = true;
	r->counts_at = 0;
}

static void fill_verdict(const struct links *links, const struct vip *vip, instant now,
			 struct table_message *out)
{
	*out = (struct table_message){ .kind = TABLE_VERDICT };
	out->verdict.ip = vip->row.ip;
	out->verdict.reason = vip->reason;
	out->verdict.owner = vip->owner ? vip->owner->index : UINT16_MAX;
	out->verdict.since_ms = (now - vip->since) / NS_PER_MS;
	out->verdict.from = UINT16_MAX;
	if (vip->reason == TABLE_OK) {
		out->verdict.from = vip->from ? vip->from->index : UINT16_MAX;
		out->verdict.cause = vip->cause;
	}
	for (size_t i = 0; vip->reason == TABLE_OK && i < LINKS_MAX; i++)
		if (vip->usable >> i & 1 && out->verdict.n_interface < TABLE_MAX_INTERFACES)
			memcpy(out->verdict.interface[out->verdict.n_interface++],
			       links->at[i].news.name, TABLE_INTERFACE_NAME_MAX);
}

static bool next_verdict(struct report *r, const struct links *links, instant now,
			 struct table_message *out)
{
	struct vip *vip = r->first_dirty;

	if (!vip || !r->repeated)
		return false;
	report_forget(r, vip);
	fill_verdict(links, vip, now, out);
	return true;
}

static bool next_counts(struct report *r, const struct ipmap *vips, struct table_message *out)
{
	struct vip *vip;

	if (!r->counts_due)
		return false;
	while ((vip = ipmap_next(vips, &r->counts_at))) {
		if (!vip->counted)
			continue;
		vip->counted = false;
		*out = (struct table_message){ .kind = TABLE_COUNTS };
		out->counts = (struct table_counts){ vip->row.ip, vip->requests, vip->responses,
						     vip->gratuitous, vip->n_take };
		return true;
	}
	r->counts_at = 0;
	r->counts_due = false;
	return false;
}

static bool next_claim(struct report *r, const struct ipmap *vips, struct table_message *out)
{
	struct vip *vip;

	if (!r->claims_due || !r->repeated)
		return false;
	for (size_t at = 0; (vip = ipmap_next(vips, &at));) {
		if (!vip->claim_due)
			continue;
		vip->claim_due = false;
		*out = (struct table_message){ .kind = TABLE_CLAIM };
		out->claim.ip = vip->row.ip;
		out->claim.gone = !vip->contested;
		memcpy(out->claim.mac, vip->claimant, 6);
		return true;
	}
	r->claims_due = false;
	return false;
}

static void fill_link(const struct link_news *news, struct table_message *out)
{
	*out = (struct table_message){ .kind = TABLE_LINK };
	out->link.ifindex = news->ifindex;
	memcpy(out->link.name, news->name, sizeof(out->link.name));
	memcpy(out->link.mac, news->mac, 6);
}

static bool next_link(struct report *r, const struct links *links, struct table_message *out)
{
	if (r->n_link_gone > 0) {
		fill_link(&r->link_gone[--r->n_link_gone], out);
		out->link.gone = true;
		return true;
	}
	while (r->links_due != 0) {
		unsigned at = (unsigned)__builtin_ctzll(r->links_due);

		r->links_due &= ~(UINT64_C(1) << at);
		if (!links->at[at].known) /* told already */
			continue;
		fill_link(&links->at[at].news, out);
		out->link.usable = links_is_usable(links, at);
		return true;
	}
	return false;
}

static bool next_member(struct report *r, const struct peers *peers, const struct peer *self,
			struct table_message *out)
{
	struct peer *peer;

	if (!r->members_due)
		return false;
	for (size_t at = 0; next_peer(peers, &at, &peer);) {
		if (!peer->report_due)
			continue;
		peer->report_due = false;
		*out = (struct table_message){ .kind = TABLE_MEMBER };
		memcpy(out->member.name, peer->name, strlen(peer->name) + 1);
		out->member.alive = peer->member;
		out->member.self = peer == self;
		return true;
	}
	r->members_due = false;
	return false;
}

bool report_next(struct report *r, const struct report_sources *from, instant now,
		 struct table_message *out_m)
{
	if (!r->agent)
		return false;
	if (next_link(r, from->links, out_m) || next_member(r, from->peers, from->self, out_m) ||
	    next_verdict(r, from->links, now, out_m) || next_claim(r, from->vips, out_m) ||
	    next_counts(r, from->vips, out_m))
		return true;
	if (r->ring_due) {
		r->ring_due = false;
		*out_m = (struct table_message){ .kind = TABLE_RING };
		return true;
	}
	if (!r->totals_due)
		return false;
	r->totals_due = false;
	*out_m = (struct table_message){ .kind = TABLE_TOTALS };
	return true;
}
