/*
 * reconcile_state - the inside of reconcile, for its own files only
 *
 * Core: no sockets, no clock, no logging.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_RECONCILE_STATE_H
#define TINLB_CONTROLLER_CORE_RECONCILE_STATE_H

#include "common/core/backoff.h"
#include "controller/core/namespaces.h"
#include "controller/core/reconcile.h"

/* A service and what is under way for it. */
struct entry {
	struct service *service;
	struct heap_node due;    /* in `writes` while a write waits for its turn */
	struct backoff backoff;
	bool writing, again;     /* again: decided anew while it was being written */
	uint64_t written;        /* version number after our last write; older states are ignored */
	uint64_t retried;        /* number of the last release that it was tried for */
};

struct reconcile {
	char *own_class;
	char *refused; /* why the newest configuration is not in force, or NULL */
	struct prng prng;
	struct config *config;
	struct alloc *alloc;
	struct strmap entries;  /* key -> struct entry */
	struct strmap services; /* key -> struct service, for readers */
	struct strmap waiting;  /* key -> struct entry, of those that want and have not */
	struct heap writes;
	struct notes notes;
	struct ip *node_ip;
	size_t n_node_ip;
	struct namespaces namespaces;
	bool all_services, no_config, standby;
	uint64_t n_release; /* how often an address was given up */
};

#endif
