/* announce - see announce.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/announce.h"

#define URGENT_PART 40 /* this part of a second's frames may go out together */
#define GENTLE_PART 10
#define REFRESH_GRID_MS 250 /* refreshes that are due in one such span share a wake-up */

struct announce_config announce_config_default(void)
{
	return (struct announce_config){ .rounds = 5, .round_ms = 1100, .urgent_per_s = 1000,
					 .gentle_per_s = 200, .refresh_ms = 60000 };
}

void announce_init(struct announce *a, const struct announce_config *config, uint64_t seed)
{
	*a = (struct announce){ .config = *config, .prng = prng_seeded(seed) };
	for (size_t i = 0; i < LINKS_MAX; i++) {
		a->urgent[i] = limiter_per_s(config->urgent_per_s, URGENT_PART);
		a->gentle[i] = limiter_per_s(config->gentle_per_s, GENTLE_PART);
	}
}

void announce_done(struct announce *a)
{
	heap_done(&a->heap);
}

static void begin(struct announce *a, struct vip *vip, instant due, uint64_t on)
{
	vip->pending = on;
	vip->reply_next = vip->refreshing = false;
	heap_set(&a->heap, &vip->due, due);
}

void announce_begin(struct announce *a, struct vip *vip, instant now, uint64_t on)
{
	vip->round = 0;
	begin(a, vip, now - vip->asked, on); /* due at once; the later asked, the earlier */
}

void announce_later(struct announce *a, struct vip *vip, instant due)
{
	vip->round = 0;
	begin(a, vip, due, vip->usable);
}

void announce_again(struct announce *a, struct vip *vip, instant now)
{
	if (announce_is_under_way(vip))
		return;
	vip->round = a->config.rounds > 2 ? a->config.rounds - 2 : 0;
	begin(a, vip, now, vip->usable);
}

void announce_end(struct announce *a, struct vip *vip)
{
	heap_remove(&a->heap, &vip->due);
	vip->refreshing = false;
}

/* The round is over: the next one, a refresh some day, or none. */
static void end_round(struct announce *a, struct vip *vip, instant now)
{
	int64_t ms = a->config.refresh_ms;

	if (!vip->refreshing && ++vip->round < a->config.rounds) {
		begin(a, vip, instant_add_ms(now, a->config.round_ms), vip->usable);
	} else if (ms > 0) {
		ms += prng_between(&a->prng, -ms / 5, ms / 5);
		begin(a, vip, instant_on_grid(instant_add_ms(now, ms), REFRESH_GRID_MS), vip->usable);
		vip->refreshing = true;
	} else {
		announce_end(a, vip);
	}
}

/* Of thousands, the last must not wait for both forms of all others: requests first, then replies. */
static bool is_first(const struct vip *vip)
{
	return vip->round == 0 && !vip->refreshing;
}

/* A request and its reply, link by link. */
static bool alternates(const struct vip *vip)
{
	return vip->round > 0 && !vip->refreshing;
}

/* Everything that was pending is sent. */
static void end_part(struct announce *a, struct vip *vip, instant now)
{
	if (!is_first(vip) || vip->reply_next) {
		end_round(a, vip, now);
		return;
	}
	begin(a, vip, now, vip->usable);
	vip->reply_next = true;
}

bool announce_next(struct announce *a, const struct links *links, instant now,
		   uint32_t *out_ifindex, struct arp_msg *out_frame)
{
	struct heap_node *first;

	while ((first = heap_first(&a->heap)) && first->due <= now) {
		struct vip *vip = CONTAINER_OF(first, struct vip, due);
		uint64_t on = vip->pending & vip->usable, suppressed;
		struct limiter *limiter;
		unsigned at;

		if (on == 0) {
			end_part(a, vip, now);
			continue;
		}
		at = (unsigned)__builtin_ctzll(on);
		limiter = is_first(vip) && !vip->reply_next ? &a->urgent[at] : &a->gentle[at];
		if (!limiter_allows(limiter, now, &suppressed)) {
			a->blocked_until = limiter_ready_at(limiter, now);
			return false;
		}
		arp_msg_announcement(vip->row.ip.byte, links->at[at].news.mac,
				     vip->reply_next ? ARP_REPLY : ARP_REQUEST, out_frame);
		*out_ifindex = links->at[at].news.ifindex;
		if (vip->reply_next || !alternates(vip))
			vip->pending &= ~(UINT64_C(1) << at);
		if (alternates(vip))
			vip->reply_next = !vip->reply_next;
		vip->gratuitous++;
		vip->counted = true;
		return true;
	}
	return false;
}

instant announce_deadline(const struct announce *a)
{
	instant due = heap_deadline(&a->heap);

	return due < a->blocked_until ? a->blocked_until : due;
}
