/* reconcile - see reconcile.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/text.h"
#include "controller/core/helps.h"
#include "controller/core/reconcile_state.h"

#define RETRY_FIRST_MS 50
#define RETRY_MAX_MS 30000

struct reconcile *reconcile_new(const char *own_class, uint64_t seed)
{
	struct reconcile *r = mem_new(1, sizeof(*r));

	r->own_class = mem_strdup(own_class);
	r->prng = prng_seeded(seed);
	notes_init(&r->notes);
	return r;
}

static void entry_free(struct entry *entry)
{
	service_free(entry->service);
	free(entry->sent.pool);
	free(entry->last.pool);
	free(entry);
}

void reconcile_free(struct reconcile *r)
{
	const char *key;
	void *value;

	if (!r)
		return;
	alloc_free(r->alloc);
	for (size_t at = 0; strmap_next(&r->entries, &at, &key, &value);)
		entry_free(value);
	notes_done(&r->notes);
	strmap_done(&r->entries);
	strmap_done(&r->services);
	strmap_done(&r->waiting);
	heap_done(&r->writes);
	namespaces_done(&r->namespaces);
	config_free(r->config);
	free(r->node_ip);
	free(r->own_class);
	free(r->refused);
	free(r);
}

/* ---- deciding ---- */

bool reconcile_is_ours(const struct reconcile *r, const struct service *s)
{
	return s->is_load_balancer && service_is_of_class(s, r->own_class);
}

static bool can_judge(const struct reconcile *r)
{
	return r->sight == RECONCILE_READ && r->config && r->config->n_pool > 0;
}

static void set_waiting(struct reconcile *r, struct entry *entry)
{
	const struct service *s = entry->service;

	if (reconcile_is_ours(r, s) && s->reason != REASON_NONE)
		strmap_put(&r->waiting, s->key, entry);
	else
		strmap_remove(&r->waiting, s->key);
}

/* What is stored stays; the reason says why nothing is decided. */
static void leave_alone(struct service *s, enum reason reason, const char *message)
{
	s->keeps = true;
	s->is_taken = false;
	s->n_ip = 0;
	free(s->pool);
	s->pool = NULL;
	service_set_reason(s, reason, mem_strdup(message));
}

static void leave_refused(const struct reconcile *r, struct service *s)
{
	struct text t;

	text_init(&t, 512);
	text_addf(&t, "no configuration is in force: the one there is is refused (%s)", r->refused);
	leave_alone(s, REASON_CONFIG_REFUSED, t.s);
	text_done(&t);
}

static void leave_unjudged(const struct reconcile *r, struct service *s)
{
	bool has = s->n_stored > 0;

	if (r->sight == RECONCILE_STANDBY)
		leave_alone(s, REASON_STANDBY, "this controller does not lead: whoever does gives addresses");
	else if (r->sight == RECONCILE_READING)
		leave_alone(s, REASON_NOT_SYNCED, "the services have not all been read yet");
	else if (!r->config && r->refused && !has)
		leave_refused(r, s);
	else if (!r->config)
		leave_alone(s, has ? REASON_NONE : REASON_NO_CONFIG,
			    has ? NULL :
				  "no configuration was accepted yet: create the ConfigMap `config` with "
				  "address-pools");
	else
		leave_alone(s, has ? REASON_NONE : REASON_NO_POOLS,
			    has ? NULL : "the configuration has no address pools: add one");
}

/* No load balancer of ours: what it held is free, and what we wrote is taken back. */
static void release(struct reconcile *r, struct service *s, bool was_ours)
{
	bool class_fits = service_is_of_class(s, r->own_class);

	leave_alone(s, REASON_NOT_OURS, NULL);
	if (!s->is_load_balancer && (was_ours || class_fits))
		s->keeps = false; /* nothing decided, so nothing must be stored */
}

