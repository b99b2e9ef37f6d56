/* config_source - see config_source.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_source.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/strmap.h"
#include "common/core/text.h"
#include "common/io/log.h"
#include "config/core/config_choice.h"
#include "config/wire/config_crd.h"
#include "config/wire/config_yaml.h"

#define KEY "config"
#define TEXT_MAX 1024
#define ERROR_MAX 4096
#define TOGETHER_MS 20   /* changes that come within this are one */
#define CHANGE_OVER_MS 2000 /* of quiet before custom resources replace the ConfigMap */
#define CHANGE_OVER_MAX_MS 10000

struct kind { /* of custom resources */
	struct config_source *source;
	enum config_crd_kind kind;
	const char *plural;
	char *path;
	struct kube_feed *feed;
	struct strmap essence; /* name -> text */
	enum config_sight sight;
	bool in_trouble; /* and the user knows */
};

struct config_source {
	struct config_source_user user;
	struct loop *loop;
	struct loop_timer *timer;
	struct kube_feed *feed; /* of the ConfigMap */
	enum config_sight sight;
	struct kind pools, adverts;
	char *path, *selectors, *map, *objects, *doubled;
	char *document, *uid; /* of the ConfigMap; NULL: there is none */
	char *error;
	char hash[17]; /* of what is in force; "": nothing */
	unsigned line;
	bool stale, settled, from_objects, is_doubled;
	bool waiting; /* the timer is set */
	instant first_change, last_change;
};

static char *sentence(const char *before, const char *subject, const char *after)
{
	struct text text;

	text_init(&text, ERROR_MAX);
	text_addf(&text, "%s%s%s", before, subject, after);
	return text_take(&text);
}

static bool is_loaded(const struct config_source *s)
{
	return s->hash[0] != '\0';
}

static const char *source_of(const struct config_source *s)
{
	return s->from_objects ? s->objects : s->map;
}

/* ---- what came of it ---- */

static void set_error(struct config_source *s, char *error, unsigned line, bool stale)
{
	bool news = error && !str_equal(error, s->error);

	free(s->error);
	s->error = error;
	s->line = line;
	s->stale = stale;
	if (!news)
		return;
	if (stale)
		log_line(LOG_ERROR, { "event", "configStale" }, { "source", source_of(s) },
			 { "error", error },
			 { "msg", is_loaded(s) ? "config (re)load failed, config marked stale: the last "
						 "good one stays in force" :
						 "config load failed: no configuration is in force" });
	else
		log_line(LOG_WARN, { "event", "noConfig" }, { "error", error },
			 { "msg", "nothing is given, taken or announced" });
}

static void put_in_force(struct config_source *s, struct config *config)
{
	bool same = strcmp(s->hash, config->hash) == 0;

	set_error(s, NULL, 0, false);
	if (same) {
		config_free(config);
		return;
	}
	memcpy(s->hash, config->hash, sizeof(s->hash));
	log_line(LOG_INFO, { "event", "configLoaded" }, { "source", source_of(s) },
		 { "hash", s->hash }, { "msg", "config (re)loaded" });
	s->user.on_config(s->user.ctx, config);
}

static void take_result(struct config_source *s, struct config *config,
			const struct config_errors *errors)
{
	struct text text;

	if (config) {
		put_in_force(s, config);
	} else {
		text_init(&text, ERROR_MAX);
		config_errors_format(errors, &text);
		set_error(s, text_take(&text), errors->at[0].line, true);
	}
}

static struct config *read_document(struct config_source *s, struct config_errors *errors)
{
	struct config *config = NULL;

	if (config_from_yaml(s->document, strlen(s->document), &config, errors) != 0)
		return NULL;
	return config;
}

static size_t list_kind(const struct kind *kind, struct config_crd_object *out)
{
	size_t n = 0, at = 0;
	const char *name;
	void *essence;

	while (strmap_next(&kind->essence, &at, &name, &essence))
		out[n++] = (struct config_crd_object){ kind->kind, essence };
	return n;
}

