/* convert_yaml - see convert_yaml.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/convert_yaml.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/yaml_tree.h"
#include "common/core/strmap.h"
#include "config/core/config_address.h"
#include "config/wire/config_crd.h"
#include "config/wire/config_yaml.h"

#define SENTENCE_MAX_BYTES 1024
#define NAME_MAX_BYTES 63

/* ---- names ---- */

static bool is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* What Kubernetes allows as a name. The caller frees. */
static char *plain_name(const char *name)
{
	char out[NAME_MAX_BYTES + 1];
	size_t n = 0;

	for (; *name && n < NAME_MAX_BYTES; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;

		if (is_name_letter(c) || (c == '.' && n > 0 && is_name_letter(out[n - 1])))
			out[n++] = c;
		else if (n > 0)
			out[n++] = '-';
	}
	while (n > 0 && !is_name_letter(out[n - 1]))
		n--;
	return n > 0 ? mem_strndup(out, n) : mem_strdup("pool");
}

/* ---- YAML as JSON ---- */

static json_t *json_of(const struct yaml_node *node);

static json_t *json_of_text(const struct yaml_node *node)
{
	char *end = NULL;
	long long number;

	if (yaml_is_null(node))
		return json_null();
	if (node->quoted)
		return json_string(node->text);
	if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
		return json_boolean(node->text[0] == 't');
	number = strtoll(node->text, &end, 10);
	return *end || !*node->text ? json_string(node->text) : json_integer(number);
}

static json_t *json_of_list(const struct yaml_node *node)
{
	json_t *list = json_array();

	for (size_t i = 0; i < node->n; i++)
		json_array_append_new(list, json_of(&node->child[i]));
	return list;
}

static json_t *json_of_map(const struct yaml_node *node)
{
	json_t *map = json_object();

	for (size_t i = 0; i < node->n; i++)
		json_object_set_new(map, node->child[i].key, json_of(&node->child[i]));
	return map;
}

static json_t *json_of(const struct yaml_node *node)
{
	if (node->kind == YAML_TEXT)
		return json_of_text(node);
	return node->kind == YAML_LIST ? json_of_list(node) : json_of_map(node);
}

/* ---- reading ---- */

struct place { /* where an object stands */
	char *object; /* as errors call it */
	const struct yaml_node *node;
	unsigned line; /* lines of the text before its document */
};

struct reading {
	struct convert_source *source;
	struct config_errors *errors;
	struct config_crd_object *object; /* their essences are owned */
	size_t n, cap, n_maps;
	struct place *place; /* of each object */
	struct yaml_node **document; /* that hold objects, owned */
	size_t n_document, cap_document, cap_place;
	bool only_check; /* several ConfigMaps are no error */
	struct convert_counts counts;
	unsigned line; /* lines of the text before the present document */
};

/* Errors of a part of the text, so that they name lines of the whole. */
static void shift_lines(struct config_errors *errors, size_t from, unsigned by)
{
	for (size_t i = from; i < errors->n; i++)
		if (errors->at[i].line > 0)
			errors->at[i].line += by;
}

static const char *text_in(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_find(map, key);

	return node && node->kind == YAML_TEXT ? node->text : NULL;
}

static void take_namespace(struct reading *r, const struct yaml_node *root)
{
	const char *namespace = text_in(yaml_find(root, "metadata"), "namespace");

	if (namespace && *namespace && !r->source->namespace)
		r->source->namespace = plain_name(namespace);
}

static void count(struct reading *r, const struct config *config)
{
	r->counts.n_pool += config->n_pool;
	r->counts.n_advert += config->n_advert;
}

/* line: how many stand before the text. */
static void take_map_text(struct reading *r, const char *text, size_t n, unsigned line)
{
	size_t n_before = r->errors->n;
	struct config *config;

	if (r->n_maps++ > 0 && !r->only_check) {
		config_error_add(r->errors, 0, "", "there are two ConfigMaps: give one at a time");
		return;
	}
	r->source->form = CONVERT_MAP;
	if (config_from_yaml(text, n, &config, r->errors) == 0) {
		count(r, config);
		config_free(r->source->config);
		r->source->config = config;
	}
	shift_lines(r->errors, n_before, line);
}

