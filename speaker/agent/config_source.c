/* config_source - see config_source.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/config_source.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/text.h"
#include "common/io/log.h"
#include "config/wire/config_yaml.h"

#define KEY "config"
#define TEXT_MAX 1024
#define ERROR_MAX 4096

struct config_source {
	struct config_source_user user;
	struct kube_feed *feed;
	struct config *config; /* in force, NULL: none was read */
	char *path, *selectors, *source, *map, *error;
	unsigned line;
};

static void set_error(struct config_source *s, char *error, unsigned line)
{
	bool news = error && !str_equal(error, s->error);

	free(s->error);
	s->error = error;
	s->line = line;
	if (!news)
		return;
	if (s->config)
		log_line(LOG_ERROR, { "event", "configStale" }, { "configmap", s->map },
			 { "error", error },
			 { "msg", "the last good configuration stays in force" });
	else
		log_line(LOG_ERROR, { "op", "setConfig" }, { "configmap", s->map },
			 { "error", error },
			 { "msg", "nothing is announced before a configuration was read" });
}

static char *sentence(const char *before, const char *subject, const char *after)
{
	struct text text;

	text_init(&text, ERROR_MAX);
	text_addf(&text, "%s%s%s", before, subject, after);
	return text_take(&text);
}

static void put_in_force(struct config_source *s, struct config *config)
{
	struct config *before = s->config;
	bool same = before && strcmp(before->hash, config->hash) == 0;

	set_error(s, NULL, 0);
	if (same) {
		config_free(config);
		return;
	}
	s->config = config;
	s->user.on_config(s->user.ctx, config);
	config_free(before);
	log_line(LOG_INFO, { "event", "configLoaded" }, { "configmap", s->map },
		 { "hash", config->hash }, { "msg", "the configuration is in force" });
}

static void read_document(struct config_source *s, const char *document)
{
	struct config_errors errors = { 0 };
	struct config *config;
	struct text text;
	int rc = config_from_yaml(document, strlen(document), &config, &errors);

	if (rc == 0) {
		put_in_force(s, config);
	} else {
		text_init(&text, ERROR_MAX);
		config_errors_format(&errors, &text);
		set_error(s, text_take(&text), errors.n > 0 ? errors.at[0].line : 0);
	}
	config_errors_done(&errors);
	s->user.on_update(s->user.ctx, rc != 0);
}

static void on_object(void *ctx, void *object)
{
	struct config_source *s = ctx;
	struct kube_config_map *map = object;
	const char *document = kube_label_find(&map->data, KEY);

	if (document) {
		read_document(s, document);
	} else {
		set_error(s, sentence("", s->source, " has no key \"" KEY "\" for the pools"), 0);
		s->user.on_update(s->user.ctx, true);
	}
	kube_config_map_free(map);
}

static void say_missing(struct config_source *s)
{
	set_error(s, sentence("there is no ", s->source, ": apply one with the address pools"), 0);
}

static void on_gone(void *ctx, const char *key)
{
	struct config_source *s = ctx;

	(void)key;
	say_missing(s);
	s->user.on_update(s->user.ctx, true);
}

static void on_synced(void *ctx)
{
	struct config_source *s = ctx;

	if (kube_feed_n(s->feed) == 0)
		say_missing(s);
}

static void on_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct config_source *s = ctx;

	s->user.on_trouble(s->user.ctx, trouble, text);
}

struct config_source *config_source_new(struct kube_client *client, const char *namespace,
					const char *name, const struct config_source_user *user)
{
	struct config_source *s = mem_new(1, sizeof(*s));
	struct kube_feed_config feed = {
		.kind = KUBE_CONFIG_MAP,
		.user = { on_object, on_gone, on_synced, on_trouble, s },
	};
	struct text text;

	s->user = *user;
	text_init(&text, TEXT_MAX);
	text_addf(&text, "/api/v1/namespaces/%s/configmaps", namespace);
	s->path = text_take(&text);
	s->selectors = sentence("fieldSelector=metadata.name%3D", name, "");
	text_init(&text, TEXT_MAX);
	text_addf(&text, "%s/%s", namespace, name);
	s->map = text_take(&text);
	s->source = sentence("ConfigMap ", s->map, "");
	feed.path = s->path;
	feed.selectors = s->selectors;
	s->feed = kube_feed_new(client, &feed);
	return s;
}

void config_source_free(struct config_source *s)
{
	if (!s)
		return;
	kube_feed_free(s->feed);
	config_free(s->config);
	free(s->path);
	free(s->selectors);
	free(s->source);
	free(s->map);
	free(s->error);
	free(s);
}

struct config_source_state config_source_state(const struct config_source *s)
{
	return (struct config_source_state){
		.source = s->source,
		.error = s->error,
		.loaded = s->config != NULL,
		.stale = s->config && s->error,
		.line = s->line,
	};
}
