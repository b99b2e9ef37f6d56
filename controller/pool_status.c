/* pool_status - see pool_status.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/pool_status.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/kube_writer.h"
#include "config/wire/crd_status.h"
#include "controller/lead.h"

#define TOGETHER_MS 100 /* changes that come within this are one look */
#define PACE_MS 1000
#define MAX_ACTIVE 4
#define BODY_MAX 1024

struct pool_status {
	struct controller *c;
	struct kube_writer *writer;
	struct loop_timer *timer;
	struct strmap stored; /* name -> struct crd_pool_counts, of those that have a status */
	struct strmap known;  /* name -> itself, of all objects */
	bool waiting;
};

static int64_t bounded(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static struct crd_pool_counts counts_of(const struct alloc *alloc, const struct config_pool *pool)
{
	uint64_t used_v4 = alloc_n_used(alloc, pool, IP_V4), used_v6 = alloc_n_used(alloc, pool, IP_V6);
	uint64_t size_v4 = config_pool_size_family(pool, IP_V4);
	uint64_t size_v6 = config_pool_size_family(pool, IP_V6);

	return (struct crd_pool_counts){
		.assigned_v4 = bounded(used_v4),
		.assigned_v6 = bounded(used_v6),
		.available_v4 = bounded(size_v4 > used_v4 ? size_v4 - used_v4 : 0),
		.available_v6 = bounded(size_v6 > used_v6 ? size_v6 - used_v6 : 0),
	};
}

static void want(struct pool_status *p, const char *name, const struct crd_pool_counts *counts)
{
	struct kube_wish wish = { 0 };
	struct text target, body;

	text_init(&target, BODY_MAX);
	text_addf(&target, "/apis/" CRD_STATUS_VERSION "/namespaces/%s/ipaddresspools/%s/status",
		  p->c->config.namespace, name);
	text_init(&body, BODY_MAX);
	crd_pool_counts_write(counts, &body);
	kube_wish_add(&wish, "PATCH", "application/merge-patch+json", text_take(&target),
		      text_take(&body));
	kube_writer_want(p->writer, name, &wish);
}

static void look_at(struct pool_status *p, const struct config_pool *pool)
{
	struct crd_pool_counts counts = counts_of(reconcile_alloc(p->c->reconcile), pool);
	const struct crd_pool_counts *stored = strmap_get(&p->stored, pool->name);

	if (!strmap_get(&p->known, pool->name))
		return;
	if (stored && memcmp(stored, &counts, sizeof(counts)) == 0)
		kube_writer_drop(p->writer, pool->name);
	else
		want(p, pool->name, &counts);
}

static void on_timer(void *ctx, instant now)
{
	struct pool_status *p = ctx;
	struct controller *c = p->c;
	const struct config *config = reconcile_config(c->reconcile);

	(void)now;
	p->waiting = false;
	if (!lead_may_write(c) || !reconcile_is_ready(c->reconcile) || !config ||
	    !reconcile_alloc(c->reconcile) || !config_source_state(c->source).from_objects)
		return;
	for (size_t i = 0; i < config->n_pool; i++)
		look_at(p, &config->pool[i]);
}

void pool_status_touch(struct pool_status *p)
{
	if (p->waiting)
		return;
	p->waiting = true;
	loop_timer_set(p->timer, instant_add_ms(loop_now(p->c->loop), TOGETHER_MS));
}

void pool_status_on_object(struct pool_status *p, const char *name, const char *json)
{
	struct crd_pool_counts counts, *stored;

	if (!json) {
		free(strmap_remove(&p->stored, name));
		strmap_remove(&p->known, name);
		kube_writer_drop(p->writer, name);
		kube_writer_gone(p->writer, name);
		return;
	}
	strmap_put(&p->known, name, p);
	kube_writer_saw(p->writer, name);
	if (crd_pool_counts_read(json, &counts)) {
		stored = mem_new(1, sizeof(*stored));
		*stored = counts;
		free(strmap_put(&p->stored, name, stored));
	} else {
		free(strmap_remove(&p->stored, name));
	}
	pool_status_touch(p);
}

void pool_status_end(struct pool_status *p)
{
	const char *name;
	void *known;

	for (size_t at = 0; strmap_next(&p->known, &at, &name, &known);)
		kube_writer_drop(p->writer, name);
}

struct pool_status *pool_status_new(struct controller *c)
{
	const struct kube_writer_config config = { "poolStatus", PACE_MS, MAX_ACTIVE };
	struct pool_status *p = mem_new(1, sizeof(*p));

	p->c = c;
	p->writer = kube_writer_new(c->client, &config);
	p->timer = loop_timer_new(c->loop, on_timer, p);
	return p;
}

void pool_status_free(struct pool_status *p)
{
	if (!p)
		return;
	kube_writer_free(p->writer);
	loop_timer_free(p->timer);
	strmap_done_values(&p->stored);
	strmap_done(&p->known);
	free(p);
}
