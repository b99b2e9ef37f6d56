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
#define ALONE_AFTER_MS 5000 /* an API server that starts refuses everybody until it has read the roles */

/* LEASE_REFUSED: it may not be meant so yet. */
enum lease { LEASE_UNREAD, LEASE_REFUSED, LEASE_FORBIDDEN, LEASE_READ };
enum write { WRITE_NONE, WRITE_HOLD, WRITE_GIVE_BACK };

struct leader {
	char *identity, *former;
	int64_t duration_ms, renew_ms, give_up_ms;
	struct prng prng;
	struct kube_lease seen; /* name and namespace of the Lease; the rest as last seen */
	instant seen_at;        /* when its holder last did something */
	enum lease lease;
	enum write write;    /* under way */
	instant sent_at;     /* of the write under way */
	instant held_until;  /* INT64_MIN: it is not held */
	instant alone_at;    /* LEASE_REFUSED */
	instant not_before;  /* of the next write */
	bool leaving;
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
	l->held_until = l->not_before = INT64_MIN;
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
	return now < l->held_until;
}

static bool is_held(const struct leader *l)
{
	return l->held_until != INT64_MIN;
}

static void lose(struct leader *l)
{
	l->held_until = INT64_MIN;
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
	if (l->lease != LEASE_READ || !str_equal(l->seen.holder, lease->holder) ||
	    l->seen.renew_us != lease->renew_us || l->seen.transitions != lease->transitions)
		l->seen_at = now;
	l->lease = LEASE_READ;
	mem_replace(&l->seen.meta.resource_version, lease->meta.resource_version);
	mem_replace(&l->seen.holder, lease->holder);
	l->seen.duration_s = lease->duration_s;
	l->seen.transitions = lease->transitions;
	l->seen.acquire_us = lease->acquire_us;
	l->seen.renew_us = lease->renew_us;
	if (!str_equal(l->seen.holder, l->identity))
		lose(l);
}

void leader_on_no_lease(struct leader *l, instant now)
{
	l->lease = LEASE_READ;
	l->seen_at = now;
	lose(l);
	mem_replace(&l->seen.meta.resource_version, NULL);
	mem_replace(&l->seen.holder, NULL);
}

void leader_on_forbidden(struct leader *l, instant now)
{
	if (l->lease == LEASE_REFUSED || l->lease == LEASE_FORBIDDEN)
		return;
	l->alone_at = is_leading(l, now) ? now : instant_add_ms(now, ALONE_AFTER_MS);
	l->lease = LEASE_REFUSED;
	lose(l);
}

void leader_on_written(struct leader *l, instant now, enum leader_outcome outcome,
		       const struct kube_lease *lease)
{
	bool released = l->write == WRITE_GIVE_BACK;

	CHECK(l->write != WRITE_NONE);
	l->write = WRITE_NONE;
	if (outcome == LEADER_WRITTEN) {
		l->not_before = instant_add_ms(l->sent_at, l->renew_ms);
		leader_on_lease(l, now, lease);
		/* A newer holder may be known by now. */
		if (!released && str_equal(l->seen.holder, l->identity))
			l->held_until = instant_add_ms(l->sent_at, l->give_up_ms);
		return;
	}
	if (outcome == LEADER_FORBIDDEN)
		leader_on_forbidden(l, now);
	if (released)
		lose(l); /* it runs out by itself */
	l->not_before = instant_add_ms(now, prng_between(&l->prng, RETRY_LOW_MS, RETRY_HIGH_MS));
}

void leader_leave(struct leader *l, instant now)
{
	l->leaving = true;
	if (!is_leading(l, now))
		lose(l);
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

	if (!leads)
		lose(l);
	if (l->lease == LEASE_REFUSED && now >= l->alone_at)
		l->lease = LEASE_FORBIDDEN;
	if (l->write != WRITE_NONE || l->lease != LEASE_READ)
		return false;
	if (l->leaving ? !leads : now < l->not_before || (!leads && now < free_at(l)))
		return false;
	*out = draft(l, wall_us);
	if (l->leaving) {
		out->holder = NULL;
		out->duration_s = RELEASED_S;
	}
	l->write = l->leaving ? WRITE_GIVE_BACK : WRITE_HOLD;
	l->sent_at = now;
	return true;
}

instant leader_deadline(const struct leader *l)
{
	instant end = is_held(l) ? l->held_until : INSTANT_NEVER, next = free_at(l);

	if (l->lease == LEASE_REFUSED)
		return l->alone_at;
	if (l->write != WRITE_NONE || l->lease != LEASE_READ)
		return end;
	if (l->leaving)
		return is_held(l) ? INT64_MIN : INSTANT_NEVER;
	if (is_held(l) || next < l->not_before)
		next = l->not_before;
	return next < end ? next : end;
}

/* ---- what is asked ---- */

enum leader_role leader_role(const struct leader *l, instant now)
{
	if (l->leaving)
		return LEADER_LEFT;
	if (l->lease == LEASE_FORBIDDEN || (l->lease == LEASE_REFUSED && now >= l->alone_at))
		return LEADER_ALONE;
	if (is_leading(l, now))
		return LEADER_LEADS;
	return l->lease == LEASE_READ ? LEADER_STANDBY : LEADER_UNKNOWN;
}

bool leader_may_write(const struct leader *l, instant now)
{
	enum leader_role role = leader_role(l, now);

	return role == LEADER_LEADS || role == LEADER_ALONE;
}

bool leader_is_released(const struct leader *l)
{
	return l->leaving && !is_held(l);
}

const char *leader_holder(const struct leader *l)
{
	return has_holder(l) ? l->seen.holder : NULL;
}

bool leader_is_holder(const struct leader *l)
{
	return str_equal(l->seen.holder, l->identity);
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
