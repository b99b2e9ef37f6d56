/* node - see node.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/node.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/ipmap.h"
#include "speaker/announcer/core/rank.h"
#include "speaker/announcer/core/report.h"

struct node {
	struct links links;
	struct cover cover;
	uint64_t cover_version, ports, ports_version;
	struct peers peers;
	struct peer *self; /* NULL before the first SETTINGS */
	struct ring_meta about;
	struct ipmap vips;
	struct announce announce;
	struct report report;
	bool configured, synced, stopped;
	uint64_t n_bad_settings;
};

struct node_config node_config_default(void)
{
	return (struct node_config){ .announce = announce_config_default() };
}

struct node *node_new(const struct node_config *config)
{
	struct node *n = mem_new(1, sizeof(*n));

	links_init(&n->links);
	announce_init(&n->announce, &config->announce);
	report_init(&n->report);
	return n;
}

static void vip_free(struct vip *vip)
{
	free(vip->candidate);
	free(vip);
}

void node_free(struct node *n)
{
	struct vip *vip;

	if (!n)
		return;
	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		vip_free(vip);
	ipmap_done(&n->vips);
	peers_done(&n->peers);
	announce_done(&n->announce);
	links_done(&n->links);
	free(n);
}

/* ---- who owns what ---- */

static enum table_reason reason_of(const struct node *n, const struct vip *vip)
{
	if (!n->synced)
		return TABLE_NOT_SYNCED;
	if (vip->row.withheld != TABLE_OK)
		return vip->row.withheld;
	if (vip->row.ip.len != IP_V4)
		return TABLE_IPV6;
	if (links_has_address(&n->links, &vip->row.ip))
		return TABLE_NODE_ADDRESS;
	if (vip->owner && vip->owner != n->self)
		return TABLE_NOT_OWNER;
	if (!vip->owner && rank_place(vip, n->self) == SIZE_MAX)
		return TABLE_NO_CANDIDATE;
	if (vip->carriers == 0)
		return TABLE_NO_INTERFACE;
	if (vip->usable == 0)
		return TABLE_LINK_DOWN;
	return vip->owner ? TABLE_OK : TABLE_NO_CANDIDATE;
}

/* Decide anew about one address; announce it where it is new. */
static void judge(struct node *n, struct vip *vip, instant now)
{
	enum table_reason before = vip->reason;
	const struct peer *owner_before = vip->owner;
	uint64_t usable_before = before == TABLE_OK ? vip->usable : 0;
	struct links_choice choice =
		links_choose(&n->links, &vip->row.ip, (const char (*)[LINKS_NAME_MAX])vip->row.interface,
			     vip->row.n_interface);

	vip->owner = rank_best(&n->peers, vip, NULL);
	vip->carriers = choice.carriers;
	vip->usable = choice.usable;
	vip->reason = reason_of(n, vip);
	if (vip->reason != before || vip->owner != owner_before)
		vip->since = now;
	if (vip->reason != before || vip->owner != owner_before ||
	    (vip->reason == TABLE_OK && vip->usable != usable_before))
		report_verdict(&n->report, vip);
	if (vip->reason != TABLE_OK)
		announce_end(&n->announce, vip);
	else if (vip->usable & ~usable_before)
		announce_begin(&n->announce, vip, now, vip->usable & ~usable_before);
}

static void choose_ports(struct node *n)
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

static void judge_all(struct node *n, instant now)
{
	struct vip *vip;

	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		judge(n, vip, now);
	choose_ports(n);
}

/* ---- what this node says of itself ---- */

static void add_reach(struct ring_meta *about, const struct link *link, const struct ip *ip,
		      unsigned bits)
{
	struct ring_reach *reach;

	if (about->n_reach == RING_META_MAX_REACH) {
		about->partial = true;
		return;
	}
	reach = &about->reach[about->n_reach++];
	*reach = (struct ring_reach){ .name = ring_name_hash(link->news.name), .ip = *ip,
				      .bits = (uint8_t)bits };
	memcpy(reach->mac, link->news.mac, 6);
}

static void add_link(struct ring_meta *about, const struct link *link)
{
	static const struct ip none;

	for (size_t i = 0; i < link->n_address; i++)
		add_reach(about, link, &link->address[i], link->prefix_bits[i]);
	if (link->n_address == 0)
		add_reach(about, link, &none, 0);
}

static void tell_about(struct node *n)
{
	n->about.synced = n->synced;
	n->about.n_reach = 0;
	n->about.partial = false;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (links_is_usable(&n->links, i))
			add_link(&n->about, &n->links.at[i]);
	if (n->peers.ring)
		peers_set_member(&n->peers, n->self, !n->stopped, &n->about);
}

/* ---- the table ---- */

static struct report_sources sources(const struct node *n)
{
	return (struct report_sources){ &n->links, &n->vips, &n->peers, n->self };
}

