/* leader - see leader.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/leader.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_LOW_MS 200
#define RETRY_HIGH_MS 500
#define RELEASED_S 1 /* duration written with no holder: whoever looks may take it */
#define MIN_THEIR_MS 1000
#define MAX_THEIR_MS 3600000

struct leader {
	char *identity, *former;
	int64_t duration_ms, renew_ms, give_up_ms;
	struct prng prng;
	struct kube_lease seen; /* name and namespace of the Lease; the rest as last seen */
	instant seen_at;        /* when its holder last did something */
	bool known, forbidden, leaving;
	bool writing, releasing; /* releasing: the write under way gives it back */
	instant sent_at;         /* of the write under way */
	bool held;
	instant valid_until;     /* while held */
	instant not_before;      /* of the next write */
};

struct leader *leader_new(const struct leader_config *config)
{
	struct leader *l = mem_new(1, sizeof(*l));

	CHECK(config->duration_s >= 3);
	l->identity = mem_strdup(config->identity);
	l->former = mem_strdup(config->former);
	l->seen.meta.namespace = mem_strdup(config->namespace);
	l->seen.meta.name = mem_strdup(config->name);
	l->duration_ms = config->duration_s * 1000;
	l->renew_ms = l->duration_ms / 4;
	/* At least a second for what was sent just before and is still on its way. */
	l->give_up_ms = l->duration_ms - (l->duration_ms / 5 > 1000 ? l->duration_ms / 5 : 1000);
	l->prng = prng_seeded(config->seed);
	l->not_before = INT64_MIN;
	return l;
}

void leader_free(struct leader *l)
{
	if (!l)
		return;
	free(l->identity);
	free(l->former);
	kube_meta_done(&l->seen.meta);
	free(l->seen.holder);
	free(l);
}

static bool is_leading(const struct leader *l, instant now)
{
	return l->held && now < l->valid_until;
}

static bool has_holder(const struct leader *l)
{
	return l->seen.holder && *l->seen.holder;
}

static bool is_of_the_dead(const struct leader *l)
{
	return l->former && strncmp(l->seen.holder, l->former, strlen(l->former)) == 0;
}

/* From when on it may be taken, as far as the Lease goes. */
static instant free_at(const struct leader *l)
{
	int64_t their_ms = l->seen.duration_s < MAX_THEIR_MS / 1000 ? l->seen.duration_s * 1000 :
								      MAX_THEIR_MS;

	if (!l->seen.meta.resource_version || !has_holder(l) ||
	    strcmp(l->seen.holder, l->identity) == 0 || is_of_the_dead(l))
		return INT64_MIN;
	return instant_add_ms(l->seen_at, their_ms > MIN_THEIR_MS ? their_ms : MIN_THEIR_MS);
}

/* ---- what comes in ---- */

static bool is_older(const struct leader *l, const struct kube_lease *lease)
{
	return kube_version_number(lease->meta.resource_version) <
	       kube_version_number(l->seen.meta.resource_version);
}

void leader_on_lease(struct leader *l, instant now, const struct kube_lease *lease)
{
	if (is_older(l, lease))
		return; /* from before our own last write */
	if (!l->known || !str_equal(l->seen.holder, lease->holder) ||
	    l->seen.renew_us != lease->renew_us || l->seen.transitions != lease->transitions)
		l->seen_at = now;
	l->known = true;
	l->forbidden = false;
	mem_replace(&l->seen.meta.resource_version, lease->meta.resource_version);
	mem_replace(&l->seen.holder, lease->holder);
	l->seen.duration_s = lease->duration_s;
	l->seen.transitions = lease->transitions;
	l->seen.acquire_us = lease->acquire_us;
	l->seen.renew_us = lease->renew_us;
	if (!str_equal(l->seen.holder, l->identity))
		l->held = false;
}

void leader_on_no_lease(struct leader *l, instant now)
{
	l->known = true;
	l->forbidden = false;
	l->held = false;
	l->seen_at = now;
	mem_replace(&l->seen.meta.resource_version, NULL);
	mem_replace(&l->seen.holder, NULL);
}

