/*
 * pool_status - how full each IPAddressPool is, in its status
 *
 * Hallway: wires the allocator's counts to the objects. A pool's status is
 * written when its counts differ from what is stored, at most once a second for
 * each pool, and by the controller that leads. After a restart nothing differs.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_POOL_STATUS_H
#define TINLB_CONTROLLER_POOL_STATUS_H

#include "common/core/base.h"

struct controller;
struct pool_status;

struct pool_status *pool_status_new(struct controller *c) MUST_CHECK;
void pool_status_free(struct pool_status *p); /* NULL is fine */

/* An IPAddressPool as stored; json NULL: it is gone. */
void pool_status_on_object(struct pool_status *p, const char *name, const char *json);
void pool_status_touch(struct pool_status *p); /* counts may have changed, or who leads */
void pool_status_end(struct pool_status *p);   /* another one leads: what waits is not written */

#endif