/* As errors call the object. */
static char *called(enum config_crd_kind kind, const struct yaml_node *root)
{
	const char *name = text_in(yaml_find(root, "metadata"), "name");
	struct text t;

	text_init(&t, SENTENCE_MAX_BYTES);
	text_addf(&t, "%s %s", config_crd_word(kind), name ? name : "");
	return text_take(&t);
}

static void take_object(struct reading *r, const struct yaml_node *root, enum config_crd_kind kind)
{
	json_t *json = json_of(root);
	char *dumped = json_dumps(json, JSON_COMPACT);
	char *essence = dumped ? config_crd_essence(dumped) : NULL;

	free(dumped);
	json_decref(json);
	if (!essence) {
		config_error_add(r->errors, r->line + root->line, "metadata.name",
				 "this %s has no name", config_crd_word(kind));
		return;
	}
	r->object = mem_grow(r->object, r->n, &r->cap, sizeof(*r->object));
	r->place = mem_grow(r->place, r->n, &r->cap_place, sizeof(*r->place));
	r->place[r->n] = (struct place){ called(kind, root), root, r->line };
	r->object[r->n++] = (struct config_crd_object){ kind, essence };
}

static void take_manifest(struct reading *r, const struct yaml_node *root)
{
	const char *kind = text_in(root, "kind");
	const struct yaml_node *items = yaml_find(root, "items");
	const struct yaml_node *document = yaml_find(yaml_find(root, "data"), "config");

	if (str_equal(kind, "List") && items && items->kind == YAML_LIST)
		for (size_t i = 0; i < items->n; i++)
			take_manifest(r, &items->child[i]);
	else if (str_equal(kind, "ConfigMap") && document && document->kind == YAML_TEXT)
		take_map_text(r, document->text, strlen(document->text), r->line + document->line);
	else if (str_equal(kind, "IPAddressPool"))
		take_object(r, root, CONFIG_CRD_POOL);
	else if (str_equal(kind, "L2Advertisement"))
		take_object(r, root, CONFIG_CRD_ADVERT);
	else
		return; /* of no concern */
	take_namespace(r, root);
}

static void read_document(struct reading *r, const char *text, size_t n)
{
	struct yaml_node *root = NULL;
	struct text error;
	unsigned line = 0;

	text_init(&error, SENTENCE_MAX_BYTES);
	if (yaml_tree_parse(text, n, &root, &error, &line) != 0)
		config_error_add(r->errors, r->line + line, "", "%s", error.s);
	else if (root && !yaml_find(root, "kind"))
		take_map_text(r, text, n, r->line);
	else if (root)
		take_manifest(r, root);
	text_done(&error);
	if (!root)
		return;
	r->document = mem_grow(r->document, r->n_document, &r->cap_document, sizeof(*r->document));
	r->document[r->n_document++] = root;
}

/* The documents of a stream are split here, for yaml_tree reads one. */
static void read_all(struct reading *r, const char *text, size_t n)
{
	const char *end = text + n, *start = text;
	unsigned lines = 0;

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *next = newline ? newline + 1 : end;

		lines++;
		if (next - line >= 4 && memcmp(line, "---", 3) == 0 && (line[3] == '\n' || line[3] == ' ')) {
			read_document(r, start, (size_t)(line - start));
			start = next;
			r->line = lines;
		}
		line = next;
	}
	read_document(r, start, (size_t)(end - start));
}

/* The line of the deepest part of `path` (spec.addresses[2]) that the object has. */
static unsigned line_of(const struct yaml_node *node, const char *path)
{
	unsigned line = node->line;

	while (*path && node) {
		size_t n = strcspn(path, ".[");
		char *key = mem_strndup(path, n);

		if (*path == '[') {
			size_t i = strtoul(path + 1, NULL, 10);

			node = node->kind == YAML_LIST && i < node->n ? &node->child[i] : NULL;
			path += strcspn(path, "]");
			path += *path == ']';
		} else {
			node = yaml_find(node, key);
			path += n;
		}
		path += *path == '.';
		if (node)
			line = node->key ? node->key_line : node->line;
		free(key);
	}
	return line;
}

