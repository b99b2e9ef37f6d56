/* decide - see decide.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/text.h"
#include "config/core/config_reach.h"
#include "controller/core/asked.h"
#include "controller/core/ips.h"

#define MESSAGE_MAX_BYTES 1024

struct decision {
	struct service *s;
	struct alloc *alloc;
	const struct config *config;
	struct config_client client;
	struct alloc_holder *who; /* the service's */
	const char *refused;
	struct decide_result *out;
	/* what the service asks for */
	struct ip asked[ALLOC_MAX_IPS];
	size_t n_asked;
	/* what it has so far */
	struct ip ip[ALLOC_MAX_IPS];
	size_t n_ip;
	/* the first thing that is wrong */
	enum reason reason;
	char *message;
};

void decide_result_done(struct decide_result *result)
{
	for (size_t i = 0; i < result->n_event; i++)
		free(result->event[i].message);
	*result = (struct decide_result){ 0 };
}

/* taken: the log's word for why what it held is its own no longer, or NULL. */
static void tell(struct decision *d, enum event event, const char *taken, const char *format, ...)
	PRINTF_LIKE(4, 5);

static void tell(struct decision *d, enum event event, const char *taken, const char *format, ...)
{
	char message[MESSAGE_MAX_BYTES];
	va_list args;

	if (d->out->n_event == DECIDE_MAX_EVENTS)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	d->out->event[d->out->n_event++] = (struct decide_event){ event, taken, mem_strdup(message) };
}

/* Note why it cannot be; always false, so that a check can return it. */
static bool refuse(struct decision *d, enum reason reason, const char *format, ...) PRINTF_LIKE(3, 4);

static bool refuse(struct decision *d, enum reason reason, const char *format, ...)
{
	char message[MESSAGE_MAX_BYTES];
	va_list args;
	size_t n;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	n = strlen(message);
	if (d->refused && reason >= REASON_OUTSIDE_POOLS)
		snprintf(message + n, sizeof(message) - n,
			 "; the newest configuration is refused (%s), the last good one is in force",
			 d->refused);
	free(d->message);
	d->message = mem_strdup(message);
	d->reason = reason;
	return false;
}

static void forgive(struct decision *d)
{
	free(d->message);
	d->message = NULL;
	d->reason = REASON_NONE;
}

/* ---- what the service asks for ---- */

static bool parse_asked(struct decision *d)
{
	switch (asked_parse(d->s, d->asked, &d->n_asked)) {
	case ASKED_TWICE:
		return refuse(d, REASON_BAD_REQUEST,
			      "service can not have both metallb.io/loadBalancerIPs and "
			      "spec.loadBalancerIP: remove one of them");
	case ASKED_BAD_FIELD:
		return refuse(d, REASON_BAD_REQUEST, "invalid spec.loadBalancerIP \"%.200s\"",
			      d->s->asked_ip);
	case ASKED_BAD_LIST:
		return refuse(d, REASON_BAD_REQUEST,
			      "invalid metallb.io/loadBalancerIPs: \"%.200s\" (give one address, "
			      "or one of each family with a comma between them)",
			      d->s->asked_ips);
	case ASKED_OK:
		break;
	}
	return true;
}

static bool check_asked_family(struct decision *d)
{
	enum service_family family = service_family_of(d->asked, d->n_asked);
	char text[IPS_TEXT_MAX];

	if (d->n_asked == 0 || family == d->s->family)
		return true;
	if (family == SERVICE_ODD)
		return refuse(d, REASON_BAD_REQUEST,
			      "requested addresses %s are of the same ip family: ask for one of each",
			      ips_quote(d->asked, d->n_asked, text));
	return refuse(d, REASON_FAMILY_MISMATCH,
		      "requested loadBalancer IP(s) %s does not match the ipFamily of the service (%s)",
		      ips_quote(d->asked, d->n_asked, text), service_family_word(d->s->family));
}

/* ---- pools ---- */

static const struct config_pool *pool_of(const struct decision *d, const struct ip *ip, size_t n)
{
	const struct config_pool *pool = config_pool_of(d->config, &ip[0]);

	for (size_t i = 1; i < n; i++)
		if (config_pool_of(d->config, &ip[i]) != pool)
			return NULL;
	return pool;
}

static const char *asked_pool(const struct decision *d)
{
	return d->s->asked_pool && *d->s->asked_pool ? d->s->asked_pool : NULL;
}

