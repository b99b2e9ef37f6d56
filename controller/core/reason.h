/*
 * reason - why a service has no address, or not the one it asks for
 *
 * Core: a closed list. Each value is a word in /status, a label of
 * tinlb_controller_services_waiting and an entry of docs/reasons.md.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_REASON_H
#define TINLB_CONTROLLER_CORE_REASON_H

enum reason {
	REASON_NONE,             /* it has what it wants */
	REASON_NOT_OURS,         /* no load balancer, or of another class */
	REASON_STANDBY,          /* this controller does not lead */
	REASON_NOT_SYNCED,       /* the API has not been read once */
	REASON_NO_CONFIG,        /* no configuration was ever accepted */
	REASON_CONFIG_REFUSED,   /* the only configuration that there was is refused */
	REASON_NO_POOLS,         /* the configuration has no pools */
	REASON_NO_CLUSTER_IP,    /* headless, or no cluster IP yet */
	REASON_FAMILY_UNKNOWN,   /* its cluster IPs are no addresses */
	REASON_NOT_DUAL,         /* RequireDualStack with one cluster IP */
	REASON_BAD_REQUEST,      /* the requested address is not one, or two that do not go together */
	REASON_FAMILY_MISMATCH,  /* requested address of a family that the service has not */
	REASON_OUTSIDE_POOLS,    /* requested address in no pool */
	REASON_BUGGY_ADDRESS,    /* requested address ends in 0 or 255 and the pool avoids those */
	REASON_NODE_ADDRESS,     /* requested address belongs to a node */
	REASON_UNKNOWN_POOL,     /* requested pool does not exist */
	REASON_OTHER_POOL,       /* requested address is not in the requested pool */
	REASON_SHARING_KEY,      /* requested address is held under another key or none */
	REASON_SHARING_BACKEND,  /* ... by a service with other traffic policy or selector */
	REASON_PORT_TAKEN,       /* ... by a service with the same port */
	REASON_POOL_FULL,        /* requested pool has no free address of the family */
	REASON_ALL_FULL,         /* no pool has */
	REASON_NO_AUTO_POOL,     /* every pool has auto-assign off */
	REASON_OTHER_NAMESPACE,  /* the requested pool, or that of the address, is for other namespaces */
	REASON_OTHER_LABELS,     /* ... for services with other labels */
	REASON_NO_POOL_FOR_IT,   /* no pool with auto-assign is for the service */
	REASON_PARTLY,           /* has one family, and cannot have the other */
	REASON_N
};

const char *reason_word(enum reason reason);

#endif
