/*
 * service - what the controller keeps of a Service
 *
 * Core: no sockets, no clock, no logging. Compact, because there are ten
 * thousand of them; made from the decoded object, which is freed.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_SERVICE_H
#define TINLB_CONTROLLER_CORE_SERVICE_H

#include "common/api/core/kube_types.h"
#include "controller/core/alloc.h"
#include "controller/core/reason.h"

#define SERVICE_NOTE "metallb.io/ip-allocated-from-pool"

enum service_family { /* of cluster IPs, or of addresses held; bits */
	SERVICE_NO_FAMILY = 0,
	SERVICE_V4 = 1,
	SERVICE_V6 = 2,
	SERVICE_DUAL = 3,
	SERVICE_ODD = 4, /* not computable: no addresses, or two of one family, or more */
};

struct service {
	/* as the API says */
	char *key, *uid, *version;
	char *namespace;
	const char *name; /* into key */
	struct kube_labels labels;
	char *class, *asked_ip, *asked_ips, *asked_pool, *sharing, *backend, *note;
	char *raw;        /* the object, while its status will be written; else NULL */
	struct alloc_port *port;
	struct alloc_holder holder; /* borrows from what stands above */
	const char *deprecated[3]; /* annotations under the older prefix, without it */
	uint8_t n_deprecated;
	bool is_load_balancer, is_headless, v6_first;
	uint8_t policy;       /* enum kube_ip_family_policy */
	uint8_t family;       /* enum service_family of its cluster IPs */
	uint8_t n_cluster_ip;
	uint16_t n_stored;    /* entries of the status with an address, also unreadable ones */
	struct ip stored[ALLOC_MAX_IPS]; /* the first of them; len 0: unreadable */
	/* as decided */
	struct ip asked[ALLOC_MAX_IPS]; /* the addresses that it asks for, if they make sense */
	uint8_t n_asked;
	struct ip ip[ALLOC_MAX_IPS];
	uint8_t n_ip;
	uint8_t reason; /* enum reason */
	bool keeps;     /* what is stored stays as it is, whatever that is */
	char *pool;     /* of ip; NULL without */
	char *message;  /* a sentence for reason, or NULL */
	char *said;     /* the last failure that an Event told, or NULL */
	bool is_taken;  /* told, too: that it lost what is stored */
	uint64_t n_overwritten; /* somebody else changed what was stored */
	instant overwritten;    /* when last; with n_overwritten 0: never */
};

/* The object stays the caller's, except raw, which is taken out of it. */
struct service *service_new(struct kube_service *from) MUST_CHECK;
void service_free(struct service *service); /* NULL is fine */

/* Whether a service of this class is for a controller of class `own` ("": none). */
bool service_is_of_class(const struct service *service, const char *own);

enum service_family service_family_of(const struct ip *ip, size_t n);
const char *service_family_word(unsigned family); /* IPv4, IPv6 or dual-stack, for people */

/* Is what the API stores already what was decided? Order counts, ipMode does not. */
bool service_is_written(const struct service *service);

/*
 * What was decided and told for the former object is where the next one begins, unless it stores
 * other addresses: then those count.
 * Addresses that were stored as decided and are others now count as overwritten.
 */
void service_carry_over(struct service *next, struct service *former, instant now);

/* Does it stand differently to those who want to share with it? */
bool service_shares_differently(const struct service *a, const struct service *b);

void service_set_reason(struct service *service, enum reason reason, char *message); /* takes message */

#endif
