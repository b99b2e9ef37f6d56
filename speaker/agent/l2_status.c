/* l2_status - see l2_status.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/l2_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/kube_feed.h"
#include "common/api/kube_writer.h"
#include "common/core/hash.h"
#include "common/io/log.h"
#include "config/wire/crd_status.h"
#include "speaker/agent/core/plan_view.h"

#define TOGETHER_MS 50
#define PACE_MS 1000
#define MAX_ACTIVE 8
#define TEXT_MAX 2048
#define NAME_MAX_BYTES 32
#define APPLY "application/apply-patch+yaml"

struct object { /* as stored */
	struct object *next; /* of the same service */
	struct crd_l2_seen seen;
	bool owned; /* by our pod, or we do not know our pod */
	char name[];
};

struct l2_status {
	struct l2_status_config config;
	struct kube_client *client;
	struct loop *loop;
	struct loop_timer *timer;
	struct kube_feed *feed; /* NULL until it is known whose objects are ours */
	struct kube_writer *writer;
	char *path;
	struct strmap objects;  /* name -> struct object */
	struct strmap services; /* namespace/name -> the first object about it */
	struct strmap dirty;    /* namespace/name -> anything */
	bool served, armed, waiting;
};

/* ---- what is stored ---- */

static void unlink_object(struct l2_status *l, struct object *object)
{
	struct object *first = strmap_get(&l->services, object->seen.service);
	struct object **at = &first;

	while (*at != object)
		at = &(*at)->next;
	*at = object->next;
	if (first)
		strmap_put(&l->services, object->seen.service, first);
	else
		strmap_remove(&l->services, object->seen.service);
}

static void forget(struct l2_status *l, const char *name)
{
	struct object *object = strmap_remove(&l->objects, name);

	if (!object)
		return;
	unlink_object(l, object);
	l2_status_touch(l, object->seen.service);
	crd_l2_seen_done(&object->seen);
	free(object);
}

static void remember(struct l2_status *l, const char *name, struct crd_l2_seen *seen, bool owned)
{
	struct object *object = mem_new(1, sizeof(*object) + strlen(name) + 1);

	memcpy(object->name, name, strlen(name) + 1);
	object->seen = *seen;
	object->owned = owned;
	object->next = strmap_get(&l->services, seen->service);
	strmap_put(&l->services, seen->service, object);
	strmap_put(&l->objects, name, object);
	l2_status_touch(l, seen->service);
}

static void on_object(void *ctx, void *from)
{
	const struct l2_status *l = ctx;
	const struct crd_owner owner = { kube_self_pod(l->config.self), kube_self_uid(l->config.self) };
	struct kube_raw *raw = from;
	struct crd_l2_seen seen = { 0 };

	kube_writer_saw(l->writer, raw->meta.name);
	forget(ctx, raw->meta.name);
	if (crd_l2_read(raw->json, &seen) == 0 && seen.node && seen.service)
		remember(ctx, raw->meta.name, &seen, crd_is_owned(raw->json, &owner));
	else
		crd_l2_seen_done(&seen);
	kube_object_free(KUBE_RAW, raw);
}

static void on_gone(void *ctx, const char *key)
{
	struct l2_status *l = ctx;
	const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;

	kube_writer_gone(l->writer, name);
	forget(l, name);
}

/* ---- what should be stored ---- */

/* The same for the same node and service, so that nobody need remember it. */
static void name_of(const struct l2_status *l, const char *service, char out[static NAME_MAX_BYTES])
{
	const char *const part[] = { l->config.node, "#", service };
	uint64_t hash = HASH_EMPTY;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		hash = hash_text(hash, part[i]);
	snprintf(out, NAME_MAX_BYTES, "l2-%016" PRIx64, hash);
}

static char *target_of(const struct l2_status *l, const char *name, const char *rest)
{
	struct text t;

	text_init(&t, TEXT_MAX);
	text_addf(&t, "%s/%s%s", l->path, name, rest);
	return text_take(&t);
}

static void want_gone(struct l2_status *l, const char *name)
{
	struct kube_wish wish = { 0 };

	kube_wish_add(&wish, "DELETE", NULL, target_of(l, name, ""), NULL);
	kube_writer_want(l->writer, name, &wish);
}

static char *body_of(const struct crd_l2 *l2,
		     void (*write)(const struct crd_l2 *l2, struct text *out_json))
{
	struct text t;

	text_init(&t, 4 * TEXT_MAX);
	write(l2, &t);
	return text_take(&t);
}

static void want_there(struct l2_status *l, const struct crd_l2 *l2, const struct object *stored)
{
	static const char query[] = "?fieldManager=tinlb-speaker&force=true";
	struct kube_wish wish = { 0 };

	if (stored && stored->owned && str_equal(stored->seen.interfaces, l2->interfaces)) {
		kube_writer_drop(l->writer, l2->name);
		return;
	}
	if (!stored || !stored->owned)
		kube_wish_add(&wish, "PATCH", APPLY, target_of(l, l2->name, query),
			      body_of(l2, crd_l2_object));
	kube_wish_add(&wish, "PATCH", APPLY,
		      target_of(l, l2->name, "/status?fieldManager=tinlb-speaker&force=true"),
		      body_of(l2, crd_l2_status));
	kube_writer_want(l->writer, l2->name, &wish);
}

