/* config_state - see config_state.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_state.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/kube_feed.h"
#include "common/api/kube_writer.h"
#include "common/io/log.h"
#include "config/wire/crd_status.h"

#define TEXT_MAX 2048
#define BODY_MAX 65536
#define PACE_MS 1000
#define APPLY "application/apply-patch+yaml"

struct config_state {
	const struct kube_self *self;
	struct kube_feed *feed;
	struct kube_writer *writer;
	char *namespace, *name, *component, *node, *condition, *manager;
	char *list, *selectors;
	char *stored; /* JSON of the object, NULL: there is none */
	char *mark;   /* of the state below */
	char *errors;
	bool may_write, served;
	int64_t since_us;
};

static struct crd_state state_of(const struct config_state *s)
{
	return (struct crd_state){
		.namespace = s->namespace, .name = s->name, .component = s->component,
		.node = s->node, .condition = s->condition, .errors = s->errors,
		.since_us = s->since_us,
		.owner = { kube_self_pod(s->self), kube_self_uid(s->self) },
	};
}

static char *target_of(const struct config_state *s, const char *sub)
{
	struct text t;

	text_init(&t, TEXT_MAX);
	text_addf(&t, "%s/%s%s?fieldManager=%s&force=true", s->list, s->name, sub, s->manager);
	return text_take(&t);
}

static char *body_of(const struct crd_state *state,
		     void (*write)(const struct crd_state *state, struct text *out_json))
{
	struct text t;

	text_init(&t, BODY_MAX);
	write(state, &t);
	return text_take(&t);
}

static void look(struct config_state *s)
{
	struct crd_state state = state_of(s);
	bool owned = s->stored && crd_is_owned(s->stored, &state.owner);
	char *stored = s->stored ? crd_state_mark_of(s->stored) : NULL;
	struct kube_wish wish = { 0 };

	if (!s->served || !s->may_write || !s->mark || !kube_self_is_known(s->self) ||
	    (owned && str_equal(stored, s->mark))) {
		kube_writer_drop(s->writer, s->name);
	} else {
		if (!owned)
			kube_wish_add(&wish, "PATCH", APPLY, target_of(s, ""),
				      body_of(&state, crd_state_object));
		kube_wish_add(&wish, "PATCH", APPLY, target_of(s, "/status"),
			      body_of(&state, crd_state_status));
		kube_writer_want(s->writer, s->name, &wish);
	}
	free(stored);
}

void config_state_on_self(struct config_state *s)
{
	look(s);
}

void config_state_set(struct config_state *s, const struct config_source_state *state, bool may_write)
{
	struct crd_state now;
	char *mark;

	s->may_write = may_write;
	if (!state->settled)
		return; /* what a former process wrote is as good */
	free(s->errors);
	s->errors = mem_strdup(state->error);
	now = state_of(s);
	mark = crd_state_mark(&now);
	if (!str_equal(mark, s->mark))
		s->since_us = loop_wall_us();
	free(s->mark);
	s->mark = mark;
	look(s);
}

static void on_object(void *ctx, void *object)
{
	struct config_state *s = ctx;
	struct kube_raw *raw = object;

	free(s->stored);
	s->stored = mem_strdup(raw->json);
	kube_writer_saw(s->writer, s->name);
	kube_object_free(KUBE_RAW, raw);
	look(s);
}

static void on_gone(void *ctx, const char *key)
{
	struct config_state *s = ctx;

	(void)key;
	free(s->stored);
	s->stored = NULL;
	kube_writer_gone(s->writer, s->name);
	look(s);
}

static void on_synced(void *ctx)
{
	struct config_state *s = ctx;

	s->served = true;
	look(s);
}

static void on_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct config_state *s = ctx;

	if (trouble == KUBE_TROUBLE_DENIED)
		log_line(LOG_INFO, { "op", "watch" }, { "resource", "configurationstates" },
			 { "error", text }, { "msg", "these status objects are not written" });
	if (trouble == KUBE_TROUBLE_MISSING || trouble == KUBE_TROUBLE_DENIED) {
		s->served = false;
		look(s);
	}
}

struct config_state *config_state_new(struct kube_client *client, const struct kube_self *self,
				      const struct config_state_config *config)
{
	const struct kube_writer_config writer = { "configurationState", PACE_MS, 1 };
	struct config_state *s = mem_new(1, sizeof(*s));
	struct kube_feed_config feed = {
		.kind = KUBE_RAW, .group = config->group, .user = { on_object, on_gone, on_synced, on_trouble, s },
	};
	struct text t;

	*s = (struct config_state){
		.self = self,
		.namespace = mem_strdup(config->namespace),
		.name = mem_strdup(config->name),
		.component = mem_strdup(config->component),
		.node = mem_strdup(config->node),
		.condition = mem_strdup(config->condition),
		.manager = mem_strdup(config->manager),
		.writer = kube_writer_new(client, &writer),
	};
	text_init(&t, TEXT_MAX);
	text_addf(&t, CONFIG_SOURCE_GROUP "/namespaces/%s/configurationstates", config->namespace);
	s->list = text_take(&t);
	text_init(&t, TEXT_MAX);
	text_addf(&t, "fieldSelector=metadata.name%%3D%s", config->name);
	s->selectors = text_take(&t);
	feed.path = s->list;
	feed.selectors = s->selectors;
	s->feed = kube_feed_new(client, &feed);
	return s;
}

void config_state_free(struct config_state *s)
{
	if (!s)
		return;
	kube_feed_free(s->feed);
	kube_writer_free(s->writer);
	free(s->namespace);
	free(s->name);
	free(s->component);
	free(s->node);
	free(s->condition);
	free(s->manager);
	free(s->list);
	free(s->selectors);
	free(s->stored);
	free(s->mark);
	free(s->errors);
	free(s);
}
