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

/* What we write into a status. */
struct written {
	struct ip ip[ALLOC_MAX_IPS];
	uint8_t n_ip;
	char *pool;
	uint64_t version; /* of the object with it; 0: not known */
};

/* A service and what is under way for it. */
struct entry {
	struct service *service;
	struct heap_node due;    /* in `writes` while a write waits for its turn */
	struct backoff backoff;
	uint64_t number;         /* of the write under way, or 0 */
	struct written sent;     /* by it */
	struct written last;     /* by the last one that succeeded; older states are ignored */
	uint64_t retried;        /* number of the last release that it was tried for */
};

/* What the services that are known are good for. */
enum reconcile_sight {
	RECONCILE_READING, /* they are not all known yet */
	RECONCILE_STANDBY, /* this one does not decide; until all are read anew */
	RECONCILE_READ,
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
	enum reconcile_sight sight;
	bool no_config; /* read, and there is none */
	uint64_t n_release; /* how often an address was given up */
	uint64_t n_write;   /* number of the last write */
};

/* Of reconcile_writes. A write becomes due, or needless. */
void reconcile_want_write(struct reconcile *r, struct entry *entry, instant now);
/* A state from before our last write may still arrive: what we wrote then is stored, whatever it says. */
void reconcile_correct_stored(const struct entry *entry, struct service *next);

#endif
