/* node_judge - see node_state.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/about.h"
#include "speaker/announcer/core/node_state.h"

/* Why this node cannot answer, were it to come first; TABLE_OK: it can. */
static enum table_reason obstacle_of(const struct node *n, const struct vip *vip)
{
	if (!n->synced)
		return TABLE_NOT_SYNCED;
	if (vip->row.withheld != TABLE_OK)
		return vip->row.withheld;
	if (vip->row.ip.len != IP_V4)
		return TABLE_IPV6;
	if (links_has_address(&n->links, &vip->row.ip))
		return TABLE_NODE_ADDRESS;
	if (n->locked != TABLE_OK)
		return n->locked;
	if (n->peers.ring && !n->self->member)
		return TABLE_NOT_SYNCED; /* its port is not open */
	if (vip->carriers == 0)
		return TABLE_NO_INTERFACE;
	return vip->usable == 0 ? TABLE_LINK_DOWN : TABLE_OK;
}

static enum table_reason reason_of(const struct node *n, const struct vip *vip)
{
	enum table_reason obstacle = obstacle_of(n, vip);
	bool cable = obstacle == TABLE_NO_INTERFACE || obstacle == TABLE_LINK_DOWN;

	if (vip->own == OWN_HELD)
		return n->paused ? TABLE_PAUSED : TABLE_OK;
	if (obstacle != TABLE_OK && !cable)
		return obstacle;
	if (obstacle == TABLE_LINK_DOWN && rank_place(vip, n->self) != SIZE_MAX)
		return obstacle; /* also when another one has it by now */
	if (vip->best && vip->best != n->self)
		return TABLE_NOT_OWNER;
	if (!vip->best && rank_place(vip, n->self) == SIZE_MAX)
		return TABLE_NO_CANDIDATE;
	if (cable)
		return obstacle;
	return vip->best ? TABLE_TAKING : TABLE_NO_CANDIDATE;
}

static struct peer *owner_of(const struct node *n, const struct vip *vip)
{
	if (vip->own == OWN_HELD)
		return n->self;
	if (vip->own == OWN_ASKING)
		return vip->holder;
	return vip->own == OWN_PROBING ? NULL : vip->best;
}

static void set_held(struct node *n, struct vip *vip, instant now, bool held)
{
	uint64_t fresh = vip->usable & ~vip->announced;

	if (held && vip->announced == 0)
		claims_begin(&n->claims, vip, now);
	if (!held) {
		claims_end(&n->claims, vip);
		announce_end(&n->announce, vip);
		vip->announced = 0;
		report_claim(&n->report, vip, false);
		return;
	}
	if (fresh)
		announce_begin(&n->announce, vip, now, fresh);
	vip->announced = vip->usable;
}

void node_show(struct node *n, struct vip *vip, instant now)
{
	enum table_reason before = vip->reason;
	const struct peer *owner_before = vip->owner;
	uint64_t announced_before = vip->announced;

	vip->reason = reason_of(n, vip);
	vip->owner = owner_of(n, vip);
	set_held(n, vip, now, vip->reason == TABLE_OK);
	if (vip->reason != before || vip->owner != owner_before)
		vip->since = now;
	if (vip->reason != before || vip->owner != owner_before || vip->announced != announced_before)
		report_verdict(&n->report, vip);
}

void node_judge(struct node *n, struct vip *vip, instant now)
{
	struct links_choice choice =
		links_choose(&n->links, &vip->row.ip, (const char (*)[LINKS_NAME_MAX])vip->row.interface,
			     vip->row.n_interface);

	vip->carriers = choice.carriers;
	vip->usable = choice.usable;
	owner_judge(&n->owner, vip, now, n->self && obstacle_of(n, vip) == TABLE_OK);
	node_show(n, vip, now);
}

void node_choose_ports(struct node *n)
{
	uint64_t ports = 0;
	struct vip *vip;

	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		if (vip->row.ip.len == IP_V4)
			ports |= vip->carriers;
	if (ports != n->ports) {
		n->ports = ports;
		n->ports_version++;
	}
}

void node_judge_all(struct node *n, instant now)
{
	struct vip *vip;

	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		node_judge(n, vip, now);
	node_choose_ports(n);
}

void node_tell_about(struct node *n)
{
	n->about.synced = n->synced;
	about_reach(&n->links, &n->about);
	if (n->peers.ring && n->self && n->self->member)
		peers_set_member(&n->peers, n->self, true, &n->about);
}
