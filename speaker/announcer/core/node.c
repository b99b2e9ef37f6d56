/* node - see node.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/node.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/heap.h"
#include "common/core/ipmap.h"
#include "common/core/limiter.h"
#include "speaker/announcer/core/peers.h"

struct vip {
	struct table_row row; /* candidate[] is not used: */
	struct peer **candidate;
	bool stale, counted; /* not repeated by a fresh agent; counts to report */
	struct vip *dirty_next, **dirty_at; /* in the list of verdicts to report; NULL: not in it */
	enum table_reason reason;
	const struct peer *owner;
	uint64_t carriers, usable; /* bits of links */
	instant since;
	uint64_t requests, responses, gratuitous;
	/* announcements under way, while due.place != 0 */
	struct heap_node due;
	unsigned round;
	uint64_t pending; /* links whose frames of this round are still to be sent */
	bool reply_next;  /* of the lowest pending link: the request was sent */
};

struct node {
	struct node_config config;
	struct links links;
	struct cover cover;
	uint64_t cover_version, ports, ports_version;
	struct peers peers;
	struct peer *self;
	struct ipmap vips;
	struct heap announcements;
	struct limiter urgent[LINKS_MAX], gentle[LINKS_MAX];
	bool configured, synced, stopped;
	bool agent, repeated; /* there is one, and it has repeated the whole table */
	/* reports */
	struct vip *first_dirty, **last_dirty;
	size_t counts_at; /* where the walk over vips stands */
	bool counts_due, totals_due;
	uint64_t links_due, n_bad_settings;
	instant blocked_until; /* an interface has had its share of announcements */
};

struct node_config node_config_default(void)
{
	return (struct node_config){ .rounds = 5, .round_ms = 1100, .urgent_per_s = 1000,
				     .gentle_per_s = 200 };
}

struct node *node_new(const struct node_config *config)
{
	struct node *n = mem_new(1, sizeof(*n));

	n->config = *config;
	links_init(&n->links);
	for (size_t i = 0; i < LINKS_MAX; i++) {
		n->urgent[i] = limiter_new(1000 / config->urgent_per_s, 2);
		n->gentle[i] = limiter_new(1000 / config->gentle_per_s, 2);
	}
	n->last_dirty = &n->first_dirty;
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
	heap_done(&n->announcements);
	links_done(&n->links);
	free(n);
}

/* ---- who owns what ---- */

static const struct peer *owner_of(const struct vip *vip)
{
	for (size_t i = 0; i < vip->row.n_candidate; i++)
		if (peer_is_alive(vip->candidate[i]))
			return vip->candidate[i];
	return NULL;
}

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
	if (!vip->owner)
		return TABLE_NO_CANDIDATE;
	if (vip->owner != n->self)
		return TABLE_NOT_OWNER;
	if (vip->carriers == 0)
		return TABLE_NO_INTERFACE;
	return vip->usable == 0 ? TABLE_LINK_DOWN : TABLE_OK;
}

static void begin_round(struct node *n, struct vip *vip, instant now, uint64_t on)
{
	vip->round = 0;
	vip->pending = on;
	vip->reply_next = false;
	heap_set(&n->announcements, &vip->due, now);
}

static void set_dirty(struct node *n, struct vip *vip)
{
	if (vip->dirty_at)
		return;
	vip->dirty_at = n->last_dirty;
	vip->dirty_next = NULL;
	*n->last_dirty = vip;
	n->last_dirty = &vip->dirty_next;
}

