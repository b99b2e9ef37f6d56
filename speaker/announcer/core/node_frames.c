/* node_frames - see node_state.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "speaker/announcer/core/node_state.h"

/* ---- in ---- */

static bool is_own_mac(const struct links *links, const uint8_t mac[static 6])
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (links->at[i].known && memcmp(links->at[i].news.mac, mac, 6) == 0)
			return true;
	return false;
}

/*
 * A live speaker goes on answering although this one comes first: its gossip may
 * be blocked one way or the other. Then the order of the row decides on both sides.
 */
static void dispute(struct node *n, struct vip *vip, instant now, struct peer *peer, bool answers)
{
	if (vip->disputed == 0 || now > instant_add_ms(vip->disputed, CLAIMS_DEFEND_MS))
		vip->disputed = now;
	owner_demand(&n->owner, vip, now, peer);
	claims_hurry(&n->claims, vip, now);
	if (answers && now >= instant_add_ms(vip->disputed, OWNER_ASK_BOUND_MS) &&
	    rank_place(vip, peer) < rank_place(vip, n->self))
		owner_give_way(&n->owner, vip, now, peer);
}

/*
 * Another speaker answers for what this node holds, too. Unless the ring wants
 * it there, it must have answered a probe: what only announces may be deaf.
 */
static void settle_claim(struct node *n, struct vip *vip, instant now, struct peer *peer,
			 const struct arp_msg *claim)
{
	bool answers = memcmp(claim->eth_dst, arp_broadcast, 6) != 0;
	bool is_first = rank_place(vip, peer) < rank_place(vip, n->self);

	if (!peer->member || vip->best == n->self)
		n->doubt = peer;
	if (peer->member && vip->best == n->self)
		dispute(n, vip, now, peer, answers);
	else if ((peer->member && vip->best == peer) || (is_first && answers))
		owner_yield(&n->owner, vip, now, peer);
	else
		claims_hurry(&n->claims, vip, now);
	if (vip->own == OWN_HELD && claims_note(vip, now, claim->sha))
		announce_begin(&n->announce, vip, now, vip->usable);
	else if (vip->own == OWN_HELD && !announce_is_under_way(vip)) /* have the last word */
		announce_later(&n->announce, vip, instant_add_ms(now, CLAIMS_FIRST_MS));
	node_show(n, vip, now);
}

/* The frame says that its sender has the address. */
static void on_claim(struct node *n, struct vip *vip, instant now, const struct arp_msg *arp)
{
	struct peer *peer;

	if (is_own_mac(&n->links, arp->sha))
		return;
	if (vip->own == OWN_PROBING)
		owner_on_claim(vip);
	if (vip->own != OWN_HELD)
		return;
	peer = claims_find(&n->peers, arp->sha);
	if (peer) {
		n->claims_of_speakers++;
		settle_claim(n, vip, now, peer, arp);
		return;
	}
	n->claims_of_strangers++;
	if (!vip->contested)
		claims_hurry(&n->claims, vip, now);
	if (claims_note(vip, now, arp->sha))
		announce_again(&n->announce, vip, now);
	report_claim(&n->report, vip, true);
}

enum node_verdict node_on_arp(struct node *n, instant now, const struct node_frame *in,
			      struct arp_msg *out_reply)
{
	int at = links_find(&n->links, in->ifindex);
	const struct ip target = ip_from_v4(in->arp.tpa), sender = ip_from_v4(in->arp.spa);
	const uint8_t *mac;
	struct vip *vip;

	if (at < 0 || n->stopped)
		return NODE_OTHER_INTERFACE;
	vip = ipmap_get(&n->vips, &sender);
	if (vip && vip->usable >> at & 1)
		on_claim(n, vip, now, &in->arp);
	if (in->arp.op != ARP_REQUEST)
		return NODE_NOT_REQUEST;
	mac = n->links.at[at].news.mac;
	if (memcmp(in->arp.eth_dst, arp_broadcast, 6) != 0 && memcmp(in->arp.eth_dst, mac, 6) != 0)
		return NODE_OTHER_DESTINATION;
	vip = ipmap_get(&n->vips, &target);
	if (!vip)
		return NODE_NOT_ANNOUNCED;
	vip->asked = now;
	if (vip->reason != TABLE_OK || now >= instant_min(vip->until, n->beats_until))
		return NODE_NOT_ANNOUNCED;
	if (!(vip->usable >> at & 1))
		return NODE_OTHER_INTERFACE;
	vip->requests++;
	vip->responses++;
	vip->counted = true;
	arp_msg_reply(&in->arp, mac, out_reply);
	return NODE_ANSWER;
}

/* ---- out ---- */

static void put_probe(const struct node *n, const struct vip *vip, unsigned at,
		      struct node_frame *out_frame)
{
	out_frame->ifindex = n->links.at[at].news.ifindex;
	arp_msg_probe(vip->row.ip.byte, n->links.at[at].news.mac, &out_frame->arp);
}

/* Before a take: is anybody there. */
static bool next_probe(struct node *n, struct node_frame *out_frame)
{
	unsigned at;

	if (n->probe_on == 0)
		return false;
	at = (unsigned)__builtin_ctzll(n->probe_on);
	n->probe_on &= n->probe_on - 1;
	put_probe(n, n->probe, at, out_frame);
	return true;
}

static bool next_step(struct node *n, instant now, struct node_frame *out_frame)
{
	struct vip *vip;
	bool probe;

	while ((vip = owner_tick(&n->owner, now, &probe))) {
		node_show(n, vip, now);
		if (!probe)
			continue;
		n->probe = vip;
		n->probe_on = vip->usable;
		if (next_probe(n, out_frame))
			return true;
	}
	return false;
}

bool node_next_frame(struct node *n, instant now, struct node_frame *out_frame)
{
	struct vip *vip;
	unsigned at;

	if (n->stopped || n->paused)
		return false;
	if (next_probe(n, out_frame) || next_step(n, now, out_frame))
		return true;
	if (announce_next(&n->announce, &n->links, now, &out_frame->ifindex, &out_frame->arp))
		return true;
	vip = claims_next(&n->claims, now, &at);
	if (!vip)
		return false;
	if (claims_are_over(vip, now)) {
		report_claim(&n->report, vip, false);
		announce_again(&n->announce, vip, now);
	}
	put_probe(n, vip, at, out_frame);
	return true;
}