static struct config *read_objects(struct config_source *s, struct config_errors *errors)
{
	struct config_crd_object *object =
		mem_new(s->pools.essence.n + s->adverts.essence.n, sizeof(*object));
	size_t n = list_kind(&s->pools, object);
	struct config *config = NULL;

	n += list_kind(&s->adverts, object + n);
	if (config_from_objects(object, n, &config, errors) != 0)
		config = NULL;
	free(object);
	return config;
}

static void read_from(struct config_source *s, bool objects)
{
	struct config_errors errors = { 0 };
	struct config *config;

	s->from_objects = objects;
	config = objects ? read_objects(s, &errors) : read_document(s, &errors);
	take_result(s, config, &errors);
	config_errors_done(&errors);
	s->user.on_update(s->user.ctx, config == NULL);
}

/* ---- when ---- */

static struct config_seen seen_by(const struct config_source *s)
{
	return (struct config_seen){
		.map = s->sight,
		.pools = s->pools.sight,
		.adverts = s->adverts.sight,
		.has_map = s->document != NULL,
		.n_pool = s->pools.essence.n,
		.map_in_force = is_loaded(s) && !s->from_objects,
	};
}

static void set_timer(struct config_source *s, instant due)
{
	s->waiting = true;
	loop_timer_set(s->timer, due);
}

static void on_change(struct config_source *s)
{
	instant now = loop_now(s->loop);

	s->last_change = now;
	if (s->waiting)
		return;
	s->first_change = now;
	set_timer(s, is_loaded(s) ? instant_add_ms(now, TOGETHER_MS) : now);
}

/* From a good ConfigMap to objects that may not all be there yet. */
static bool must_wait(struct config_source *s, const struct config_seen *seen, instant now)
{
	instant due = instant_min(instant_add_ms(s->last_change, CHANGE_OVER_MS),
				  instant_add_ms(s->first_change, CHANGE_OVER_MAX_MS));

	if (!seen->map_in_force || now >= due)
		return false;
	set_timer(s, due);
	return true;
}

static void note_doubled(struct config_source *s, const struct config_seen *seen)
{
	bool is_doubled = config_is_doubled(seen);

	if (is_doubled && !s->is_doubled) {
		log_line(LOG_WARN, { "event", "configDoubled" }, { "msg", s->doubled });
		if (s->user.on_doubled)
			s->user.on_doubled(s->user.ctx);
	}
	s->is_doubled = is_doubled;
}

static void on_timer(void *ctx, instant now)
{
	struct config_source *s = ctx;
	struct config_seen seen = seen_by(s);
	enum config_origin origin = config_choose(&seen);

	s->waiting = false;
	if (origin == CONFIG_WAIT ||
	    (origin == CONFIG_FROM_OBJECTS && must_wait(s, &seen, now)))
		return;
	s->settled = true;
	if (origin == CONFIG_FROM_OBJECTS || origin == CONFIG_FROM_MAP) {
		read_from(s, origin == CONFIG_FROM_OBJECTS);
	} else if (origin == CONFIG_MAP_LOST) {
		set_error(s, sentence("the ", s->map, " was deleted: the last good configuration stays "
						      "in force"), 0, true);
		s->user.on_update(s->user.ctx, true);
	} else {
		set_error(s, sentence("there is no ", s->map, " and no IPAddressPool: apply one with "
							      "the address pools"), 0, false);
	}
	note_doubled(s, &seen);
	s->user.on_settled(s->user.ctx);
}

/* ---- the ConfigMap ---- */

static void set_document(struct config_source *s, const char *document, const char *uid)
{
	free(s->document);
	free(s->uid);
	s->document = mem_strdup(document);
	s->uid = mem_strdup(uid);
	on_change(s);
}

static void on_map(void *ctx, void *object)
{
	struct config_source *s = ctx;
	struct kube_config_map *map = object;
	const char *document = kube_label_find(&map->data, KEY);

	set_document(s, document ? document : "", map->meta.uid);
	kube_config_map_free(map);
}