static void set_clean(struct node *n, struct vip *vip)
{
	if (!vip->dirty_at)
		return;
	*vip->dirty_at = vip->dirty_next;
	if (vip->dirty_next)
		vip->dirty_next->dirty_at = vip->dirty_at;
	else
		n->last_dirty = vip->dirty_at;
	vip->dirty_at = NULL;
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

	vip->owner = owner_of(vip);
	vip->carriers = choice.carriers;
	vip->usable = choice.usable;
	vip->reason = reason_of(n, vip);
	if (vip->reason != before || vip->owner != owner_before)
		vip->since = now;
	if (vip->reason != before || vip->owner != owner_before ||
	    (vip->reason == TABLE_OK && vip->usable != usable_before))
		set_dirty(n, vip);
	if (vip->reason != TABLE_OK)
		heap_remove(&n->announcements, &vip->due);
	else if (vip->usable & ~usable_before)
		begin_round(n, vip, now, vip->usable & ~usable_before);
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

/* ---- the table ---- */

static void on_settings(struct node *n, const struct table_settings *settings)
{
	struct vip *vip;

	peers_forget_indexes(&n->peers);
	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		vip->stale = true;
	n->self = peers_get(&n->peers, settings->node_name);
	if (!links_set_exclude(&n->links, settings->exclude))
		n->n_bad_settings++; /* the agent checks it; the former one stays */
	n->configured = true;
	n->agent = true;
	n->repeated = false;
	n->counts_due = false;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (n->links.at[i].known)
			n->links_due |= UINT64_C(1) << i;
}

static void on_node(struct node *n, instant now, const struct table_node *m)
{
	struct peer *peer = peers_get(&n->peers, m->name);
	bool was_alive = peer_is_alive(peer);

	peers_set_index(&n->peers, peer, m->index);
	peer->alive_by_api = m->alive;
	if (peer_is_alive(peer) != was_alive)
		judge_all(n, now);
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
	ipmap_remove(&n->vips, &vip->row.ip);
	heap_remove(&n->announcements, &vip->due);
	set_clean(n, vip);
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
		set_dirty(n, vip);
		vip->counted = true;
	}
	n->cover_version++;
	n->synced = n->repeated = true;
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

	if (vip && vip->reason == TABLE_OK && vip->due.place == 0)
		begin_round(n, vip, now, vip->usable);
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
		n->counts_due = n->totals_due = true;
		n->counts_at = 0;
		break;
	case TABLE_TOUCH:
		on_touch(n, now, &m->drop);
		break;
	default: /* what only the announcer says */
		break;
	}
}

void node_on_agent_gone(struct node *n)
{
	n->agent = false;
}

