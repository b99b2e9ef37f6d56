/*
 * reconcile - all services, what each should have, and what must be written
 *
 * Core: no sockets, no clock, no logging. Objects and the configuration go in;
 * writes, events and log notes come out.
 *
 * Always true:
 *   - nothing is given before every service was seen once, and then those that
 *     hold an address are looked at before those that wait; both in the order
 *     of their keys, so the result does not depend on the order of arrival;
 *   - without an accepted configuration, or with one that has no pools, nothing
 *     is given and nothing is taken;
 *   - a service is offered for writing only when what is stored differs from
 *     what was decided, and once at a time;
 *   - an event is not repeated while nothing changes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_RECONCILE_H
#define TINLB_CONTROLLER_CORE_RECONCILE_H

#include "common/core/heap.h"
#include "common/core/prng.h"
#include "common/core/strmap.h"
#include "controller/core/decide.h"
#include "controller/core/notes.h"

struct reconcile;

struct reconcile *reconcile_new(const char *own_class, uint64_t seed) MUST_CHECK; /* "" : no class */
void reconcile_free(struct reconcile *r);

/* tell it */
void reconcile_on_service(struct reconcile *r, instant now, struct kube_service *service); /* takes it */
void reconcile_on_gone(struct reconcile *r, instant now, const char *key);
void reconcile_on_all_services(struct reconcile *r, instant now); /* a LIST is complete, we lead */
/* Another one leads: forget what was decided and is not stored. Until all services are seen anew. */
void reconcile_on_standby(struct reconcile *r);
void reconcile_on_config(struct reconcile *r, instant now, struct config *config); /* takes it */
/* The newest configuration is not in force, and why (with its line); NULL: it is. */
void reconcile_on_refused(struct reconcile *r, instant now, const char *why);
void reconcile_on_no_config(struct reconcile *r, instant now); /* read, and there is none */
/*
 * Namespaces with their labels; they count for pools with namespaceSelectors, and a service waits
 * until its own is known. Those of the first LIST count together, when it is complete. Denied: the
 * role does not let them be read, so nobody waits until they are.
 */
void reconcile_on_namespace(struct reconcile *r, instant now, struct kube_namespace *ns); /* takes it */
void reconcile_on_namespace_gone(struct reconcile *r, const char *name);
void reconcile_on_namespaces_read(struct reconcile *r, instant now); /* a LIST is complete */
void reconcile_on_namespaces_denied(struct reconcile *r, instant now);
void reconcile_on_nodes(struct reconcile *r, instant now, const struct ip *ip, size_t n);

/* take from it: the next service whose status must be written */
struct reconcile_write {
	const char *key;     /* as raw, ip and pool the service's: gone when that changes */
	uint64_t number;     /* of this write; its answers count for no other */
	const char *raw;     /* the object to write upon, or NULL: GET it first */
	const struct ip *ip;
	size_t n_ip;
	const char *pool;    /* for the note annotation; NULL: remove it */
};

bool reconcile_next_write(struct reconcile *r, instant now, struct reconcile_write *out) MUST_CHECK;
instant reconcile_deadline(const struct reconcile *r); /* of a write that waits for its retry */

/*
 * Of the answers only key and number of the write count; they come to nothing when the service is
 * gone or the write was given up.
 * Reread: the object of a write without raw, as it is now; takes it. True: write what is decided
 * upon it, which is in write, its key untouched. False: the write is over, nothing is to be told of it.
 */
bool reconcile_on_reread(struct reconcile *r, instant now, struct kube_service *object,
			 struct reconcile_write *write) MUST_CHECK;
void reconcile_on_written(struct reconcile *r, instant now, const struct reconcile_write *write,
			  const char *version); /* of the object as stored now; NULL: not known */
void reconcile_on_failed(struct reconcile *r, instant now, const struct reconcile_write *write);

/* Strings are valid until the next call. */
bool reconcile_next_note(struct reconcile *r, struct reconcile_note *out) MUST_CHECK;

/* ask it */
bool reconcile_is_ready(const struct reconcile *r); /* services and configuration were read */
const struct config *reconcile_config(const struct reconcile *r); /* or NULL */
const struct alloc *reconcile_alloc(const struct reconcile *r);   /* NULL without config */
const struct service *reconcile_find(const struct reconcile *r, const char *key);
const struct strmap *reconcile_services(const struct reconcile *r); /* key -> struct service */
size_t reconcile_n_due(const struct reconcile *r); /* writes that wait for their turn */
bool reconcile_is_ours(const struct reconcile *r, const struct service *service);
/* The pool's addresses that are nodes' own, as many as returned (at most max). */
size_t reconcile_node_addresses(const struct reconcile *r, struct ip *out_ip, size_t max);

#endif
