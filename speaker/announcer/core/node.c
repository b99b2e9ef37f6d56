/* node - see node.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/node.h"

#include <stdlib.h>
#include <string.h>

#include "speaker/announcer/core/about.h"
#include "speaker/announcer/core/node_state.h"

struct node_config node_config_default(void)
{
	return (struct node_config){ .announce = announce_config_default(),
				     .claims_ms = 30000 };
}

struct node *node_new(const struct node_config *config)
{
	struct node *n = mem_new(1, sizeof(*n));

	n->peers.ring = config->in_ring;
	n->beats_until = INSTANT_NEVER;
	links_init(&n->links);
	owner_init(&n->owner, &n->peers, &n->about, config->seed);
	announce_init(&n->announce, &config->announce, config->seed);
	claims_init(&n->claims, config->claims_ms, config->seed);
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
	owner_done(&n->owner);
	announce_done(&n->announce);
	claims_done(&n->claims);
	links_done(&n->links);
	free(n);
}

/* ---- the table ---- */

static struct report_sources sources(const struct node *n)
{
	return (struct report_sources){ &n->links, &n->vips, &n->peers, n->self };
}

static void on_links_changed(struct node *n, instant now, uint32_t ifindex)
{
	int at = links_find(&n->links, ifindex);

	if (at >= 0)
		n->report.links_due |= UINT64_C(1) << at;
	n->cover_version++; /* own addresses may have changed */
	node_tell_about(n);
	node_judge_all(n, now);
}

static void seat_links(struct node *n, instant now)
{
	struct link_news left;
	int at;

	while ((at = links_seat(&n->links, &left)) >= 0) {
		if (left.ifindex != 0)
			report_link_gone(&n->report, &left);
		n->ports_version++;
		on_links_changed(n, now, n->links.at[at].news.ifindex);
	}
}

static void on_settings(struct node *n, const struct table_settings *settings)
{
	struct report_sources from;
	struct vip *vip;

	peers_forget_indexes(&n->peers);
	for (size_t at = 0; (vip = ipmap_next(&n->vips, &at));)
		vip->stale = true;
	n->self = n->owner.self = peers_get(&n->peers, settings->node_name);
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
	if (was_alive && !peers_lives(&n->peers, peer))
		peer->died = now;
	if (peers_lives(&n->peers, peer) != was_alive)
		node_judge_all(n, now);
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
	vip->hash = about_row(vip);
	n->about.table ^= vip->hash;
}

static void on_row(struct node *n, instant now, struct table_row *row)
{
	struct vip *vip = ipmap_get(&n->vips, &row->ip);
	uint64_t carriers = vip ? vip->carriers : 0;

	if (!vip) {
		vip = mem_new(1, sizeof(*vip));
		vip->reason = TABLE_N_REASONS; /* whatever it will be, it is news */
		vip->until = INT64_MIN;
		vip->holder_known = n->owner.settled; /* nobody was told to hold it before */
		ipmap_put(&n->vips, &row->ip, vip);
		if (cover_add(&n->cover, &row->ip))
			n->cover_version++;
	}
	take_row(n, vip, row);
	vip->stale = false;
	node_judge(n, vip, now);
	if (vip->carriers != carriers)
		node_choose_ports(n);
}

static void drop_vip(struct node *n, struct vip *vip)
{
	n->about.table ^= vip->hash;
	ipmap_remove(&n->vips, &vip->row.ip);
	owner_forget(&n->owner, vip);
	announce_end(&n->announce, vip);
	claims_end(&n->claims, vip);
	if (n->probe == vip)
		n->probe_on = 0;
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
		vip->claim_due = vip->contested;
		n->report.claims_due |= vip->contested;
	}
	n->cover_version++;
	n->synced = n->report.repeated = true;
	n->owner.outdated = false;
	node_tell_about(n);
	node_judge_all(n, now);
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
		node_judge_all(n, now);
		seat_links(n, now);
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
	n->owner.outdated = true;
}

/* ---- interfaces ---- */

/* The neighbours know the former hardware address, at which nobody listens any more. */
static void announce_on(struct node *n, instant now, int at)
{
	struct vip *vip;

	for (size_t i = 0; (vip = ipmap_next(&n->vips, &i));)
		if (vip->reason == TABLE_OK && vip->usable >> at & 1)
			announce_begin(&n->announce, vip, now, vip->usable);
}

void node_on_link(struct node *n, instant now, const struct link_news *news)
{
	int at = links_find(&n->links, news->ifindex);
	bool other_mac = at >= 0 && memcmp(n->links.at[at].news.mac, news->mac, 6) != 0;

	if (links_on_link(&n->links, news)) {
		n->ports_version++;
		on_links_changed(n, now, news->ifindex);
	}
	if (other_mac)
		announce_on(n, now, at);
	seat_links(n, now);
}

void node_on_link_gone(struct node *n, instant now, uint32_t ifindex)
{
	int at = links_find(&n->links, ifindex);

	if (at >= 0)
		report_link_gone(&n->report, &n->links.at[at].news);
	if (links_on_gone(&n->links, ifindex)) {
		n->ports_version++;
		on_links_changed(n, now, ifindex);
	}
	seat_links(n, now);
}

void node_on_address(struct node *n, instant now, const struct link_address *address)
{
	if (links_on_address(&n->links, address))
		on_links_changed(n, now, address->ifindex);
}

/* ---- what is asked and taken ---- */

bool node_next_report(struct node *n, instant now, struct table_message *out_m)
{
	const struct report_sources from = sources(n);

	return report_next(&n->report, &from, now, out_m);
}

instant node_deadline(const struct node *n)
{
	instant due = instant_min(announce_deadline(&n->announce), claims_deadline(&n->claims));

	return n->stopped || n->paused ? INSTANT_NEVER :
					 instant_min(due, owner_deadline(&n->owner));
}

void node_totals(const struct node *n, struct table_totals *out_totals)
{
	memcpy(out_totals->taken, n->owner.taken, sizeof(out_totals->taken));
	out_totals->failover = n->owner.failover;
	out_totals->claims_of_speakers = n->claims_of_speakers;
	out_totals->claims_of_strangers = n->claims_of_strangers;
}

bool node_holds_nothing(const struct node *n)
{
	return n->owner.n_held == 0;
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