void node_on_member(struct node *n, instant now, const char *name, bool alive)
{
	struct peer *peer = peers_get(&n->peers, name);
	bool was_alive = peer_is_alive(peer);

	peer->gossips = true;
	peer->alive_by_gossip = alive;
	if (peer_is_alive(peer) != was_alive)
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
		n->links_due |= UINT64_C(1) << at;
	n->cover_version++; /* own addresses may have changed */
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
		n->links_due |= UINT64_C(1) << at;
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

enum node_verdict node_on_arp(struct node *n, uint32_t ifindex, const struct arp_msg *in,
			      struct arp_msg *out_reply)
{
	int at = links_find(&n->links, ifindex);
	struct ip target = ip_from_v4(in->tpa);
	const uint8_t *mac;
	struct vip *vip;

	if (at < 0 || n->stopped)
		return NODE_OTHER_INTERFACE;
	if (in->op != ARP_REQUEST)
		return NODE_NOT_REQUEST;
	mac = n->links.at[at].news.mac;
	if (memcmp(in->eth_dst, arp_broadcast, 6) != 0 && memcmp(in->eth_dst, mac, 6) != 0)
		return NODE_OTHER_DESTINATION;
	vip = ipmap_get(&n->vips, &target);
	if (!vip || vip->reason != TABLE_OK)
		return NODE_NOT_ANNOUNCED;
	if (!(vip->usable >> at & 1))
		return NODE_OTHER_INTERFACE;
	vip->requests++;
	vip->responses++;
	vip->counted = true;
	arp_msg_reply(in, mac, out_reply);
	return NODE_ANSWER;
}

/* The round is over: the next one, or none. */
static void end_round(struct node *n, struct vip *vip, instant now)
{
	if (++vip->round >= n->config.rounds) {
		heap_remove(&n->announcements, &vip->due);
		return;
	}
	vip->pending = vip->usable;
	vip->reply_next = false;
	heap_set(&n->announcements, &vip->due, instant_add_ms(now, n->config.round_ms));
}

bool node_next_frame(struct node *n, instant now, uint32_t *out_ifindex, struct arp_msg *out_frame)
{
	struct heap_node *first;

	while (!n->stopped && (first = heap_first(&n->announcements)) && first->due <= now) {
		struct vip *vip = CONTAINER_OF(first, struct vip, due);
		uint64_t on = vip->pending & vip->usable, suppressed;
		struct limiter *limiter;
		unsigned at;

		if (on == 0) {
			end_round(n, vip, now);
			continue;
		}
		at = (unsigned)__builtin_ctzll(on);
		limiter = vip->round == 0 ? &n->urgent[at] : &n->gentle[at];
		if (!limiter_allows(limiter, now, &suppressed)) {
			n->blocked_until = limiter_ready_at(limiter, now);
			return false;
		}
		arp_msg_announcement(vip->row.ip.byte, n->links.at[at].news.mac,
				     vip->reply_next ? ARP_REPLY : ARP_REQUEST, out_frame);
		*out_ifindex = n->links.at[at].news.ifindex;
		if (vip->reply_next)
			vip->pending &= ~(UINT64_C(1) << at);
		vip->reply_next = !vip->reply_next;
		vip->gratuitous++;
		vip->counted = true;
		return true;
	}
	return false;
}

/* ---- reports ---- */

static void fill_verdict(const struct node *n, const struct vip *vip, instant now,
			 struct table_message *out)
{
	*out = (struct table_message){ .kind = TABLE_VERDICT };
	out->verdict.ip = vip->row.ip;
	out->verdict.reason = vip->reason;
	out->verdict.owner = vip->owner ? vip->owner->index : UINT16_MAX;
	out->verdict.since_ms = (now - vip->since) / NS_PER_MS;
	for (size_t i = 0; vip->reason == TABLE_OK && i < LINKS_MAX; i++)
		if (vip->usable >> i & 1 && out->verdict.n_interface < TABLE_MAX_INTERFACES)
			memcpy(out->verdict.interface[out->verdict.n_interface++],
			       n->links.at[i].news.name, TABLE_INTERFACE_NAME_MAX);
}

static bool next_verdict(struct node *n, instant now, struct table_message *out)
{
	struct vip *vip = n->first_dirty;

	if (!vip || !n->repeated)
		return false;
	set_clean(n, vip);
	fill_verdict(n, vip, now, out);
	return true;
}

static bool next_counts(struct node *n, struct table_message *out)
{
	struct vip *vip;

	if (!n->counts_due)
		return false;
	while ((vip = ipmap_next(&n->vips, &n->counts_at))) {
		if (!vip->counted)
			continue;
		vip->counted = false;
		*out = (struct table_message){ .kind = TABLE_COUNTS };
		out->counts = (struct table_counts){ vip->row.ip, vip->requests, vip->responses,
						     vip->gratuitous };
		return true;
	}
	n->counts_at = 0;
	n->counts_due = false;
	return false;
}

static bool next_link(struct node *n, struct table_message *out)
{
	const struct link *link;
	unsigned at;

	if (n->links_due == 0)
		return false;
	at = (unsigned)__builtin_ctzll(n->links_due);
	link = &n->links.at[at];
	n->links_due &= ~(UINT64_C(1) << at);
	*out = (struct table_message){ .kind = TABLE_LINK };
	out->link.ifindex = link->news.ifindex;
	memcpy(out->link.name, link->news.name, sizeof(out->link.name));
	memcpy(out->link.mac, link->news.mac, 6);
	out->link.gone = !link->known;
	out->link.usable = links_is_usable(&n->links, at);
	return true;
}

bool node_next_report(struct node *n, instant now, struct table_message *out_m)
{
	if (!n->agent)
		return false;
	if (next_link(n, out_m) || next_verdict(n, now, out_m) || next_counts(n, out_m))
		return true;
	if (!n->totals_due)
		return false;
	n->totals_due = false;
	*out_m = (struct table_message){ .kind = TABLE_TOTALS }; /* the hallway fills it in */
	return true;
}

/* ---- what is asked ---- */

instant node_deadline(const struct node *n)
{
	instant due = heap_deadline(&n->announcements);

	if (n->stopped)
		return INSTANT_NEVER;
	return due < n->blocked_until ? n->blocked_until : due;
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
