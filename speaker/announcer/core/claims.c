/* claims - see claims.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/claims.h"

#include <string.h>

void claims_init(struct claims *c, int64_t every_ms, uint64_t seed)
{
	*c = (struct claims){ .every_ms = every_ms, .prng = prng_seeded(seed) };
	for (size_t i = 0; i < LINKS_MAX; i++)
		c->limiter[i] = limiter_per_s(CLAIMS_PROBES_PER_S, CLAIMS_PART);
}

void claims_done(struct claims *c)
{
	heap_done(&c->due);
}

static void wait(struct claims *c, struct vip *vip, instant now, int64_t ms)
{
	heap_set(&c->due, &vip->probe, instant_on_grid(instant_add_ms(now, ms), CLAIMS_GRID_MS));
}

void claims_begin(struct claims *c, struct vip *vip, instant now)
{
	vip->probe_pending = UINT64_MAX;
	vip->defended = vip->claimed = INT64_MIN;
	if (c->every_ms > 0)
		wait(c, vip, now, CLAIMS_FIRST_MS);
}

void claims_hurry(struct claims *c, struct vip *vip, instant now)
{
	if (vip->probe.place == 0 || now < instant_add_ms(vip->claimed, CLAIMS_FIRST_MS))
		return;
	vip->probe_pending = UINT64_MAX;
	heap_set(&c->due, &vip->probe, instant_min(now, heap_deadline(&c->due)) - 1);
}

void claims_end(struct claims *c, struct vip *vip)
{
	heap_remove(&c->due, &vip->probe);
}

static int64_t pause_ms(struct claims *c, const struct vip *vip)
{
	if (vip->contested && c->every_ms > CLAIMS_AGAIN_MS)
		return CLAIMS_AGAIN_MS;
	return c->every_ms - prng_between(&c->prng, 0, c->every_ms / 10);
}

struct vip *claims_next(struct claims *c, instant now, unsigned *out_at)
{
	struct heap_node *first;

	while ((first = heap_first(&c->due)) && first->due <= now) {
		struct vip *vip = CONTAINER_OF(first, struct vip, probe);
		uint64_t on = vip->probe_pending & vip->usable, suppressed;

		if (on == 0) {
			vip->probe_pending = UINT64_MAX;
			wait(c, vip, now, pause_ms(c, vip));
			continue;
		}
		*out_at = (unsigned)__builtin_ctzll(on);
		if (!limiter_allows(&c->limiter[*out_at], now, &suppressed)) {
			c->blocked_until = instant_on_grid(limiter_ready_at(&c->limiter[*out_at], now),
							   CLAIMS_GRID_MS);
			return NULL;
		}
		vip->probe_pending &= ~(UINT64_C(1) << *out_at);
		return vip;
	}
	return NULL;
}

instant claims_deadline(const struct claims *c)
{
	instant due = heap_deadline(&c->due);

	return due < c->blocked_until ? c->blocked_until : due;
}

bool claims_note(struct vip *vip, instant now, const uint8_t mac[static 6])
{
	bool defend = vip->defended == INT64_MIN ||
		      now >= instant_add_ms(vip->defended, CLAIMS_DEFEND_MS);

	memcpy(vip->claimant, mac, 6);
	vip->claimed = now;
	if (defend)
		vip->defended = now;
	return defend;
}

bool claims_is_of(const struct ring_meta *meta, const uint8_t mac[static 6])
{
	for (size_t i = 0; i < meta->n_reach; i++)
		if (memcmp(meta->reach[i].mac, mac, 6) == 0)
			return true;
	return false;
}

struct peer *claims_find(const struct peers *peers, const uint8_t mac[static 6])
{
	const char *name;
	void *value;

	for (size_t at = 0; strmap_next(&peers->by_name, &at, &name, &value);) {
		struct peer *peer = value;

		if ((peer->meta && claims_is_of(peer->meta, mac)) ||
		    (peer->had && claims_is_of(peer->had, mac))) /* its cable is in again, and nobody said so yet */
			return peer;
	}
	return NULL;
}