static void look(struct l2_status *l, const char *service)
{
	const struct object *own = NULL;
	char name[NAME_MAX_BYTES];
	struct crd_l2 l2 = {
		.namespace = l->config.namespace, .name = name, .node = l->config.node,
		.service = service,
		.owner = { kube_self_pod(l->config.self), kube_self_uid(l->config.self) },
	};
	enum plan_announcing announcing = plan_view_announcing(l->config.plan, service, &l2.interfaces);

	if (announcing == PLAN_MAY_ANNOUNCE)
		return;
	name_of(l, service, name);
	for (const struct object *o = strmap_get(&l->services, service); o; o = o->next) {
		bool ours = strcmp(o->seen.node, l->config.node) == 0;

		if (ours && strcmp(o->name, name) == 0)
			own = o;
		else if (ours || announcing == PLAN_ANNOUNCES)
			want_gone(l, o->name);
		else
			kube_writer_drop(l->writer, o->name);
	}
	if (announcing == PLAN_ANNOUNCES)
		want_there(l, &l2, own);
	else if (own)
		want_gone(l, name);
	else
		kube_writer_drop(l->writer, name);
}

/* ---- when ---- */

static void on_timer(void *ctx, instant now)
{
	struct l2_status *l = ctx;
	struct strmap dirty = l->dirty;
	const char *service;
	void *value;

	(void)now;
	l->waiting = false;
	l->dirty = (struct strmap){ 0 };
	for (size_t at = 0; strmap_next(&dirty, &at, &service, &value);)
		look(l, service);
	strmap_done(&dirty);
}

/* Until then nothing is kept: once it can, all are looked at. */
static bool can_look(const struct l2_status *l)
{
	return l->served && l->armed;
}

void l2_status_touch(struct l2_status *l, const char *service)
{
	if (!can_look(l))
		return;
	strmap_put(&l->dirty, service, l);
	if (l->waiting)
		return;
	l->waiting = true;
	loop_timer_set(l->timer, instant_add_ms(loop_now(l->loop), TOGETHER_MS));
}

static void touch_all(struct l2_status *l)
{
	const struct strmap *const known[] = { &l->config.plan->cluster.service, &l->services };
	const char *service;
	void *value;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		for (size_t at = 0; strmap_next(known[i], &at, &service, &value);)
			l2_status_touch(l, service);
}

void l2_status_arm(struct l2_status *l)
{
	if (l->armed)
		return;
	l->armed = true;
	touch_all(l);
}

static void on_synced(void *ctx)
{
	struct l2_status *l = ctx;

	l->served = true;
	touch_all(l);
}

static void on_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct l2_status *l = ctx;

	if (trouble == KUBE_TROUBLE_DENIED)
		log_line(LOG_INFO, { "op", "watch" }, { "resource", "servicel2statuses" },
			 { "error", text }, { "msg", "these status objects are not written" });
	if (trouble == KUBE_TROUBLE_MISSING || trouble == KUBE_TROUBLE_DENIED) {
		l->served = false;
		kube_writer_drop_all(l->writer);
	}
}

void l2_status_on_self(struct l2_status *l)
{
	const struct kube_feed_config feed = {
		.kind = KUBE_RAW, .path = l->path, .selectors = "", .group = l->config.group,
		.user = { on_object, on_gone, on_synced, on_trouble, l },
	};

	l->feed = kube_feed_new(l->client, &feed);
}

struct l2_status *l2_status_new(struct kube_client *client, const struct l2_status_config *config)
{
	const struct kube_writer_config writer = { "serviceL2Status", PACE_MS, MAX_ACTIVE };
	struct l2_status *l = mem_new(1, sizeof(*l));
	struct text t;

	l->config = *config;
	l->client = client;
	l->loop = kube_client_loop(client);
	l->timer = loop_timer_new(l->loop, on_timer, l);
	l->writer = kube_writer_new(client, &writer);
	text_init(&t, TEXT_MAX);
	text_addf(&t, "/apis/" CRD_STATUS_VERSION "/namespaces/%s/servicel2statuses",
		  config->namespace);
	l->path = text_take(&t);
	return l;
}

void l2_status_free(struct l2_status *l)
{
	const char *name;
	void *object;

	if (!l)
		return;
	kube_feed_free(l->feed);
	kube_writer_free(l->writer);
	loop_timer_free(l->timer);
	for (size_t at = 0; strmap_next(&l->objects, &at, &name, &object);) {
		crd_l2_seen_done(&((struct object *)object)->seen);
		free(object);
	}
	strmap_done(&l->objects);
	strmap_done(&l->services);
	strmap_done(&l->dirty);
	free(l->path);
	free(l);
}

size_t l2_status_n_waiting(const struct l2_status *l)
{
	return kube_writer_n_waiting(l->writer);
}
