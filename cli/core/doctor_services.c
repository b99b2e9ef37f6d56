/* doctor_services - see doctor_rules.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/core/doctor_rules.h"
#include "cli/core/who.h"
#include "common/core/strmap.h"
#include "common/core/text.h"

#define KEY_MAX_BYTES 512

/* Reasons that pass by themselves, or that another finding is the cause of. */
static bool is_consequence(const struct doctor *d, const char *reason)
{
	static const char *const passing[] = { "none", "notOurs", "standby", "notSynced", "paused",
					       "taking", "notOwner", "oneFamilyOnly" };
	static const struct {
		const char *reason;
		enum doctor_word cause;
	} caused[] = {
		{ "noConfig", DOCTOR_CONFIG_MISSING },	    { "noConfig", DOCTOR_CONFIG_REFUSED },
		{ "configRefused", DOCTOR_CONFIG_REFUSED }, { "noPools", DOCTOR_NO_POOLS },
		{ "ipNotAllowed", DOCTOR_NO_POOLS },	    { "ipNotAllowed", DOCTOR_CONFIG_MISSING },
		{ "ipNotAllowed", DOCTOR_OVERWRITTEN },	    { "wrongSecret", DOCTOR_SECRETS_DIFFER },
		{ "noCandidate", DOCTOR_NODE_UNAVAILABLE },
	};

	for (size_t i = 0; i < ARRAY_LEN(passing); i++)
		if (strcmp(passing[i], reason) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(caused); i++)
		if (strcmp(caused[i].reason, reason) == 0 && doctor_has(d, caused[i].cause))
			return true;
	return false;
}

/* ---- what the controller says ---- */

static void look_at_waiting(const struct view_status *leader, struct doctor *d)
{
	for (size_t i = 0; i < leader->n_service; i++) {
		const struct view_service *s = &leader->service[i];
		const struct doctor_about about = { s->key, NULL, s->reason };

		if (s->overwritten_ms >= 0 && s->overwritten_ms <= DOCTOR_OVERWRITTEN_MS)
			doctor_add(d, DOCTOR_OVERWRITTEN, (struct doctor_about){ .subject = s->key },
				   "somebody else changed the address of service %s %lld s ago", s->key,
				   (long long)(s->overwritten_ms / 1000));
		if (s->reason && !is_consequence(d, s->reason))
			doctor_add(d, DOCTOR_WAITING, about, "service %s waits for an address: %s",
				   s->key, s->message ? s->message : s->reason);
	}
}

static void look_at_class(const struct view_status *leader, struct doctor *d,
			  const struct kube_service *service)
{
	struct text key;

	if (!service->is_load_balancer || service->n_ingress > 0)
		return;
	text_init(&key, KEY_MAX_BYTES);
	text_addf(&key, "%s/%s", service->meta.namespace, service->meta.name);
	if (!view_find_service(leader, key.s))
		doctor_add(d, DOCTOR_CLASS_UNSERVED, (struct doctor_about){ .subject = key.s },
			   "service %s asks for the load balancer class %s, which nobody serves", key.s,
			   service->class ? service->class : "\"\"");
	text_done(&key);
}

/* ---- what the speakers say ---- */

struct report { /* what one speaker says of one address */
	const struct view_daemon *daemon;
	const struct view_address *address;
	int64_t now_us;
};

/* Hearsay counts: the page of the node that answers may be missing, or was not asked for. */
static bool is_answered(const struct view *view, const struct ip *ip)
{
	struct together t;
	bool hearsay;

	together_of(view, ip, &t);
	return who_owner(view, &t, &hearsay) != NULL;
}

/* An address that nobody answers for: once, whoever says it first. */
static void look_at_silence(const struct view *view, struct doctor *d, struct strmap *told,
			    const struct view_address *a)
{
	const char *reason = a->reason;
	char ip[IP_TEXT_MAX];

	if (!reason || is_consequence(d, reason) || is_answered(view, &a->ip))
		return;
	for (size_t i = 0; i < a->service.n; i++) {
		const char *key = a->service.at[i];

		if (strmap_put(told, key, d))
			continue;
		doctor_add(d, DOCTOR_NOT_ANNOUNCED, (struct doctor_about){ key, NULL, reason },
			   "nobody answers for %s of service %s: %s", ip_format(&a->ip, ip), key,
			   a->message ? a->message : reason);
	}
}

/* Does a subnet like 10.0.0.0/8 contain the address? */
static bool contains(const char *subnet, const struct ip *ip)
{
	const char *slash = strchr(subnet, '/');
	char *first = slash ? mem_strndup(subnet, (size_t)(slash - subnet)) : NULL;
	struct ip_range range;
	struct ip from;
	bool found = first && ip_parse(first, &from) == 0 &&
		     ip_prefix_range(&from, (unsigned)strtoul(slash + 1, NULL, 10), &range) == 0 &&
		     ip_range_contains(&range, ip);

	free(first);
	return found;
}

static bool carries(const struct view_link *link, const struct ip *ip)
{
	for (size_t i = 0; i < link->subnet.n; i++)
		if (contains(link->subnet.at[i], ip))
			return true;
	return false;
}

/* The interface in whose subnet the address is; NULL and *out_known false: subnets are not known. */
static const struct view_link *link_of(const struct view_status *s, const struct ip *ip, bool *out_known)
{
	*out_known = false;
	for (size_t i = 0; i < s->n_link; i++) {
		*out_known |= s->link[i].subnet.n > 0;
		if (carries(&s->link[i], ip))
			return &s->link[i];
	}
	return NULL;
}