/* The failure that an unjudged service waits for is an event too. */
static void tell_unjudged(struct reconcile *r, struct service *s)
{
	struct decide_result result = { .n_event = 1 };
	struct text t;

	if (s->reason != REASON_NO_CONFIG && s->reason != REASON_NO_POOLS &&
	    s->reason != REASON_CONFIG_REFUSED)
		return;
	text_init(&t, 512);
	text_addf(&t, "Failed to allocate IP for \"%s\": %s", s->key, s->message);
	result.event[0] = (struct decide_event){ .event = EVENT_ALLOCATION_FAILED, .message = t.s };
	notes_tell(&r->notes, s, &result);
	text_done(&t);
}

/* What it was given is its own before it is stored, also in place of what is stored still. */
static bool is_given(const struct reconcile *r, const struct service *s)
{
	return s->n_ip > 0 && !s->keeps &&
	       (s->n_stored == 0 || config_pool_of(r->config, &s->ip[0]));
}

/* Its namespace is still to come, and a pool goes by the labels of namespaces. */
static bool waits_for_namespace(const struct reconcile *r, const struct service *s)
{
	return namespaces_awaits(&r->namespaces, s->namespace) &&
	       config_selects_namespaces(r->config);
}

static struct decide_ground ground_of(const struct reconcile *r, const struct service *s)
{
	return (struct decide_ground){ r->alloc, r->config,
				       namespaces_labels(&r->namespaces, s->namespace), r->refused };
}

static void judge(struct reconcile *r, struct service *s, bool may_give)
{
	const struct decide_ground ground = ground_of(r, s);
	struct ip stored[ALLOC_MAX_IPS];
	uint16_t n_stored = s->n_stored;
	struct decide_result result;

	memcpy(stored, s->stored, sizeof(stored));
	if (is_given(r, s)) {
		s->n_stored = s->n_ip;
		memcpy(s->stored, s->ip, sizeof(s->stored));
	}
	decide(s, &ground, may_give, &result);
	if (may_give || s->n_ip > 0)
		notes_tell(&r->notes, s, &result);
	decide_result_done(&result);
	s->n_stored = n_stored;
	memcpy(s->stored, stored, sizeof(stored));
}

static void decide_entry(struct reconcile *r, struct entry *entry, instant now, bool may_give)
{
	struct service *s = entry->service;

	if (can_judge(r)) {
		bool waits = waits_for_namespace(r, s);

		judge(r, s, may_give && !waits);
		if (!may_give && s->n_ip == 0)
			return; /* its turn to be given one comes */
		if (waits && s->n_ip == 0)
			service_set_reason(s, REASON_NOT_SYNCED,
					   mem_strdup("its namespace has not been read yet"));
	} else {
		leave_unjudged(r, s);
		if (reconcile_is_ready(r))
			tell_unjudged(r, s);
	}
	set_waiting(r, entry);
	reconcile_want_write(r, entry, now);
}

static void retry(struct reconcile *r, struct entry *entry, instant now)
{
	alloc_release(r->alloc, &entry->service->holder);
	decide_entry(r, entry, now, true);
}

/* In the order of keys, whoever waits tries again. */
static void retry_waiting(struct reconcile *r, instant now)
{
	const char **key;
	size_t n = r->waiting.n;

	if (!can_judge(r) || n == 0)
		return;
	key = strmap_sorted_keys(&r->waiting);
	for (size_t i = 0; i < n; i++) {
		struct entry *entry = strmap_get(&r->waiting, key[i]);

		if (entry)
			retry(r, entry, now);
	}
	free(key);
}

/* The first, in the order of keys, of those that could use it and were not tried yet. */
static struct entry *next_for(const struct reconcile *r, const struct ip *ip)
{
	struct entry *first = NULL;
	const char *key, *first_key = NULL;
	void *value;

	for (size_t at = 0; strmap_next(&r->waiting, &at, &key, &value);) {
		struct entry *entry = value;
		const struct decide_ground ground = ground_of(r, entry->service);

		if (entry->retried == r->n_release || (first && strcmp(key, first_key) > 0) ||
		    !helps(entry->service, &ground, ip))
			continue;
		first = entry;
		first_key = key;
	}
	return first;
}