static bool refuse_address(struct decision *d, const struct alloc_refusal *refusal,
			   const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	switch (refusal->verdict) {
	case ALLOC_OUTSIDE:
		return refuse(d, REASON_OUTSIDE_POOLS,
			      "[\"%s\"] is not allowed in config: no pool contains it", text);
	case ALLOC_BUGGY:
		return refuse(d, REASON_BUGGY_ADDRESS,
			      "[\"%s\"] is not allowed in config: its pool avoids addresses that end in "
			      "0 or 255",
			      text);
	case ALLOC_NODE_ADDRESS:
		return refuse(d, REASON_NODE_ADDRESS,
			      "\"%s\" is the address of a node of this cluster: take it out of the pool",
			      text);
	case ALLOC_KEY:
		return refuse(d, REASON_SHARING_KEY,
			      "can't change sharing key for \"%s\", address also in use by %s (to share "
			      "it give both services the same annotation metallb.io/allow-shared-ip)",
			      d->s->key, refusal->other);
	case ALLOC_BACKEND:
		return refuse(d, REASON_SHARING_BACKEND,
			      "can't change sharing key for \"%s\", address also in use by %s, whose "
			      "externalTrafficPolicy or selector differs",
			      d->s->key, refusal->other);
	case ALLOC_PORT:
		return refuse(d, REASON_PORT_TAKEN, "port %s/%d is already in use on \"%s\" by %s",
			      refusal->port.protocol, refusal->port.port, text, refusal->other);
	default:
		return true;
	}
}

/* Is the pool for this service? What cannot be told takes nothing away, and gives nothing. */
static bool check_scope(struct decision *d, const struct config_pool *pool, bool held)
{
	switch (config_pool_admission(pool, &d->client)) {
	case CONFIG_ADMITTED:
		return true;
	case CONFIG_UNKNOWN_NAMESPACE:
		return held || refuse(d, REASON_OTHER_NAMESPACE,
				      "pool \"%s\" not compatible for ip assignment: it is for "
				      "namespaces with certain labels, and the role does not let "
				      "namespaces be read",
				      pool->name);
	case CONFIG_OTHER_NAMESPACE:
		return refuse(d, REASON_OTHER_NAMESPACE,
			      "pool \"%s\" not compatible for ip assignment: its serviceAllocation "
			      "leaves out namespace \"%s\"",
			      pool->name, d->s->namespace);
	case CONFIG_OTHER_LABELS:
		break;
	}
	return refuse(d, REASON_OTHER_LABELS,
		      "pool \"%s\" not compatible for ip assignment: no serviceSelector of its "
		      "serviceAllocation matches the labels of the service",
		      pool->name);
}

/* May all of these be held, and by one pool? held: they are already. */
static bool check_addresses(struct decision *d, const struct ip *ip, size_t n, bool held)
{
	const struct config_pool *pool;

	for (size_t i = 0; i < n; i++) {
		struct alloc_refusal refusal = alloc_check(d->alloc, d->who, &ip[i]);

		if (!refuse_address(d, &refusal, &ip[i]))
			return false;
	}
	pool = pool_of(d, ip, n);
	if (!pool)
		return refuse(d, REASON_OTHER_POOL,
			      "the two addresses are not allowed in config: they lie in different pools");
	return check_scope(d, pool, held);
}

static void hold(struct decision *d, const struct ip *ip, size_t n)
{
	d->n_ip = n;
	memmove(d->ip, ip, n * sizeof(*ip));
	alloc_hold(d->alloc, d->who, d->ip, n);
}

static void let_go(struct decision *d)
{
	alloc_release(d->alloc, d->who);
	d->n_ip = 0;
}

/* ---- what it has ---- */

