/*
 * leader - whether this controller may write, by a Lease that one of them holds
 *
 * Core: no sockets, no clock, no logging. What is known of the Lease goes in
 * with the caller's `now`, the next Lease to write comes out. Times written
 * into it are for people: only `now` is compared.
 *
 * Always true:
 *   - it leads from the answer to a write until give_up_ms after that write was
 *     sent; others wait for duration_ms from when they saw it change, so at most
 *     one leads however late watches are, and clocks need not agree;
 *   - another holder in the Lease, and a Lease deleted, end it at once;
 *   - every write names the version it is based on: two cannot both take it;
 *   - where Leases are forbidden, and have been for five seconds, it leads without;
 *     who led when they were forbidden goes on.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_LEADER_H
#define TINLB_CONTROLLER_CORE_LEADER_H

#include "common/api/core/kube_types.h"
#include "common/core/prng.h"

enum leader_role {
	LEADER_UNKNOWN, /* the Lease was not read yet */
	LEADER_STANDBY, /* another one leads */
	LEADER_LEADS,
	LEADER_ALONE, /* leads without a Lease */
	LEADER_LEFT,  /* gave it back, or is about to */
};

struct leader_config {
	const char *identity, *namespace, *name; /* copied; identity: of this process only */
	const char *former; /* how identities of processes begin that this one has replaced, or NULL */
	int64_t duration_s; /* at least 3 */
	uint64_t seed;
};

struct leader;

struct leader *leader_new(const struct leader_config *config) MUST_CHECK;
void leader_free(struct leader *leader); /* NULL is fine */

/* tell it */
void leader_on_lease(struct leader *leader, instant now, const struct kube_lease *lease);
void leader_on_no_lease(struct leader *leader, instant now); /* read, and there is none */
void leader_on_forbidden(struct leader *leader, instant now);

enum leader_outcome { LEADER_WRITTEN, LEADER_CONFLICT, LEADER_FAILED, LEADER_FORBIDDEN };

/* lease: as stored now, for LEADER_WRITTEN; else NULL. */
void leader_on_written(struct leader *leader, instant now, enum leader_outcome outcome,
		       const struct kube_lease *lease);
void leader_leave(struct leader *leader, instant now); /* give the Lease back if it is ours */

/*
 * Take from it: the next Lease to write. Without a resource_version it is to be
 * created, without a holder it is given back. Strings are valid until the next call. One at a time, until
 * leader_on_written().
 */
bool leader_next_write(struct leader *leader, instant now, int64_t wall_us,
		       struct kube_lease *out) MUST_CHECK;
instant leader_deadline(const struct leader *leader); /* of a write, or of the end of its time */

/* ask it */
enum leader_role leader_role(const struct leader *leader, instant now);
bool leader_may_write(const struct leader *leader, instant now); /* LEADS or ALONE */
bool leader_is_released(const struct leader *leader); /* after leader_leave(): nothing more to do */
const char *leader_holder(const struct leader *leader); /* who has the Lease, or NULL */
bool leader_is_holder(const struct leader *leader);     /* this one, whether its time is over or not */
const char *leader_role_word(enum leader_role role);

#endif
