/*
 * alloc - who holds which address
 *
 * Core: no sockets, no clock, no logging. Knows pools, addresses and holders;
 * what a service should have is decided in decide.
 *
 * Always true:
 *   - an address has several holders only if their sharing keys are equal and
 *     not empty, their backends are equal, and no two have the same port
 *     (MetalLB's rule);
 *   - a holder's addresses lie in pools of the configuration in force;
 *   - memory is linear in what is held, however large the pools are.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_ALLOC_H
#define TINLB_CONTROLLER_CORE_ALLOC_H

#include "config/core/config.h"

#define ALLOC_MAX_IPS 2 /* one of each family */

struct alloc_port {
	char protocol[8];
	int32_t port;
};

struct alloc_holder;
struct alloc_address;

struct alloc_holding { /* one address of one holder; alloc's own */
	struct alloc_holder *holder;
	struct alloc_address *address;
	struct alloc_holding *next; /* of the same address */
	struct alloc_holding **link; /* what points to it */
};

/*
 * Who wants or holds. The caller fills in the first half, and keeps it and its
 * strings where they are for as long as it holds something.
 */
struct alloc_holder {
	const char *key;     /* namespace/name */
	const char *sharing; /* "": shares with nobody */
	const char *backend; /* selector for policy Local, else "" */
	const struct alloc_port *port; /* in the order of alloc_sort_ports() */
	size_t n_port;
	/* alloc's own; all zero: holds nothing */
	struct alloc_holding holding[ALLOC_MAX_IPS];
	size_t n_ip;
};

enum alloc_verdict {
	ALLOC_OK,
	ALLOC_OUTSIDE,      /* in no pool */
	ALLOC_BUGGY,        /* the pool avoids addresses that end in 0 or 255 */
	ALLOC_NODE_ADDRESS, /* a node of the cluster has it */
	ALLOC_KEY,          /* held under another sharing key, or without one */
	ALLOC_BACKEND,      /* policy Local with another selector, or Local against Cluster */
	ALLOC_PORT,         /* a port is taken on it */
	ALLOC_FULL,         /* no address of the family is free in the pool */
};

struct alloc_refusal {
	enum alloc_verdict verdict;
	const char *other; /* the holder in the way, or NULL; valid until the next change */
	struct alloc_port port; /* ALLOC_PORT: which */
};

struct alloc;

struct alloc *alloc_new(const struct config *config) MUST_CHECK; /* config must outlive it */
void alloc_free(struct alloc *alloc); /* holders hold nothing afterwards; NULL is fine */

void alloc_sort_ports(struct alloc_port *port, size_t n);

/* Addresses that nodes have: never given away. Replaces the former set. */
void alloc_set_node_addresses(struct alloc *alloc, const struct ip *ip, size_t n);

/* May `who` have this address? Its own present holding is no obstacle. */
struct alloc_refusal alloc_check(const struct alloc *alloc, const struct alloc_holder *who,
				 const struct ip *ip);

/*
 * Lowest address of the family in the pool that `who`, which has none of that
 * family yet, may have; in the order of the pool's ranges.
 */
bool alloc_find(const struct alloc *alloc, const struct alloc_holder *who,
		const struct config_pool *pool, uint8_t ip_len, struct ip *out_ip) MUST_CHECK;

/*
 * The first pool of the configuration that has a free address of the family, or
 * n_pool: whoever shares nothing need not look at those before.
 */
size_t alloc_first_open(struct alloc *alloc, uint8_t ip_len);

/* Hold these and nothing else; each was allowed by alloc_check(). */
void alloc_hold(struct alloc *alloc, struct alloc_holder *who, const struct ip *ip, size_t n);
void alloc_release(struct alloc *alloc, struct alloc_holder *who); /* holds nothing: no-op */

/* Addresses that it holds, as many as returned. */
size_t alloc_held(const struct alloc_holder *who, struct ip out_ip[ALLOC_MAX_IPS]);

/* Distinct addresses of the family in use in the pool (0: of both). */
uint64_t alloc_n_used(const struct alloc *alloc, const struct config_pool *pool, uint8_t ip_len);

#endif