/* Is what is stored still what the service wants? Otherwise it is let go, and the event says why. */
static void keep_stored(struct decision *d)
{
	const struct service *s = d->s;
	enum service_family family;
	const char *pool;
	size_t n = s->n_stored;

	if (n == 0)
		return;
	family = n > ALLOC_MAX_IPS ? SERVICE_ODD : service_family_of(s->stored, n);
	if (family == SERVICE_ODD) {
		tell(d, EVENT_BAD_STATUS, "nolbIPsIPFamily",
		     "Failed to retrieve LBIPs IPFamily for \"%s\": its status holds %zu addresses "
		     "that are not one of each family",
		     s->key, n);
		let_go(d);
		return;
	}
	if (family != s->family && !(s->family == SERVICE_DUAL && s->policy == KUBE_PREFER_DUAL)) {
		tell(d, EVENT_CLEAR_ASSIGNMENT, "familyChanged",
		     "current IP for \"%s\" not allowed: the service is %s, the address is %s",
		     s->key, service_family_word(s->family), service_family_word(family));
		let_go(d);
		return;
	}
	if (!check_addresses(d, s->stored, n, true)) {
		tell(d, EVENT_CLEAR_ASSIGNMENT, "notAllowedByConfig",
		     "current IP for \"%s\" not allowed by config, will attempt for new IP "
		     "assignment: %s",
		     s->key, d->message);
		let_go(d);
		forgive(d);
		return;
	}
	pool = pool_of(d, s->stored, n)->name;
	if (asked_pool(d) && strcmp(asked_pool(d), pool) != 0) {
		tell(d, EVENT_CLEAR_ASSIGNMENT, "differentPoolRequested",
		     "current IP for \"%s\" is from pool \"%s\", the service asks for pool \"%s\"",
		     s->key, pool, asked_pool(d));
		let_go(d);
		return;
	}
	hold(d, s->stored, n);
}

static void leave_for_asked(struct decision *d)
{
	char now[IPS_TEXT_MAX], asked[IPS_TEXT_MAX];

	if (d->n_ip == 0 || d->n_asked == 0 ||
	    (d->n_asked == d->n_ip && ips_same(d->asked, d->ip, d->n_ip)))
		return;
	tell(d, EVENT_CLEAR_ASSIGNMENT, "differentIPRequested",
	     "current IP %s for \"%s\" is not the one it asks for, %s",
	     ips_quote(d->ip, d->n_ip, now), d->s->key, ips_quote(d->asked, d->n_asked, asked));
	let_go(d);
}

/* ---- giving ---- */

static bool give_asked(struct decision *d)
{
	const struct config_pool *pool;

	if (!check_addresses(d, d->asked, d->n_asked, false))
		return false;
	pool = pool_of(d, d->asked, d->n_asked);
	if (asked_pool(d) && strcmp(asked_pool(d), pool->name) != 0)
		return refuse(d, REASON_OTHER_POOL,
			      "requested address is in pool \"%s\", not compatible with the requested "
			      "pool \"%s\"",
			      pool->name, asked_pool(d));
	hold(d, d->asked, d->n_asked);
	return true;
}

/* One address of each wanted family, the primary one first; false when one is missing. */
static bool give_from(struct decision *d, const struct config_pool *pool, unsigned families)
{
	const uint8_t order[2] = { d->s->v6_first ? IP_V6 : IP_V4, d->s->v6_first ? IP_V4 : IP_V6 };
	struct ip ip[ALLOC_MAX_IPS];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (!(families & (order[i] == IP_V4 ? SERVICE_V4 : SERVICE_V6)))
			continue;
		if (!alloc_find(d->alloc, d->who, pool, order[i], &ip[n++]))
			return false;
	}
	hold(d, ip, n);
	return true;
}

/* The first pool that can give all of these families, among those it may be given from. */
static bool give_any(struct decision *d, unsigned families, const struct config_pool *only)
{
	size_t first = 0;

	if (only)
		return give_from(d, only, families);
	if (!*d->who->sharing)
		first = alloc_first_open(d->alloc, families & SERVICE_V4 ? IP_V4 : IP_V6);
	for (size_t i = first; i < d->config->n_pool; i++) {
		const struct config_pool *pool = &d->config->pool[i];

		if (pool->auto_assign && config_pool_admits(pool, &d->client) &&
		    give_from(d, pool, families))
			return true;
	}
	return false;
}

static bool refuse_unknown_pool(struct decision *d)
{
	struct text known;
	bool rc;

	text_init(&known, 400);
	for (size_t i = 0; i < d->config->n_pool; i++)
		text_addf(&known, "%s%s", i ? ", " : "", d->config->pool[i].name);
	rc = refuse(d, REASON_UNKNOWN_POOL, "unknown pool \"%.200s\" (there is: %s)", asked_pool(d),
		    known.s);
	text_done(&known);
	return rc;
}

/* Pools that give by themselves, and of these such as are for the service. */
static void count_auto_pools(const struct decision *d, size_t *out_n, size_t *out_n_for_it)
{
	*out_n = *out_n_for_it = 0;
	for (size_t i = 0; i < d->config->n_pool; i++) {
		const struct config_pool *pool = &d->config->pool[i];

		*out_n += pool->auto_assign;
		*out_n_for_it += pool->auto_assign && config_pool_admits(pool, &d->client);
	}
}