static void on_map_gone(void *ctx, const char *key)
{
	(void)key;
	set_document(ctx, NULL, NULL);
}

static void on_map_synced(void *ctx)
{
	struct config_source *s = ctx;

	s->sight = CONFIG_READ;
	on_change(s);
}

static void on_map_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct config_source *s = ctx;

	if (s->sight == CONFIG_UNREAD && trouble == KUBE_TROUBLE_DENIED) {
		s->sight = CONFIG_ABSENT;
		on_change(s);
	}
	s->user.on_trouble(s->user.ctx, "configmaps", trouble, text);
}

/* ---- custom resources ---- */

static void tell_pool(struct kind *kind, const char *name, const char *json)
{
	struct config_source *s = kind->source;

	if (kind->kind == CONFIG_CRD_POOL && s->user.on_pool)
		s->user.on_pool(s->user.ctx, name, json);
}

/*
 * Kinds that are installed together are found seconds apart. No pool counts before it is known
 * whether the advertisements have come with it: it would be silent until they are found.
 */
static void look_for_adverts(struct config_source *s)
{
	if (s->adverts.sight != CONFIG_ABSENT)
		return;
	s->adverts.sight = CONFIG_UNREAD;
	kube_feed_relist(s->adverts.feed);
}

/* What was last known of it stays in force. */
static void report_unreadable(const struct kind *kind, const char *name)
{
	const struct config_source *s = kind->source;
	char *text = sentence("the object ", name, " cannot be read: what was known of it stays in "
						   "force; apply it again");

	s->user.on_trouble(s->user.ctx, kind->plural, KUBE_TROUBLE_OBJECT, text);
	free(text);
}

static void on_object(void *ctx, void *object)
{
	struct kind *kind = ctx;
	struct kube_raw *raw = object;
	char *essence = config_crd_essence(raw->json);

	tell_pool(kind, raw->meta.name, raw->json);
	if (!essence) {
		report_unreadable(kind, raw->meta.name);
	} else if (str_equal(essence, strmap_get(&kind->essence, raw->meta.name))) {
		free(essence);
	} else {
		free(strmap_put(&kind->essence, raw->meta.name, essence));
		if (kind->kind == CONFIG_CRD_POOL)
			look_for_adverts(kind->source);
		on_change(kind->source);
	}
	kube_object_free(KUBE_RAW, raw);
}

static void on_object_gone(void *ctx, const char *key)
{
	struct kind *kind = ctx;
	const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;

	tell_pool(kind, name, NULL);
	free(strmap_remove(&kind->essence, name));
	on_change(kind->source);
}

static void on_objects_synced(void *ctx)
{
	struct kind *kind = ctx;

	kind->sight = CONFIG_READ;
	on_change(kind->source);
}

/* Tell of a trouble, and of its end. */
static void tell(struct kind *kind, enum kube_trouble trouble, const char *text)
{
	struct config_source *s = kind->source;

	kind->in_trouble = trouble != KUBE_TROUBLE_NONE;
	s->user.on_trouble(s->user.ctx, kind->plural, trouble, text);
}

static void on_objects_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct kind *kind = ctx;

	if (trouble == KUBE_TROUBLE_NONE && kind->sight == CONFIG_ABSENT && !kind->in_trouble)
		return; /* the first list follows */
	if (kind->sight == CONFIG_READ ||
	    (trouble != KUBE_TROUBLE_DENIED && trouble != KUBE_TROUBLE_MISSING)) {
		tell(kind, trouble, text);
		return;
	}
	if (kind->in_trouble)
		tell(kind, KUBE_TROUBLE_NONE, "");
	if (kind->sight == CONFIG_UNREAD)
		log_line(LOG_INFO, { "op", "watch" }, { "resource", kind->plural }, { "error", text },
			 { "msg", "no custom resources of this kind; it is looked for again" });
	kind->sight = CONFIG_ABSENT;
	on_change(kind->source);
}