void leader_on_forbidden(struct leader *l, instant now)
{
	(void)now;
	l->forbidden = true;
	l->held = false;
}

void leader_on_written(struct leader *l, instant now, enum leader_outcome outcome,
		       const struct kube_lease *lease)
{
	bool released = l->releasing;

	CHECK(l->writing);
	l->writing = false;
	l->releasing = false;
	if (outcome == LEADER_WRITTEN) {
		l->valid_until = instant_add_ms(l->sent_at, l->give_up_ms);
		l->not_before = instant_add_ms(l->sent_at, l->renew_ms);
		leader_on_lease(l, now, lease);
		/* A newer holder may be known by now. */
		l->held = !released && str_equal(l->seen.holder, l->identity);
		return;
	}
	if (outcome == LEADER_FORBIDDEN)
		leader_on_forbidden(l, now);
	if (released)
		l->held = false; /* it runs out by itself */
	l->not_before = instant_add_ms(now, prng_between(&l->prng, RETRY_LOW_MS, RETRY_HIGH_MS));
}

void leader_leave(struct leader *l, instant now)
{
	l->leaving = true;
	if (!is_leading(l, now))
		l->held = false;
}

/* ---- what goes out ---- */

static struct kube_lease draft(const struct leader *l, int64_t wall_us)
{
	struct kube_lease lease = { .meta = l->seen.meta, .holder = l->identity,
				    .duration_s = l->duration_ms / 1000,
				    .transitions = l->seen.transitions,
				    .acquire_us = l->seen.acquire_us, .renew_us = wall_us };

	if (!str_equal(l->seen.holder, l->identity)) {
		lease.acquire_us = wall_us;
		lease.transitions += l->seen.meta.resource_version != NULL;
	}
	return lease;
}

bool leader_next_write(struct leader *l, instant now, int64_t wall_us, struct kube_lease *out)
{
	bool leads = is_leading(l, now);

	l->held = leads;
	if (l->writing || !l->known || l->forbidden)
		return false;
	if (l->leaving ? !leads : now < l->not_before || (!leads && now < free_at(l)))
		return false;
	*out = draft(l, wall_us);
	if (l->leaving) {
		out->holder = NULL;
		out->duration_s = RELEASED_S;
		l->releasing = true;
	}
	l->writing = true;
	l->sent_at = now;
	return true;
}

instant leader_deadline(const struct leader *l)
{
	instant end = l->held ? l->valid_until : INSTANT_NEVER, next = free_at(l);

	if (l->writing || !l->known || l->forbidden)
		return end;
	if (l->leaving)
		return l->held ? INT64_MIN : INSTANT_NEVER;
	if (l->held || next < l->not_before)
		next = l->not_before;
	return next < end ? next : end;
}

/* ---- what is asked ---- */

enum leader_role leader_role(const struct leader *l, instant now)
{
	if (l->leaving)
		return LEADER_LEFT;
	if (l->forbidden)
		return LEADER_ALONE;
	if (is_leading(l, now))
		return LEADER_LEADS;
	return l->known ? LEADER_STANDBY : LEADER_UNKNOWN;
}

bool leader_may_write(const struct leader *l, instant now)
{
	enum leader_role role = leader_role(l, now);

	return role == LEADER_LEADS || role == LEADER_ALONE;
}

bool leader_is_released(const struct leader *l)
{
	return l->leaving && !l->held;
}

const char *leader_holder(const struct leader *l)
{
	return has_holder(l) ? l->seen.holder : NULL;
}

const char *leader_role_word(enum leader_role role)
{
	static const char *const words[] = { [LEADER_UNKNOWN] = "unknown",
					     [LEADER_STANDBY] = "standby",
					     [LEADER_LEADS] = "leader",
					     [LEADER_ALONE] = "alone",
					     [LEADER_LEFT] = "left" };

	return words[role];
}
