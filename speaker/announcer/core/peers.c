/* peers - see peers.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/peers.h"

#include <stdlib.h>
#include <string.h>

static void peer_free(struct peer *peer)
{
	free(peer->name);
	free(peer->meta);
	free(peer->had);
	free(peer);
}

void peers_done(struct peers *peers)
{
	const char *name;
	void *value;

	for (size_t at = 0; strmap_next(&peers->by_name, &at, &name, &value);)
		peer_free(value);
	strmap_done(&peers->by_name);
}

void peers_begin_sweep(struct peers *peers)
{
	const char *name;
	void *value;

	for (size_t at = 0; strmap_next(&peers->by_name, &at, &name, &value);) {
		struct peer *peer = value;

		peer->used = peer->member || peer->index != UINT16_MAX || peer->report_due;
	}
}

void peers_end_sweep(struct peers *peers)
{
	struct peer **unused = mem_new(peers->by_name.n, sizeof(*unused));
	const char *name;
	void *value;
	size_t n = 0;

	for (size_t at = 0; strmap_next(&peers->by_name, &at, &name, &value);)
		if (!((struct peer *)value)->used)
			unused[n++] = value;
	for (size_t i = 0; i < n; i++) {
		strmap_remove(&peers->by_name, unused[i]->name);
		peer_free(unused[i]);
	}
	free(unused);
}

struct peer *peers_get(struct peers *peers, const char *name)
{
	struct peer *peer = strmap_get(&peers->by_name, name);

	if (!peer) {
		peer = mem_new(1, sizeof(*peer));
		*peer = (struct peer){ .name = mem_strdup(name), .index = UINT16_MAX };
		strmap_put(&peers->by_name, name, peer);
	}
	return peer;
}

void peers_forget_indexes(struct peers *peers)
{
	const char *name;
	void *value;

	for (size_t at = 0; strmap_next(&peers->by_name, &at, &name, &value);)
		((struct peer *)value)->index = UINT16_MAX;
	memset(peers->by_index, 0, sizeof(peers->by_index));
}

void peers_set_index(struct peers *peers, struct peer *peer, uint16_t index)
{
	if (peer->index != UINT16_MAX && peers->by_index[peer->index] == peer)
		peers->by_index[peer->index] = NULL;
	peers->by_index[index] = peer;
	peer->index = index;
}

static void count(struct peers *peers, const struct peer *peer, bool add)
{
	size_t one = peer->member, foreign = peer->member && !peer->meta;

	peers->n_member = add ? peers->n_member + one : peers->n_member - one;
	peers->n_foreign = add ? peers->n_foreign + foreign : peers->n_foreign - foreign;
}

static void set_meta(struct ring_meta **at, const struct ring_meta *meta)
{
	if (!meta) {
		free(*at);
		*at = NULL;
		return;
	}
	if (!*at)
		*at = mem_new(1, sizeof(**at));
	**at = *meta;
}

void peers_set_member(struct peers *peers, struct peer *peer, bool live,
		      const struct ring_meta *meta)
{
	count(peers, peer, false);
	peer->member = live;
	if (peer->meta && peer->meta->n_reach > (meta ? meta->n_reach : 0))
		set_meta(&peer->had, peer->meta);
	set_meta(&peer->meta, meta);
	count(peers, peer, true);
}