static bool refuse_full(struct decision *d, const struct config_pool *only)
{
	const char *family = service_family_word(d->s->family);
	size_t n, n_for_it;

	if (only)
		return refuse(d, REASON_POOL_FULL,
			      "no available IPs in pool %s for a service that is %s (%llu addresses, "
			      "%llu in use)",
			      only->name, family, (unsigned long long)config_pool_size(only),
			      (unsigned long long)alloc_n_used(d->alloc, only, 0));
	count_auto_pools(d, &n, &n_for_it);
	if (n == 0)
		return refuse(d, REASON_NO_AUTO_POOL,
			      "no available IPs: every pool has auto-assign off; name one with the "
			      "annotation metallb.io/address-pool");
	if (n_for_it == 0)
		return refuse(d, REASON_NO_POOL_FOR_IT,
			      "no available IPs: the serviceAllocation of every pool with auto-assign "
			      "leaves this service out");
	return refuse(d, REASON_ALL_FULL,
		      "no available IPs: no pool with auto-assign that is for it has a free address for a service "
		      "that is %s",
		      family);
}

static bool give_free(struct decision *d)
{
	const struct config_pool *only = NULL;
	unsigned first = d->s->v6_first ? SERVICE_V6 : SERVICE_V4;

	if (asked_pool(d)) {
		only = config_find_pool(d->config, asked_pool(d));
		if (!only)
			return refuse_unknown_pool(d);
		if (!check_scope(d, only, false))
			return false;
	}
	if (give_any(d, d->s->family, only))
		return true;
	if (d->s->family == SERVICE_DUAL && d->s->policy == KUBE_PREFER_DUAL &&
	    (give_any(d, first, only) || give_any(d, SERVICE_DUAL & ~first, only)))
		return true;
	return refuse_full(d, only);
}

#define IPV6_SILENT "is not announced yet: the speakers answer for IPv4 only so far"

static const struct ip *ipv6_of(const struct decision *d)
{
	for (size_t i = 0; i < d->n_ip; i++)
		if (d->ip[i].len == IP_V6)
			return &d->ip[i];
	return NULL;
}

static void tell_of_ipv6(struct decision *d)
{
	char text[IPS_TEXT_MAX];

	if (ipv6_of(d))
		tell(d, EVENT_IPV6_NOT_ANNOUNCED, NULL, "%s " IPV6_SILENT, ips_quote(ipv6_of(d), 1, text));
}

static void tell_of_failure(struct decision *d)
{
	tell(d, EVENT_ALLOCATION_FAILED, NULL, "Failed to allocate IP for \"%s\": %s", d->s->key,
	     d->message);
}

static void give(struct decision *d)
{
	char text[IPS_TEXT_MAX];

	if (d->n_asked > 0 ? give_asked(d) : give_free(d)) {
		d->out->allocated = true;
		tell(d, EVENT_IP_ALLOCATED, NULL, "Assigned IP %s", ips_quote(d->ip, d->n_ip, text));
		tell_of_ipv6(d);
		return;
	}
	tell_of_failure(d);
}

/* A dual-stack service that prefers two and has one: the other, from the same pool. */
static void give_second(struct decision *d, bool may_give)
{
	const struct service *s = d->s;
	uint8_t other = d->ip[0].len == IP_V4 ? IP_V6 : IP_V4;
	struct ip both[ALLOC_MAX_IPS];
	char text[IPS_TEXT_MAX];

	if (d->n_ip != 1 || s->family != SERVICE_DUAL || s->policy != KUBE_PREFER_DUAL ||
	    d->n_asked > 0)
		return;
	both[0] = d->ip[0];
	if (!may_give ||
	    !alloc_find(d->alloc, d->who, pool_of(d, d->ip, 1), other, &both[1])) {
		refuse(d, REASON_PARTLY, "no available %s address in pool \"%s\": the service has one "
					 "family only", other == IP_V4 ? "IPv4" : "IPv6",
		       pool_of(d, d->ip, 1)->name);
		if (may_give && !d->out->allocated)
			tell(d, EVENT_NO_SECOND, NULL, "cannot assign additional IP in PreferDualStack: %s",
			     d->message);
		return;
	}
	hold(d, both, 2);
	d->out->allocated = true;
	tell(d, EVENT_IP_ALLOCATED, NULL, "Assigned additional IP %s", ips_quote(&both[1], 1, text));
	tell_of_ipv6(d);
}

