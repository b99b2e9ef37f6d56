/*
 * decide - which addresses one service should have, and why not
 *
 * Core: no sockets, no clock, no logging. The rules are MetalLB's present ones
 * (controller convergeBalancer), with these differences: nothing is taken while
 * there is no pool to judge by, and a service of one family never asks for two.
 *
 * Always true: what a service holds is taken from it only when
 *   - the configuration in force has no pool for it: none contains it, or that
 *     one is for others or avoids it, or two addresses lie in two pools;
 *   - a node of the cluster has it, or another service that it may not share with;
 *   - the service asks for another address or pool;
 *   - the families differ from those of its cluster IPs, it requires two and has
 *     one, or its status holds something else than one address of each family;
 *   - it has no cluster IP.
 * The event says which.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_DECIDE_H
#define TINLB_CONTROLLER_CORE_DECIDE_H

#include "config/core/config_admission.h"
#include "controller/core/event.h"
#include "controller/core/service.h"

#define DECIDE_MAX_EVENTS 4

struct decide_event {
	enum event event;
	const char *taken; /* what was held is not any more: the log's word for why; else NULL */
	char *message;     /* owned */
};

struct decide_result {
	struct decide_event event[DECIDE_MAX_EVENTS];
	size_t n_event;
	bool allocated; /* addresses were given now */
};

void decide_result_done(struct decide_result *result);

struct decide_ground { /* what a decision is made upon */
	struct alloc *alloc;
	const struct config *config;
	const struct kube_labels *namespace_labels; /* of the service; NULL: not known */
	const char *refused; /* why the newest configuration is not in force, or NULL */
};

/*
 * Decide for a service that is ours and holds nothing in alloc; sets ip, pool,
 * reason and message of the service and holds in alloc what it gets. What the
 * status stores is claimed first. When may_give is false only that is done:
 * a service without a valid address keeps waiting.
 */
void decide(struct service *service, const struct decide_ground *ground, bool may_give,
	    struct decide_result *out_result);

#endif
