/* reconcile_writes - status updates of services, from due to stored; see reconcile.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/api/core/kube_types.h"
#include "controller/core/reconcile_state.h"

void reconcile_want_write(struct reconcile *r, struct entry *entry, instant now)
{
	if (service_is_written(entry->service))
		heap_remove(&r->writes, &entry->due);
	else if (entry->number == 0 && entry->due.place == 0)
		heap_set(&r->writes, &entry->due, now);
}

static void set_stored(struct service *s, const struct written *written)
{
	s->n_stored = written->n_ip;
	memcpy(s->stored, written->ip, sizeof(s->stored));
	free(s->note);
	s->note = mem_strdup(written->pool);
	free(s->raw);
	s->raw = NULL;
}

void reconcile_correct_stored(const struct entry *entry, struct service *next)
{
	uint64_t version = kube_version_number(next->version);

	if (version > 0 && version < entry->last.version)
		set_stored(next, &entry->last);
}

static void offer_write(struct entry *entry, struct reconcile_write *out)
{
	const struct service *s = entry->service;

	free(entry->sent.pool);
	entry->sent = (struct written){ .n_ip = s->n_ip, .pool = mem_strdup(s->pool) };
	memcpy(entry->sent.ip, s->ip, sizeof(s->ip));
	out->raw = s->raw;
	out->ip = s->ip;
	out->n_ip = s->n_ip;
	out->pool = s->pool;
}

bool reconcile_next_write(struct reconcile *r, instant now, struct reconcile_write *out)
{
	struct heap_node *first = heap_first(&r->writes);
	struct entry *entry;

	if (!first || first->due > now)
		return false;
	heap_remove(&r->writes, first);
	entry = CONTAINER_OF(first, struct entry, due);
	entry->number = ++r->n_write;
	*out = (struct reconcile_write){ .key = entry->service->key, .number = entry->number };
	offer_write(entry, out);
	return true;
}

instant reconcile_deadline(const struct reconcile *r)
{
	return heap_deadline(&r->writes);
}

/* NULL: the service is gone, or what came in its place has writes of its own. */
static struct entry *under_way(const struct reconcile *r, const struct reconcile_write *write)
{
	struct entry *entry = strmap_get(&r->entries, write->key);

	return entry && entry->number == write->number ? entry : NULL;
}

/* Not another service of that name, and not a state from before the one that we have. */
static bool is_newer(const struct service *s, const struct kube_service *object)
{
	return str_equal(s->uid, object->meta.uid) &&
	       kube_version_number(object->meta.resource_version) >= kube_version_number(s->version);
}

bool reconcile_on_reread(struct reconcile *r, instant now, struct kube_service *object,
			 struct reconcile_write *write)
{
	struct entry *entry = under_way(r, write);

	if (!entry || !is_newer(entry->service, object)) {
		kube_service_free(object);
		reconcile_on_failed(r, now, write);
		return false;
	}
	reconcile_on_service(r, now, object);
	if (service_is_written(entry->service)) {
		entry->number = 0;
		backoff_succeeded(&entry->backoff);
		return false;
	}
	offer_write(entry, write);
	return true;
}

void reconcile_on_written(struct reconcile *r, instant now, const struct reconcile_write *write,
			  const char *version)
{
	struct entry *entry = under_way(r, write);
	uint64_t number = kube_version_number(version);

	if (!entry)
		return;
	entry->number = 0;
	backoff_succeeded(&entry->backoff);
	free(entry->last.pool);
	entry->last = entry->sent;
	entry->last.version = number;
	entry->sent.pool = NULL;
	if (number == 0 || kube_version_number(entry->service->version) <= number)
		set_stored(entry->service, &entry->last);
	reconcile_want_write(r, entry, now);
}

void reconcile_on_failed(struct reconcile *r, instant now, const struct reconcile_write *write)
{
	struct entry *entry = under_way(r, write);

	if (!entry)
		return;
	entry->number = 0;
	/* The object that we have may not be the one that is stored: it is read before the next try. */
	free(entry->service->raw);
	entry->service->raw = NULL;
	if (!service_is_written(entry->service))
		heap_set(&r->writes, &entry->due,
			 instant_add_ms(now, backoff_failed(&entry->backoff, &r->prng)));
}
