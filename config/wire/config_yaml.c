/* config_yaml - see config_yaml.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/config_yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/yaml_tree.h"

#define PATH_MAX_BYTES 512

struct decode {
	struct config_errors *errors;
	struct config_draft *draft;
};

/* What may stand in one map. */
struct key {
	const char *name;
	void (*take)(struct decode *d, const struct yaml_node *node, const char *path, void *out);
	const char *refusal; /* instead of take: why, and what to do */
};

static void path_of(char out[static PATH_MAX_BYTES], const char *parent, const char *key)
{
	/* A key comes from outside and may be long; the path is for people. */
	snprintf(out, PATH_MAX_BYTES, "%.300s%s%.150s", parent, *parent ? "." : "", key);
}

static const struct key *find_key(const struct key *key, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(key[i].name, name) == 0)
			return &key[i];
	return NULL;
}

static void note_unknown(struct decode *d, const struct yaml_node *entry, const char *path,
			 const struct key *key, size_t n)
{
	struct text known;

	text_init(&known, 256);
	for (size_t i = 0; i < n; i++)
		if (key[i].take)
			text_addf(&known, "%s%s", known.n > 0 ? ", " : "", key[i].name);
	config_error_add(d->errors, entry->key_line, path, "unknown key; here may stand: %s", known.s);
	text_done(&known);
}

/* The earlier entry of the same map with the same key, or NULL. */
static const struct yaml_node *earlier(const struct yaml_node *map, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(map->child[k].key, map->child[i].key) == 0)
			return &map->child[k];
	return NULL;
}

struct keys {
	const struct key *at;
	size_t n;
};

static void take_map(struct decode *d, const struct yaml_node *map, const char *path,
		     struct keys keys, void *out)
{
	char inner[PATH_MAX_BYTES];

	if (map->kind != YAML_MAP) {
		if (!yaml_is_null(map))
			config_error_add(d->errors, map->line, path,
					 "must be a map with keys, like `%s: ...`", keys.at[0].name);
		return;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *entry = &map->child[i], *before = earlier(map, i);
		const struct key *key = find_key(keys.at, keys.n, entry->key);

		path_of(inner, path, entry->key);
		if (before)
			config_error_add(d->errors, entry->key_line, inner,
					 "the key stands twice (first on line %u): remove one",
					 before->key_line);
		else if (!key)
			note_unknown(d, entry, inner, keys.at, keys.n);
		else if (key->refusal)
			config_error_add(d->errors, entry->key_line, inner, "%s", key->refusal);
		else
			key->take(d, entry, inner, out);
	}
}

static void take_text(struct decode *d, const struct yaml_node *node, const char *path, void *out)
{
	struct config_draft_text *text = out;

	if (node->kind != YAML_TEXT) {
		config_error_add(d->errors, node->line, path, "must be a text");
		return;
	}
	text->line = node->line;
	if (!yaml_is_null(node))
		text->text = mem_strdup(node->text);
}