static void on_settings(struct node *n, const struct table_settings *settings)
{
	struct report_sources from;
	struct vip *vip;

	peers_forget_indexes(&n->peers);
	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		vip->stale = true;
	n->self = peers_get(&n->peers, settings->node_name);
	if (!links_set_exclude(&n->links, settings->exclude))
		n->n_bad_settings++; /* the agent checks it; the former one stays */
	n->configured = true;
	from = sources(n);
	report_on_settings(&n->report, &from);
}

static void on_node(struct node *n, instant now, const struct table_node *m)
{
	struct peer *peer = peers_get(&n->peers, m->name);
	bool was_alive = peers_lives(&n->peers, peer);

	peers_set_index(&n->peers, peer, m->index);
	peer->alive_by_api = m->alive;
	if (peers_lives(&n->peers, peer) != was_alive)
		judge_all(n, now);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	for (const uint8_t *at = bytes; n > 0; at++, n--) /* FNV-1a */
		hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	return hash;
}

/* Of what a row says, without the indexes, which differ between speakers. */
static uint64_t hash_of(const struct vip *vip)
{
	uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), vip->row.ip.byte, vip->row.ip.len);
	uint8_t withheld = (uint8_t)vip->row.withheld;

	hash = mix(hash, &withheld, 1);
	for (size_t i = 0; i < vip->row.n_candidate; i++)
		hash = mix(hash, vip->candidate[i]->name, strlen(vip->candidate[i]->name) + 1);
	for (size_t i = 0; i < vip->row.n_interface; i++)
		hash = mix(hash, vip->row.interface[i], strlen(vip->row.interface[i]) + 1);
	return hash;
}

static void take_row(struct node *n, struct vip *vip, struct table_row *row)
{
	uint16_t kept = 0;

	vip->candidate = mem_resize(vip->candidate, row->n_candidate, sizeof(struct peer *));
	for (size_t i = 0; i < row->n_candidate; i++)
		if (n->peers.by_index[row->candidate[i]])
			vip->candidate[kept++] = n->peers.by_index[row->candidate[i]];
	free(row->candidate);
	vip->row = *row;
	vip->row.candidate = NULL;
	vip->row.n_candidate = kept;
	n->about.table ^= vip->hash;
	vip->hash = hash_of(vip);
	n->about.table ^= vip->hash;
}

static void on_row(struct node *n, instant now, struct table_row *row)
{
	struct vip *vip = ipmap_get(&n->vips, &row->ip);
	uint64_t carriers = vip ? vip->carriers : 0;

	if (!vip) {
		vip = mem_new(1, sizeof(*vip));
		vip->reason = TABLE_N_REASONS; /* whatever it will be, it is news */
		ipmap_put(&n->vips, &row->ip, vip);
		if (cover_add(&n->cover, &row->ip))
			n->cover_version++;
	}
	take_row(n, vip, row);
	vip->stale = false;
	judge(n, vip, now);
	if (vip->carriers != carriers)
		choose_ports(n);
}

static void drop_vip(struct node *n, struct vip *vip)
{
	n->about.table ^= vip->hash;
	ipmap_remove(&n->vips, &vip->row.ip);
	announce_end(&n->announce, vip);
	report_forget(&n->report, vip);
	vip_free(vip);
}

static void on_synced(struct node *n, instant now)
{
	struct vip **gone = mem_new(n->vips.n, sizeof(*gone)), *vip;
	size_t n_gone = 0;

	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		if (vip->stale)
			gone[n_gone++] = vip;
	for (size_t i = 0; i < n_gone; i++)
		drop_vip(n, gone[i]);
	free(gone);
	memset(&n->cover, 0, sizeof(n->cover));
	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));) {
		cover_add(&n->cover, &vip->row.ip);
		report_verdict(&n->report, vip);
		vip->counted = true;
	}
	n->cover_version++;
	n->synced = n->report.repeated = true;
	tell_about(n);
	judge_all(n, now);
}

static void on_drop(struct node *n, const struct ip *ip)
{
	struct vip *vip = ipmap_get(&n->vips, ip);

	if (vip)
		drop_vip(n, vip);
}

static void on_touch(struct node *n, instant now, const struct ip *ip)
{
	struct vip *vip = ipmap_get(&n->vips, ip);

	if (vip && vip->reason == TABLE_OK && !announce_is_under_way(vip))
		announce_begin(&n->announce, vip, now, vip->usable);
}

void node_on_message(struct node *n, instant now, struct table_message *m)
{
	switch (m->kind) {
	case TABLE_SETTINGS:
		on_settings(n, &m->settings);
		judge_all(n, now);
		break;
	case TABLE_NODE:
		on_node(n, now, &m->node);
		break;
	case TABLE_ROW:
		on_row(n, now, &m->row);
		break;
	case TABLE_DROP:
		on_drop(n, &m->drop);
		break;
	case TABLE_SYNCED:
		on_synced(n, now);
		break;
	case TABLE_ASK:
		report_on_ask(&n->report);
		break;
	case TABLE_TOUCH:
		on_touch(n, now, &m->drop);
		break;
	default: /* what only the announcer says */
		break;
	}
}