/* Errors of objects name no lines: the objects came without. */
static void find_lines(struct reading *r)
{
	for (size_t i = 0; i < r->errors->n; i++) {
		struct config_error *e = &r->errors->at[i];

		for (size_t k = 0; k < r->n && e->line == 0 && e->object; k++)
			if (strcmp(r->place[k].object, e->object) == 0)
				e->line = r->place[k].line + line_of(r->place[k].node, e->path);
	}
}

static void judge_objects(struct reading *r)
{
	struct config *config;

	r->source->form = CONVERT_OBJECTS;
	if (config_from_objects(r->object, r->n, &config, r->errors) != 0)
		return;
	count(r, config);
	config_free(r->source->config);
	r->source->config = config;
}

static void judge(struct reading *r)
{
	if (r->n > 0 && r->n_maps > 0 && !r->only_check)
		config_error_add(r->errors, 0, "",
				 "there are custom resources and a ConfigMap: give one or the other");
	else if (r->n > 0 && (r->only_check || r->errors->n == 0))
		judge_objects(r);
	else if (r->n == 0 && r->n_maps == 0 && r->errors->n == 0)
		config_error_add(r->errors, 0, "", "there is nothing to %s: give a ConfigMap with the key "
				 "config, its document alone, or IPAddressPools with L2Advertisements",
				 r->only_check ? "check" : "convert");
	find_lines(r);
}

static void reading_done(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free((char *)(uintptr_t)r->object[i].essence);
		free(r->place[i].object);
	}
	for (size_t i = 0; i < r->n_document; i++)
		yaml_tree_free(r->document[i]);
	free(r->object);
	free(r->place);
	free(r->document);
}

int convert_read(const char *text, size_t n, struct convert_source *out_source,
		 struct config_errors *out_errors)
{
	struct convert_source source = { 0 };
	struct reading r = { .source = &source, .errors = out_errors };

	read_all(&r, text, n);
	judge(&r);
	reading_done(&r);
	if (out_errors->n > 0) {
		convert_source_done(&source);
		return -EINVAL;
	}
	*out_source = source;
	return 0;
}

int convert_check(const char *text, size_t n, struct convert_counts *out_counts,
		  struct config_errors *out_errors)
{
	struct convert_source source = { 0 };
	struct reading r = { .source = &source, .errors = out_errors, .only_check = true };

	read_all(&r, text, n);
	judge(&r);
	r.counts.n_map = r.n_maps;
	r.counts.n_object = r.n;
	reading_done(&r);
	convert_source_done(&source);
	if (out_errors->n > 0)
		return -EINVAL;
	*out_counts = r.counts;
	return 0;
}

void convert_source_done(struct convert_source *source)
{
	free(source->namespace);
	config_free(source->config);
	*source = (struct convert_source){ 0 };
}

/* ---- writing objects ---- */

/* A name that no pool before has. */
static char *new_name(struct strmap *taken, const char *name)
{
	char *plain = plain_name(name);
	struct text t;

	for (unsigned i = 2; strmap_get(taken, plain); i++) {
		char *base = plain_name(name);

		free(plain);
		text_init(&t, NAME_MAX_BYTES + 16);
		text_addf(&t, "%.50s-%u", base, i);
		plain = text_take(&t);
		free(base);
	}
	strmap_put(taken, plain, taken);
	return plain;
}

static void add_addresses(struct text *t, const struct config_pool *pool, const char *indent)
{
	for (size_t i = 0; i < pool->n_range; i++) {
		text_addf(t, "%s- ", indent);
		config_address_format(&pool->range[i], t);
		text_add(t, "\n");
	}
}

static void add_object(struct text *t, const char *kind, const char *name, const char *namespace)
{
	text_addf(t, "apiVersion: metallb.io/v1beta1\nkind: %s\nmetadata:\n  name: \"%s\"\n"
		  "  namespace: \"%s\"\n",
		  kind, name, namespace);
}

/* Objects stand in the order of their names, unless they have priorities. */
static bool needs_priorities(char *const *name, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(name[i - 1], name[i]) > 0)
			return true;
	return false;
}