/* Those who could not take over, since the interface of that name is down there. */
static void look_at_stand_ins(const struct view *view, struct doctor *d, struct strmap *told,
			      const struct report *by, const char *interface)
{
	for (size_t i = 0; i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_daemon *at = &view->daemon[VIEW_SPEAKER].at[i];

		for (size_t k = 0; at != by->daemon && at->status && at->node && k < at->status->n_link;
		     k++) {
			const struct view_link *link = &at->status->link[k];

			if (link->usable || strcmp(link->name, interface) != 0 ||
			    strmap_put(told, at->node, d))
				continue;
			doctor_add(d, DOCTOR_LINK_DOWN, (struct doctor_about){ at->node, at->node, NULL },
				   "%s of %s is down, so that node cannot answer for what %s announces "
				   "there", interface, at->node, by->daemon->node);
		}
	}
}

static void look_at_announced(const struct view *view, struct doctor *d, struct strmap *told,
			      const struct report *by)
{
	const struct view_address *a = by->address;
	bool known;
	const struct view_link *link = link_of(by->daemon->status, &a->ip, &known);
	char ip[IP_TEXT_MAX];
	const struct doctor_about about = { ip_format(&a->ip, ip), by->daemon->node, NULL };

	for (size_t i = 0; i < a->claimant.n; i++)
		doctor_add(d, DOCTOR_CLAIMED, about,
			   "the machine with hardware address %s answers for %s, too, which %s announces",
			   a->claimant.at[i], ip, by->daemon->node);
	if (link)
		look_at_stand_ins(view, d, told, by, link->name);
	else if (known && a->ip.len == IP_V4)
		doctor_add(d, DOCTOR_NO_SUBNET, about,
			   "%s lies in no subnet of the interfaces of %s, which announces it on all of "
			   "them: only routers that have a route for it will ask", ip, by->daemon->node);
}

/* What this node should announce and cannot, whether or not another one does. */
static void look_at_links(struct doctor *d, const struct report *by)
{
	const struct view_address *a = by->address;
	char ip[IP_TEXT_MAX];
	const struct doctor_about about = { ip_format(&a->ip, ip), by->daemon->node, a->reason };

	if (str_equal(a->reason, "linkDown"))
		doctor_add(d, DOCTOR_LINK_DOWN, about,
			   "the interface of %s that carries %s is down, so that node cannot answer",
			   by->daemon->node, ip);
	else if (str_equal(a->reason, "noInterface"))
		doctor_add(d, DOCTOR_NO_INTERFACE, about,
			   "%s should answer for %s and has no interface that can carry it",
			   by->daemon->node, ip);
}

static bool is_of_links(const char *reason)
{
	return str_equal(reason, "linkDown") || str_equal(reason, "noInterface");
}

static void look_at_address(const struct view *view, struct doctor *d, struct strmap *told,
			    const struct report *by)
{
	if (together_is_announced(by->address))
		look_at_announced(view, d, told, by);
	else if (is_of_links(by->address->reason))
		look_at_links(d, by);
	else
		look_at_silence(view, d, told, by->address);
}

/* It announces, and not only since just now. */
static bool has_settled(const struct view_address *a, int64_t now_us)
{
	return together_is_announced(a) && now_us - a->since_us > DOCTOR_MOVE_US;
}

/* Two that announce one address; gossip that is blocked explains it. */
static void look_at_owners(const struct view *view, struct doctor *d, const struct report *by)
{
	char ip[IP_TEXT_MAX];

	if (!has_settled(by->address, by->now_us) || doctor_has(d, DOCTOR_GOSSIP_ONE_WAY) ||
	    doctor_has(d, DOCTOR_GOSSIP_CUT) || doctor_has(d, DOCTOR_SECRETS_DIFFER))
		return;
	for (const struct view_daemon *other = view->daemon[VIEW_SPEAKER].at; other != by->daemon;
	     other++) {
		const struct view_address *a = view_find_address(other->status, &by->address->ip);

		if (has_settled(a, by->now_us))
			doctor_add(d, DOCTOR_TWO_OWNERS,
				   (struct doctor_about){ ip_format(&a->ip, ip), by->daemon->node, NULL },
				   "%s and %s both announce %s", view_place(other), by->daemon->node, ip);
	}
}

/* Services with a reason of their own, whose address another service may announce. */
static void look_at_own_reasons(struct doctor *d, struct strmap *told, const struct view_status *s)
{
	for (size_t i = 0; i < s->n_service; i++) {
		const struct view_service *service = &s->service[i];
		const struct doctor_about about = { service->key, NULL, service->reason };

		if (!service->reason || is_consequence(d, service->reason) ||
		    strmap_put(told, service->key, d))
			continue;
		doctor_add(d, DOCTOR_NOT_ANNOUNCED, about, "service %s is not announced: %s",
			   service->key, service->message ? service->message : service->reason);
	}
}

void doctor_services(const struct view *view, int64_t now_us, struct doctor *d)
{
	const struct view_daemon *leader = view_leader(view);
	struct strmap told = { 0 };

	if (leader && leader->status->ready)
		look_at_waiting(leader->status, d);
	for (size_t i = 0; leader && leader->status->ready && i < view->n_service; i++)
		look_at_class(leader->status, d, view->service[i]);
	for (size_t i = 0; i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_daemon *at = &view->daemon[VIEW_SPEAKER].at[i];

		if (!at->status || !at->node)
			continue;
		look_at_own_reasons(d, &told, at->status);
		for (size_t k = 0; k < at->status->n_address; k++) {
			const struct report by = { at, &at->status->address[k], now_us };

			look_at_address(view, d, &told, &by);
			look_at_owners(view, d, &by);
		}
	}
	strmap_done(&told);
}
