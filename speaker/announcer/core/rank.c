/* rank - see rank.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/rank.h"

/* How well a peer fits; the subnet counts for more than the health. */
enum fit { FIT_NONE, FIT_REACHES, FIT_REACHES_HEALTHY, FIT_IN_SUBNET, FIT_BEST };

/* Where candidates have other interfaces each, all speakers must leave the names out to agree. */
static bool is_named(const struct table_row *row, uint16_t name)
{
	if (row->differs)
		return true;
	for (size_t i = 0; i < row->n_interface; i++)
		if (ring_name_hash(row->interface[i]) == name)
			return true;
	return row->n_interface == 0;
}

static bool contains(const struct ring_reach *reach, const struct ip *ip)
{
	struct ip_range range;

	return reach->ip.len == ip->len && ip_prefix_range(&reach->ip, reach->bits, &range) == 0 &&
	       ip_range_contains(&range, ip);
}

/* FIT_NONE, FIT_REACHES or FIT_IN_SUBNET. */
static enum fit reach_of(const struct ring_meta *meta, const struct table_row *row)
{
	enum fit fit = meta->partial ? FIT_IN_SUBNET : FIT_NONE;

	for (size_t i = 0; i < meta->n_reach && fit != FIT_IN_SUBNET; i++) {
		if (!is_named(row, meta->reach[i].name))
			continue;
		fit = contains(&meta->reach[i], &row->ip) ? FIT_IN_SUBNET : FIT_REACHES;
	}
	return fit;
}

static enum fit fit_of(const struct peers *peers, const struct vip *vip, const struct peer *peer)
{
	enum fit reach;

	if (!peers_lives(peers, peer))
		return FIT_NONE;
	if (!peers->ring || peers_are_mixed(peers))
		return FIT_BEST;
	if (!peer->meta || !peer->meta->synced || peer->meta->stopping)
		return FIT_NONE;
	reach = reach_of(peer->meta, &vip->row);
	if (!peer->meta->candidate || reach == FIT_NONE)
		return reach;
	return reach == FIT_IN_SUBNET ? FIT_BEST : FIT_REACHES_HEALTHY;
}

struct peer *rank_best(const struct peers *peers, const struct vip *vip,
		       const struct peer *without)
{
	enum fit best_fit = FIT_NONE;
	struct peer *best = NULL;

	for (size_t i = 0; i < vip->row.n_candidate && best_fit < FIT_BEST; i++) {
		enum fit fit = vip->candidate[i] == without ?
				       FIT_NONE : fit_of(peers, vip, vip->candidate[i]);

		if (fit > best_fit) {
			best_fit = fit;
			best = vip->candidate[i];
		}
	}
	return best;
}

bool rank_reaches(const struct peers *peers, const struct vip *vip, const struct peer *peer)
{
	return peers_lives(peers, peer) && peer->meta && peer->meta->synced &&
	       reach_of(peer->meta, &vip->row) != FIT_NONE;
}

size_t rank_place(const struct vip *vip, const struct peer *peer)
{
	for (size_t i = 0; i < vip->row.n_candidate; i++)
		if (vip->candidate[i] == peer)
			return i;
	return SIZE_MAX;
}