/* An address was given up, or others may share it now: those whom it helps try again. */
static void offer(struct reconcile *r, instant now, const struct ip *ip, size_t n)
{
	struct entry *entry;

	for (size_t i = 0; i < n && can_judge(r); i++) {
		r->n_release++;
		if (!config_pool_of(r->config, &ip[i]))
			continue;
		while ((entry = next_for(r, &ip[i]))) {
			entry->retried = r->n_release;
			retry(r, entry, now);
		}
	}
}

/* From scratch: holders first, then those that wait, each in the order of keys. */
static void decide_all(struct reconcile *r, instant now)
{
	const char **key = strmap_sorted_keys(&r->entries);
	size_t n = r->entries.n;

	alloc_free(r->alloc);
	r->alloc = r->config ? alloc_new(r->config) : NULL;
	if (r->alloc)
		alloc_set_node_addresses(r->alloc, r->node_ip, r->n_node_ip);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			struct entry *entry = strmap_get(&r->entries, key[i]);
			struct service *s = entry->service;

			if (!reconcile_is_ours(r, s)) {
				reconcile_want_write(r, entry, now);
				continue;
			}
			if (pass == 0 && s->n_stored == 0 && !is_given(r, s))
				continue;
			if (pass == 1 && s->holder.n_ip > 0)
				continue;
			if (pass == 1 && !can_judge(r) && s->n_stored > 0)
				continue;
			decide_entry(r, entry, now, pass == 1);
		}
	}
	free(key);
	retry_waiting(r, now); /* a family that prefers two may find its second now */
}

/* ---- what comes in ---- */

static struct entry *entry_of(struct reconcile *r, const char *key)
{
	struct entry *entry = strmap_get(&r->entries, key);

	if (!entry) {
		entry = mem_new(1, sizeof(*entry));
		entry->backoff = (struct backoff){ RETRY_FIRST_MS, RETRY_MAX_MS, 0 };
		strmap_put(&r->entries, key, entry);
	}
	return entry;
}

static bool same_holding(const struct ip *a, size_t n_a, const struct ip *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (!ip_equal(&a[i], &b[i]))
			return false;
	return true;
}

static void replace(struct reconcile *r, struct entry *entry, struct service *next)
{
	struct service *s = entry->service;

	strmap_put(&r->services, next->key, next);
	entry->service = next;
	service_free(s);
}

void reconcile_on_gone(struct reconcile *r, instant now, const char *key)
{
	struct entry *entry = strmap_remove(&r->entries, key);
	struct ip held[ALLOC_MAX_IPS];
	size_t n_held;

	if (!entry)
		return;
	n_held = alloc_held(&entry->service->holder, held);
	alloc_release(r->alloc, &entry->service->holder);
	strmap_remove(&r->services, key);
	strmap_remove(&r->waiting, key);
	heap_remove(&r->writes, &entry->due);
	entry_free(entry);
	offer(r, now, held, n_held);
}

/* Deleted and made anew, and the deletion was not told. */
static void forget_former(struct reconcile *r, instant now, const struct service *next)
{
	const struct service *former = reconcile_find(r, next->key);

	if (former && !str_equal(former->uid, next->uid))
		reconcile_on_gone(r, now, next->key);
}

void reconcile_on_service(struct reconcile *r, instant now, struct kube_service *object)
{
	struct service *next = service_new(object);
	struct entry *entry;
	struct ip before[ALLOC_MAX_IPS];
	size_t n_before = 0;
	bool was_ours, differs;

	kube_service_free(object);
	forget_former(r, now, next);
	entry = entry_of(r, next->key);
	was_ours = entry->service && reconcile_is_ours(r, entry->service);
	differs = entry->service && service_shares_differently(entry->service, next);
	reconcile_correct_stored(entry, next);
	if (entry->service) {
		n_before = alloc_held(&entry->service->holder, before);
		alloc_release(r->alloc, &entry->service->holder);
		service_carry_over(next, entry->service, now);
	}
	replace(r, entry, next);
	if (!reconcile_is_ours(r, next)) {
		release(r, next, was_ours);
		set_waiting(r, entry);
		reconcile_want_write(r, entry, now);
	} else {
		decide_entry(r, entry, now, true);
	}
	if (differs || !same_holding(before, n_before, next->ip, next->n_ip))
		offer(r, now, before, n_before);
}