/* YAML 1.1, which MetalLB reads: yes and on are true, unless quoted. */
static bool bool_of(const struct yaml_node *node, bool *out)
{
	static const char *const yes[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE",
					   "on", "On", "ON" };
	static const char *const no[] = { "n", "N", "no", "No", "NO", "false", "False", "FALSE",
					  "off", "Off", "OFF" };

	for (size_t i = 0; node->kind == YAML_TEXT && !node->quoted && i < ARRAY_LEN(yes); i++) {
		if (strcmp(node->text, yes[i]) == 0 || strcmp(node->text, no[i]) == 0) {
			*out = strcmp(node->text, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

static void take_bool(struct decode *d, const struct yaml_node *node, const char *path, bool *out)
{
	if (!yaml_is_null(node) && !bool_of(node, out))
		config_error_add(d->errors, node->line, path, "must be true or false, not in quotes");
}

/* ---- address-pools[] ---- */

static void take_name(struct decode *d, const struct yaml_node *node, const char *path, void *out)
{
	take_text(d, node, path, &((struct config_draft_pool *)out)->name);
}

static void take_protocol(struct decode *d, const struct yaml_node *node, const char *path,
			  void *out)
{
	take_text(d, node, path, &((struct config_draft_pool *)out)->protocol);
}

static void take_auto_assign(struct decode *d, const struct yaml_node *node, const char *path,
			     void *out)
{
	bool on = true;

	take_bool(d, node, path, &on);
	((struct config_draft_pool *)out)->no_auto_assign = !on;
}

static void take_avoid_buggy(struct decode *d, const struct yaml_node *node, const char *path,
			     void *out)
{
	take_bool(d, node, path, &((struct config_draft_pool *)out)->avoid_buggy);
}

static void take_addresses(struct decode *d, const struct yaml_node *node, const char *path,
			   void *out)
{
	struct config_draft_pool *pool = out;
	char inner[PATH_MAX_BYTES + 32];

	if (yaml_is_null(node))
		return;
	if (node->kind != YAML_LIST || node->n > CONFIG_MAX_RANGES) {
		config_error_add(d->errors, node->line, path,
				 "must be a list, like [192.168.1.10-192.168.1.20]");
		return;
	}
	pool->address = mem_new(node->n, sizeof(*pool->address));
	for (size_t i = 0; i < node->n; i++) {
		struct config_draft_text *address = &pool->address[pool->n_address];

		snprintf(inner, sizeof(inner), "%s[%zu]", path, i);
		take_text(d, &node->child[i], inner, address);
		if (!address->text)
			address->text = mem_strdup("");
		address->line = node->child[i].line;
		pool->n_address++;
	}
}

static const struct key pool_keys[] = {
	{ "name", take_name, NULL },
	{ "protocol", take_protocol, NULL },
	{ "addresses", take_addresses, NULL },
	{ "auto-assign", take_auto_assign, NULL },
	{ "avoid-buggy-ips", take_avoid_buggy, NULL },
	{ "bgp-advertisements", NULL,
	  "is a BGP setting, and TinLB announces at layer 2 only: remove it" },
};

static void take_pools(struct decode *d, const struct yaml_node *node, const char *path, void *out)
{
	struct config_draft *draft = out;
	char inner[PATH_MAX_BYTES];

	if (yaml_is_null(node))
		return;
	if (node->kind != YAML_LIST || node->n > CONFIG_MAX_POOLS) {
		config_error_add(d->errors, node->line, path,
				 "must be a list of at most %d pools, each beginning with `- name:`",
				 CONFIG_MAX_POOLS);
		return;
	}
	draft->pool = mem_new(node->n, sizeof(*draft->pool));
	for (size_t i = 0; i < node->n; i++) {
		struct config_draft_pool *pool = &draft->pool[draft->n_pool++];

		snprintf(inner, sizeof(inner), "%.300s[%zu]", path, i);
		pool->line = node->child[i].line;
		take_map(d, &node->child[i], inner, (struct keys){ pool_keys, ARRAY_LEN(pool_keys) },
			 pool);
	}
}

static const struct key top_keys[] = {
	{ "address-pools", take_pools, NULL },
	{ "peers", NULL, "is a BGP setting, and TinLB announces at layer 2 only: remove it" },
	{ "bgp-communities", NULL,
	  "is a BGP setting, and TinLB announces at layer 2 only: remove it" },
	{ "bfd-profiles", NULL, "is a BGP setting, and TinLB announces at layer 2 only: remove it" },
};

static void decode(const char *text, size_t n, struct decode *d)
{
	struct yaml_node *root = NULL;
	struct text error;
	unsigned line = 0;

	text_init(&error, 1024);
	if (yaml_tree_parse(text, n, &root, &error, &line) != 0)
		config_error_add(d->errors, line, "", "%s", error.s);
	else if (root)
		take_map(d, root, "", (struct keys){ top_keys, ARRAY_LEN(top_keys) }, d->draft);
	yaml_tree_free(root);
	text_done(&error);
}

/* The format has no advertisements: every pool is announced, by all. */
static void advertise_all(struct config_draft *draft)
{
	draft->advert = mem_new(1, sizeof(*draft->advert));
	draft->n_advert = 1;
	draft->advert[0].name = mem_strdup("layer2");
}

int config_from_yaml(const char *text, size_t n, struct config **out_config,
		     struct config_errors *out_errors)
{
	struct config_draft draft = { .needs_protocol = true };
	struct decode d = { .errors = out_errors, .draft = &draft };
	struct config *config;

	decode(text, n, &d);
	advertise_all(&draft);
	config = config_check(&draft, out_errors);
	config_draft_done(&draft);
	if (!config)
		return -EINVAL;
	config_set_hash(config, text, n);
	*out_config = config;
	return 0;
}