/* ---- all of it ---- */

/* What must hold before addresses are looked at; false: it gets none. */
static bool is_allocatable(struct decision *d)
{
	const struct service *s = d->s;

	if (s->n_cluster_ip == 0) {
		refuse(d, REASON_NO_CLUSTER_IP,
		       s->is_headless ? "the service is headless (clusterIP: None)" :
					"the service has no cluster IP yet");
		/* What is about to come is no warning. */
		tell(d, s->is_headless ? EVENT_ALLOCATION_FAILED : EVENT_NO_CLUSTER_IP_YET,
		     s->n_stored > 0 ? "noClusterIP" : NULL, "Failed to allocate IP for \"%s\": %s",
		     s->key, d->message);
		return false;
	}
	if (s->policy == KUBE_REQUIRE_DUAL && s->n_cluster_ip < 2) {
		tell(d, EVENT_NOT_DUAL, s->n_stored > 0 ? "notEnoughClusterIPs" : NULL,
		     "Service requires dual stack but not enough clusterips");
		return refuse(d, REASON_NOT_DUAL,
			      "the service requires dual stack and has %d cluster IP", s->n_cluster_ip);
	}
	return true;
}

/* It has an address that no speaker will announce, and nothing else is to be said. */
static void note_silence(struct decision *d)
{
	const struct config_pool *pool = d->n_ip > 0 ? pool_of(d, d->ip, d->n_ip) : NULL;
	bool selects;

	if (!pool || d->reason != REASON_NONE ||
	    config_is_advertised(d->config, pool, &d->s->labels, &selects))
		return;
	tell(d, EVENT_NOT_ADVERTISED, NULL,
	     "the address of \"%s\" is not announced: no L2Advertisement is for pool \"%s\"%s",
	     d->s->key, pool->name, pool->n_advert ? " and the labels of the service" : "");
}

static void publish(struct decision *d)
{
	struct service *s = d->s;

	s->n_asked = (uint8_t)d->n_asked;
	memcpy(s->asked, d->asked, sizeof(s->asked));
	s->n_ip = (uint8_t)d->n_ip;
	memcpy(s->ip, d->ip, sizeof(s->ip));
	free(s->pool);
	s->pool = d->n_ip > 0 ? mem_strdup(pool_of(d, d->ip, d->n_ip)->name) : NULL;
	if (!d->message && ipv6_of(d))
		d->message = mem_strdup("its IPv6 address " IPV6_SILENT);
	service_set_reason(s, d->reason, d->message);
}

/* The family of its cluster IPs cannot be told: what is stored stays, nothing is given. */
static void keep_unjudged(struct decision *d)
{
	refuse(d, REASON_FAMILY_UNKNOWN,
	       "the cluster IPs of the service are not one IPv4 address, one IPv6 address or one of each");
	if (d->s->n_stored > 0)
		tell(d, EVENT_BAD_CLUSTER_IPS, NULL,
		     "Failed to retrieve ClusterIPs IPFamily for \"%s\": %s", d->s->key,
		     d->message);
	else
		tell_of_failure(d);
	d->s->keeps = true;
}

/* Addresses that it may have: what it holds, then what it asks for, then any. */
static void look_for_addresses(struct decision *d, bool may_give)
{
	bool request_is_sane;

	if (d->s->family == SERVICE_ODD) {
		keep_unjudged(d);
		return;
	}
	keep_stored(d);
	request_is_sane = parse_asked(d) && check_asked_family(d);
	if (!request_is_sane && d->n_ip > 0) {
		tell(d, EVENT_LOAD_BALANCER_FAILED, NULL, "invalid requested loadbalancer IPs: %s", d->message);
	} else if (!request_is_sane) {
		tell_of_failure(d);
	} else {
		leave_for_asked(d);
		if (d->n_ip == 0 && may_give)
			give(d);
		give_second(d, may_give);
		note_silence(d);
	}
}

void decide(struct service *service, const struct decide_ground *ground, bool may_give,
	    struct decide_result *out_result)
{
	struct decision d = { .s = service, .alloc = ground->alloc, .config = ground->config,
			      .client = { service->namespace, ground->namespace_labels,
					  &service->labels },
			      .who = &service->holder, .refused = ground->refused,
			      .out = out_result };

	*out_result = (struct decide_result){ 0 };
	service->keeps = false;
	if (is_allocatable(&d))
		look_for_addresses(&d, may_give);
	publish(&d);
}