void reconcile_on_all_services(struct reconcile *r, instant now)
{
	if (r->sight == RECONCILE_READ)
		return;
	r->sight = RECONCILE_READ;
	if (r->config || r->no_config)
		decide_all(r, now);
}

void reconcile_on_standby(struct reconcile *r)
{
	const char *key;
	void *value;

	r->sight = RECONCILE_STANDBY;
	alloc_free(r->alloc);
	r->alloc = NULL;
	notes_done(&r->notes);
	for (size_t at = 0; strmap_next(&r->entries, &at, &key, &value);) {
		struct entry *entry = value;

		heap_remove(&r->writes, &entry->due);
		entry->number = 0;
		if (reconcile_is_ours(r, entry->service))
			leave_unjudged(r, entry->service);
		set_waiting(r, entry);
	}
}

void reconcile_on_config(struct reconcile *r, instant now, struct config *config)
{
	struct config *old = r->config;

	r->config = config;
	r->no_config = false;
	if (r->sight == RECONCILE_READ) {
		decide_all(r, now);
	} else {
		alloc_free(r->alloc);
		r->alloc = NULL;
	}
	config_free(old);
}

void reconcile_on_refused(struct reconcile *r, instant now, const char *why)
{
	if (str_equal(r->refused, why))
		return;
	free(r->refused);
	r->refused = mem_strdup(why);
	if (can_judge(r))
		retry_waiting(r, now); /* their reasons tell of it */
	else if (r->sight == RECONCILE_READ && r->no_config)
		decide_all(r, now);
}

void reconcile_on_no_config(struct reconcile *r, instant now)
{
	if (r->no_config || r->config)
		return;
	r->no_config = true;
	if (r->sight == RECONCILE_READ)
		decide_all(r, now);
}

static void decide_by_namespaces(struct reconcile *r, instant now)
{
	if (can_judge(r) && config_selects_namespaces(r->config))
		decide_all(r, now);
}

void reconcile_on_namespace(struct reconcile *r, instant now, struct kube_namespace *ns)
{
	if (namespaces_put(&r->namespaces, ns) && r->namespaces.state == NAMESPACES_READ)
		decide_by_namespaces(r, now);
}

void reconcile_on_namespace_gone(struct reconcile *r, const char *name)
{
	namespaces_remove(&r->namespaces, name);
}

static void set_namespaces(struct reconcile *r, instant now, enum namespaces_state state)
{
	if (r->namespaces.state == state)
		return;
	r->namespaces.state = state;
	decide_by_namespaces(r, now);
}

void reconcile_on_namespaces_read(struct reconcile *r, instant now)
{
	set_namespaces(r, now, NAMESPACES_READ);
}

void reconcile_on_namespaces_denied(struct reconcile *r, instant now)
{
	set_namespaces(r, now, NAMESPACES_DENIED);
}

void reconcile_on_nodes(struct reconcile *r, instant now, const struct ip *ip, size_t n)
{
	if (n == r->n_node_ip && (n == 0 || memcmp(ip, r->node_ip, n * sizeof(*ip)) == 0))
		return;
	r->node_ip = mem_resize(r->node_ip, n, sizeof(*ip));
	if (n > 0)
		memcpy(r->node_ip, ip, n * sizeof(*ip));
	r->n_node_ip = n;
	if (r->alloc && r->sight == RECONCILE_READ)
		decide_all(r, now);
}

bool reconcile_next_note(struct reconcile *r, struct reconcile_note *out)
{
	return notes_next(&r->notes, out);
}