static void add_pool(struct text *t, const struct config_pool *pool, const char *name,
		     const char *namespace)
{
	text_add(t, "---\n");
	add_object(t, "IPAddressPool", name, namespace);
	text_add(t, "spec:\n  addresses:\n");
	add_addresses(t, pool, "    ");
	if (!pool->auto_assign)
		text_add(t, "  autoAssign: false\n");
	if (pool->avoid_buggy)
		text_add(t, "  avoidBuggyIPs: true\n");
}

void convert_to_objects(const struct config *config, const char *namespace, struct text *out_yaml,
			struct text *out_notes)
{
	char **name = mem_new(config->n_pool, sizeof(*name));
	struct strmap taken = { 0 };
	bool priorities;

	for (size_t i = 0; i < config->n_pool; i++) {
		name[i] = new_name(&taken, config->pool[i].name);
		if (strcmp(name[i], config->pool[i].name) != 0)
			text_addf(out_notes,
				  "pool \"%s\" is called %s now: change the annotation address-pool of "
				  "services that name it\n",
				  config->pool[i].name, name[i]);
	}
	priorities = needs_priorities(name, config->n_pool);
	/* First, so that nothing falls silent between the two: docs/custom-resources.md. */
	add_object(out_yaml, "L2Advertisement", "all", namespace);
	text_add(out_yaml, "spec: {}\n");
	for (size_t i = 0; i < config->n_pool; i++) {
		add_pool(out_yaml, &config->pool[i], name[i], namespace);
		if (priorities)
			text_addf(out_yaml, "  serviceAllocation: # keeps the order of the ConfigMap\n"
					    "    priority: %zu\n", i + 1);
		free(name[i]);
	}
	free(name);
	strmap_done(&taken);
}

/* ---- writing a ConfigMap ---- */

static bool advert_fits(const struct config_advert *advert, struct text *notes)
{
	const struct {
		size_t n;
		const char *field;
	} limit[] = {
		{ advert->node_selectors.n, "nodeSelectors" },
		{ advert->service_selectors.n, "serviceSelectors" },
		{ advert->interface.n, "interfaces" },
		{ advert->n_preference, "preferredNodeSelectors" },
	};
	bool fits = true;

	for (size_t i = 0; i < ARRAY_LEN(limit); i++) {
		if (limit[i].n == 0)
			continue;
		text_addf(notes, "L2Advertisement %s: a ConfigMap cannot say spec.%s\n", advert->name,
			  limit[i].field);
		fits = false;
	}
	return fits;
}

static bool pool_fits(const struct config_pool *pool, struct text *notes)
{
	const struct config_scope *scope = &pool->scope;
	bool fits = true;

	if (scope->namespace.n > 0 || scope->namespace_selectors.n > 0 ||
	    scope->service_selectors.n > 0) {
		text_addf(notes, "IPAddressPool %s: a ConfigMap cannot say for whom a pool is "
				 "(spec.serviceAllocation)\n", pool->name);
		fits = false;
	}
	if (pool->n_advert == 0) {
		text_addf(notes, "IPAddressPool %s: no L2Advertisement is for it, and the pools of a "
				 "ConfigMap are all announced\n", pool->name);
		fits = false;
	}
	return fits;
}

int convert_to_map(const struct config *config, const char *namespace, struct text *out_yaml,
		   struct text *out_notes)
{
	bool fits = true;

	for (size_t i = 0; i < config->n_advert; i++)
		fits &= advert_fits(&config->advert[i], out_notes);
	for (size_t i = 0; i < config->n_pool; i++)
		fits &= pool_fits(&config->pool[i], out_notes);
	if (!fits)
		return -ENOTSUP;
	text_addf(out_yaml, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n"
			    "  namespace: \"%s\"\ndata:\n  config: |\n    address-pools:\n", namespace);
	for (size_t i = 0; i < config->n_pool; i++) {
		const struct config_pool *pool = &config->pool[i];

		text_addf(out_yaml, "    - name: \"%s\"\n      protocol: layer2\n", pool->name);
		if (!pool->auto_assign)
			text_add(out_yaml, "      auto-assign: false\n");
		if (pool->avoid_buggy)
			text_add(out_yaml, "      avoid-buggy-ips: true\n");
		text_add(out_yaml, "      addresses:\n");
		add_addresses(out_yaml, pool, "      ");
	}
	return 0;
}