void node_tell_ring(struct node *n)
{
	n->report.ring_due = true;
}

void node_on_agent_gone(struct node *n)
{
	n->report.agent = false;
}

/* ---- the ring ---- */

void node_enter_ring(struct node *n, instant now)
{
	CHECK(n->self);
	n->peers.ring = true;
	n->self->was_member = true;
	peers_set_member(&n->peers, n->self, true, &n->about);
	report_member(&n->report, n->self);
	judge_all(n, now);
}

void node_on_member(struct node *n, instant now, const char *name, bool alive,
		    const struct ring_meta *meta)
{
	struct peer *peer = peers_get(&n->peers, name);

	if (peer == n->self)
		return;
	peer->was_member = true;
	peers_set_member(&n->peers, peer, alive, meta);
	report_member(&n->report, peer);
	judge_all(n, now);
}

void node_set_candidate(struct node *n, instant now, bool candidate)
{
	if (n->about.candidate == candidate)
		return;
	n->about.candidate = candidate;
	tell_about(n);
	judge_all(n, now);
}

void node_stop(struct node *n)
{
	n->stopped = true;
}

/* ---- interfaces ---- */

static void on_links_changed(struct node *n, instant now, uint32_t ifindex)
{
	int at = links_find(&n->links, ifindex);

	if (at >= 0)
		n->report.links_due |= UINT64_C(1) << at;
	n->cover_version++; /* own addresses may have changed */
	tell_about(n);
	judge_all(n, now);
}

void node_on_link(struct node *n, instant now, const struct link_news *news)
{
	if (links_on_link(&n->links, news)) {
		n->ports_version++;
		on_links_changed(n, now, news->ifindex);
	}
}

void node_on_link_gone(struct node *n, instant now, uint32_t ifindex)
{
	int at = links_find(&n->links, ifindex);

	if (links_on_gone(&n->links, ifindex)) {
		n->report.links_due |= UINT64_C(1) << at;
		n->ports_version++;
		on_links_changed(n, now, ifindex);
	}
}

void node_on_address(struct node *n, instant now, const struct link_address *address)
{
	if (links_on_address(&n->links, address))
		on_links_changed(n, now, address->ifindex);
}

/* ---- frames ---- */

enum node_verdict node_on_arp(struct node *n, instant now, const struct node_frame *in,
			      struct arp_msg *out_reply)
{
	int at = links_find(&n->links, in->ifindex);
	struct ip target = ip_from_v4(in->arp.tpa);
	const uint8_t *mac;
	struct vip *vip;

	if (at < 0 || n->stopped)
		return NODE_OTHER_INTERFACE;
	if (in->arp.op != ARP_REQUEST)
		return NODE_NOT_REQUEST;
	mac = n->links.at[at].news.mac;
	if (memcmp(in->arp.eth_dst, arp_broadcast, 6) != 0 && memcmp(in->arp.eth_dst, mac, 6) != 0)
		return NODE_OTHER_DESTINATION;
	vip = ipmap_get(&n->vips, &target);
	if (!vip || vip->reason != TABLE_OK)
		return NODE_NOT_ANNOUNCED;
	if (!(vip->usable >> at & 1))
		return NODE_OTHER_INTERFACE;
	vip->asked = now;
	vip->requests++;
	vip->responses++;
	vip->counted = true;
	arp_msg_reply(&in->arp, mac, out_reply);
	return NODE_ANSWER;
}

bool node_next_frame(struct node *n, instant now, struct node_frame *out_frame)
{
	return !n->stopped && announce_next(&n->announce, &n->links, now, &out_frame->ifindex,
					    &out_frame->arp);
}

bool node_next_report(struct node *n, instant now, struct table_message *out_m)
{
	const struct report_sources from = sources(n);

	return report_next(&n->report, &from, now, out_m);
}

/* ---- what is asked ---- */

instant node_deadline(const struct node *n)
{
	return n->stopped ? INSTANT_NEVER : announce_deadline(&n->announce);
}

bool node_is_synced(const struct node *n)
{
	return n->synced;
}

bool node_was_configured(const struct node *n)
{
	return n->configured;
}

size_t node_n_rows(const struct node *n)
{
	return n->vips.n;
}

const struct peers *node_peers(const struct node *n)
{
	return &n->peers;
}

const struct ring_meta *node_about(const struct node *n)
{
	return &n->about;
}

uint64_t node_ports(const struct node *n, uint64_t *out_version)
{
	*out_version = n->ports_version;
	return n->ports;
}

const struct links *node_links(const struct node *n)
{
	return &n->links;
}

const struct cover *node_cover(const struct node *n, uint64_t *out_version)
{
	*out_version = n->cover_version;
	return &n->cover;
}