static void start_kind(struct kind *kind, struct kube_client *client, struct kube_group *group,
		       const char *namespace)
{
	struct kube_feed_config feed = {
		.kind = KUBE_RAW, .selectors = "", .group = group,
		.user = { on_object, on_object_gone, on_objects_synced, on_objects_trouble, kind },
	};
	struct text text;

	text_init(&text, TEXT_MAX);
	text_addf(&text, CONFIG_SOURCE_GROUP "/namespaces/%s/%s", namespace, kind->plural);
	kind->path = text_take(&text);
	feed.path = kind->path;
	kind->feed = kube_feed_new(client, &feed);
}

static void stop_kind(struct kind *kind)
{
	kube_feed_free(kind->feed);
	strmap_done_values(&kind->essence);
	free(kind->path);
}

/* ---- start and end ---- */

static void make_names(struct config_source *s, const char *namespace, const char *name)
{
	struct text text;

	text_init(&text, TEXT_MAX);
	text_addf(&text, "/api/v1/namespaces/%s/configmaps", namespace);
	s->path = text_take(&text);
	s->selectors = sentence("fieldSelector=metadata.name%3D", name, "");
	text_init(&text, TEXT_MAX);
	text_addf(&text, "ConfigMap %s/%s", namespace, name);
	s->map = text_take(&text);
	s->objects = sentence("custom resources (metallb.io/v1beta1) in namespace ", namespace, "");
	s->doubled = sentence("there are IPAddressPools and the ", s->map,
			      ": the custom resources are in force, the ConfigMap is not read; delete it");
}

struct config_source *config_source_new(struct kube_client *client, struct kube_group *group,
					const char *namespace, const char *name,
					const struct config_source_user *user)
{
	struct config_source *s = mem_new(1, sizeof(*s));
	struct kube_feed_config feed = {
		.kind = KUBE_CONFIG_MAP,
		.user = { on_map, on_map_gone, on_map_synced, on_map_trouble, s },
	};

	s->user = *user;
	s->loop = kube_client_loop(client);
	s->timer = loop_timer_new(s->loop, on_timer, s);
	make_names(s, namespace, name);
	feed.path = s->path;
	feed.selectors = s->selectors;
	s->feed = kube_feed_new(client, &feed);
	s->pools = (struct kind){ s, CONFIG_CRD_POOL, .plural = "ipaddresspools" };
	s->adverts = (struct kind){ s, CONFIG_CRD_ADVERT, .plural = "l2advertisements" };
	start_kind(&s->pools, client, group, namespace);
	start_kind(&s->adverts, client, group, namespace);
	return s;
}

void config_source_free(struct config_source *s)
{
	if (!s)
		return;
	kube_feed_free(s->feed);
	stop_kind(&s->pools);
	stop_kind(&s->adverts);
	loop_timer_free(s->timer);
	free(s->path);
	free(s->selectors);
	free(s->map);
	free(s->objects);
	free(s->doubled);
	free(s->document);
	free(s->uid);
	free(s->error);
	free(s);
}

static void relist(struct kube_feed *feed, enum config_sight *inout_sight)
{
	if (*inout_sight == CONFIG_READ)
		*inout_sight = CONFIG_UNREAD;
	kube_feed_relist(feed);
}

void config_source_relist(struct config_source *s)
{
	relist(s->feed, &s->sight);
	relist(s->pools.feed, &s->pools.sight);
	relist(s->adverts.feed, &s->adverts.sight);
}

struct config_source_state config_source_state(const struct config_source *s)
{
	if (!s)
		return (struct config_source_state){ 0 };
	return (struct config_source_state){
		.source = source_of(s),
		.error = s->error,
		.doubled = s->is_doubled ? s->doubled : NULL,
		.hash = is_loaded(s) ? s->hash : NULL,
		.loaded = is_loaded(s),
		.stale = s->stale,
		.settled = s->settled,
		.from_objects = s->from_objects,
		.line = s->line,
	};
}

const char *config_source_map_uid(const struct config_source *s)
{
	return s->uid;
}
