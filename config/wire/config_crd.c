/* config_crd - see config_crd.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/config_crd.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/json_read.h"

#define PATH_MAX_BYTES 512
#define SENTENCE_MAX_BYTES 1024
#define MAX_ENTRIES 1000 /* of any list but addresses */

struct decode {
	struct config_errors *errors;
	const char *object; /* IPAddressPool default */
};

typedef void take_fn(struct decode *d, const json_t *json, const char *path, void *out);

struct field {
	const char *name;
	take_fn *take;
};

struct fields {
	const struct field *at;
	size_t n;
};

#define FIELDS(list) ((struct fields){ list, ARRAY_LEN(list) })

const char *config_crd_word(enum config_crd_kind kind)
{
	return kind == CONFIG_CRD_POOL ? "IPAddressPool" : "L2Advertisement";
}

PRINTF_LIKE(3, 4)
static void wrong(const struct decode *d, const char *path, const char *format, ...)
{
	const struct config_place place = { .object = d->object, .path = path };
	char text[SENTENCE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	config_error_at(d->errors, &place, "%s", text);
}

/* ---- the form of JSON ---- */

static void note_unknown(struct decode *d, const char *path, struct fields fields)
{
	struct text known;

	text_init(&known, 256);
	for (size_t i = 0; i < fields.n; i++)
		text_addf(&known, "%s%s", i > 0 ? ", " : "", fields.at[i].name);
	wrong(d, path, "unknown field; here may stand: %s", known.s);
	text_done(&known);
}

static void take_fields(struct decode *d, const json_t *json, const char *path, struct fields fields,
			void *out)
{
	json_t *object = (json_t *)(uintptr_t)json; /* jansson's iterators want it writable */
	char inner[PATH_MAX_BYTES];
	const char *key;
	json_t *value;

	if (!json_is_object(json)) {
		wrong(d, path, "must be an object with fields like %s", fields.at[0].name);
		return;
	}
	json_object_foreach (object, key, value) {
		size_t i = 0;

		snprintf(inner, sizeof(inner), "%.300s.%.150s", path, key);
		while (i < fields.n && strcmp(fields.at[i].name, key) != 0)
			i++;
		if (i == fields.n)
			note_unknown(d, inner, fields);
		else if (!json_is_null(value))
			fields.at[i].take(d, value, inner, out);
	}
}

/* How many entries; none, and an error, when it is no list or too long. */
static size_t length_of(struct decode *d, const json_t *json, const char *path, size_t max)
{
	if (json_is_array(json) && json_array_size(json) <= max)
		return json_array_size(json);
	wrong(d, path, "must be a list of at most %zu entries", max);
	return 0;
}

static void entry_path(char out[static PATH_MAX_BYTES], const char *path, size_t i)
{
	snprintf(out, PATH_MAX_BYTES, "%.450s[%zu]", path, i);
}

static void take_bool(struct decode *d, const json_t *json, const char *path, bool *out)
{
	if (json_is_boolean(json))
		*out = json_is_true(json);
	else
		wrong(d, path, "must be true or false");
}

/* Texts, each once; `what` says what they are. */
static void take_names(struct decode *d, const json_t *json, const char *path,
		       struct config_names *out, const char *what)
{
	size_t n = length_of(d, json, path, MAX_ENTRIES);
	char inner[PATH_MAX_BYTES];

	config_names_done(out);
	out->at = mem_new(n, sizeof(*out->at));
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(json, i));
		size_t k = 0;

		entry_path(inner, path, i);
		if (!name || !*name) {
			wrong(d, inner, "must be the name of a %s", what);
			continue;
		}
		while (k < out->n && strcmp(out->at[k], name) != 0)
			k++;
		if (k < out->n)
			wrong(d, inner, "duplicate: \"%s\" stands in the list already, remove one", name);
		else
			out->at[out->n++] = mem_strdup(name);
	}
}

/* ---- label selectors ---- */

static void add_value(struct selector_term *term, const char *value)
{
	term->value = mem_resize(term->value, term->n_value + 1, sizeof(*term->value));
	term->value[term->n_value++] = mem_strdup(value);
}

static struct selector_term *add_term(struct selector *selector, enum selector_operator operator)
{
	struct selector_term *term;

	selector->term = mem_resize(selector->term, selector->n_term + 1, sizeof(*selector->term));
	term = &selector->term[selector->n_term++];
	*term = (struct selector_term){ .operator = operator };
	return term;
}

static bool check_key(struct decode *d, const char *key, const char *path)
{
	if (key && selector_key_is_valid(key))
		return true;
	wrong(d, path, "\"%.100s\" is no key of a label: write one like app or example.com/app",
	      key ? key : "");
	return false;
}

static bool check_value(struct decode *d, const char *value, const char *path)
{
	if (value && selector_value_is_valid(value))
		return true;
	wrong(d, path, "\"%.100s\" is no value of a label: at most 63 letters, digits, - _ and .",
	      value ? value : "");
	return false;
}

static void take_match_labels(struct decode *d, const json_t *json, const char *path, void *out)
{
	json_t *object = (json_t *)(uintptr_t)json;
	const char *key;
	json_t *value;

	if (!json_is_object(json) || json_object_size(json) > MAX_ENTRIES) {
		wrong(d, path, "must be a map of labels, like app: web");
		return;
	}
	json_object_foreach (object, key, value) {
		struct selector_term *term;

		if (!check_key(d, key, path) || !check_value(d, json_string_value(value), path))
			continue;
		term = add_term(out, SELECTOR_EQUALS);
		term->key = mem_strdup(key);
		add_value(term, json_string_value(value));
	}
}

static void take_key(struct decode *d, const json_t *json, const char *path, void *out)
{
	if (check_key(d, json_string_value(json), path))
		((struct selector_term *)out)->key = mem_strdup(json_string_value(json));
}

/* The word is kept as SELECTOR_EQUALS until it was understood. */
static void take_operator(struct decode *d, const json_t *json, const char *path, void *out)
{
	static const struct {
		const char *word;
		enum selector_operator operator;
	} known[] = { { "In", SELECTOR_IN },
		      { "NotIn", SELECTOR_NOT_IN },
		      { "Exists", SELECTOR_EXISTS },
		      { "DoesNotExist", SELECTOR_NOT_EXISTS } };
	const char *word = json_string_value(json);

	for (size_t i = 0; word && i < ARRAY_LEN(known); i++) {
		if (strcmp(known[i].word, word) == 0) {
			((struct selector_term *)out)->operator = known[i].operator;
			return;
		}
	}
	wrong(d, path, "\"%.100s\" is no operator: write In, NotIn, Exists or DoesNotExist",
	      word ? word : "");
}

static void take_values(struct decode *d, const json_t *json, const char *path, void *out)
{
	struct selector_term *term = out;
	size_t n = length_of(d, json, path, MAX_ENTRIES);
	char inner[PATH_MAX_BYTES];

	for (size_t i = 0; i < n; i++) {
		const char *value = json_string_value(json_array_get(json, i));
		size_t k = 0;

		entry_path(inner, path, i);
		if (!check_value(d, value, inner))
			continue;
		while (k < term->n_value && strcmp(term->value[k], value) != 0)
			k++;
		if (k < term->n_value)
			wrong(d, inner, "duplicate: \"%s\" stands in the list already, remove one", value);
		else
			add_value(term, value);
	}
}

static const struct field expression_fields[] = {
	{ "key", take_key },
	{ "operator", take_operator },
	{ "values", take_values },
};

static void take_expression(struct decode *d, const json_t *json, const char *path,
			    struct selector *selector)
{
	struct selector_term *term = add_term(selector, SELECTOR_EQUALS);
	size_t n_before = d->errors->n;
	bool wants;

	take_fields(d, json, path, FIELDS(expression_fields), term);
	if (d->errors->n == n_before && (!term->key || term->operator == SELECTOR_EQUALS))
		wrong(d, path, "key and operator must both stand here");
	wants = term->operator == SELECTOR_IN || term->operator == SELECTOR_NOT_IN;
	if (d->errors->n == n_before && wants != (term->n_value > 0))
		wrong(d, path, wants ? "In and NotIn need values" :
				       "Exists and DoesNotExist take no values");
	if (!term->key)
		term->key = mem_strdup("");
}

static void take_expressions(struct decode *d, const json_t *json, const char *path, void *out)
{
	struct selector *selector = out;
	size_t n = length_of(d, json, path, MAX_ENTRIES), first = selector->n_term;
	char inner[PATH_MAX_BYTES];

	for (size_t i = 0; i < n; i++) {
		entry_path(inner, path, i);
		take_expression(d, json_array_get(json, i), inner, selector);
		for (size_t k = first; k + 1 < selector->n_term; k++)
			if (selector_term_compare(&selector->term[k],
						  &selector->term[selector->n_term - 1]) == 0)
				wrong(d, inner, "duplicate match expression: remove one");
	}
}

static const struct field selector_fields[] = {
	{ "matchLabels", take_match_labels },
	{ "matchExpressions", take_expressions },
};

static void take_selector(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_fields(d, json, path, FIELDS(selector_fields), out);
	selector_sort(out);
}

static void take_selectors(struct decode *d, const json_t *json, const char *path, void *out)
{
	struct selectors *selectors = out;
	size_t n = length_of(d, json, path, MAX_ENTRIES);
	char inner[PATH_MAX_BYTES];

	selectors_done(selectors);
	selectors->at = mem_new(n, sizeof(*selectors->at));
	for (size_t i = 0; i < n; i++) {
		struct selector *selector = &selectors->at[selectors->n++];

		entry_path(inner, path, i);
		take_selector(d, json_array_get(json, i), inner, selector);
		for (size_t k = 0; k < i; k++)
			if (selector_compare(&selectors->at[k], selector) == 0)
				wrong(d, inner, "duplicate label selector: remove one");
	}
}

/* ---- IPAddressPool ---- */

static void take_addresses(struct decode *d, const json_t *json, const char *path, void *out)
{
	struct config_draft_pool *pool = out;
	size_t n = length_of(d, json, path, CONFIG_MAX_RANGES);
	char inner[PATH_MAX_BYTES];

	pool->address = mem_new(n, sizeof(*pool->address));
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(json, i));

		entry_path(inner, path, i);
		if (text)
			pool->address[pool->n_address++].text = mem_strdup(text);
		else
			wrong(d, inner, "must be a text, like \"192.168.1.10-192.168.1.20\"");
	}
}

static void take_auto_assign(struct decode *d, const json_t *json, const char *path, void *out)
{
	bool on = true;

	take_bool(d, json, path, &on);
	((struct config_draft_pool *)out)->no_auto_assign = !on;
}

static void take_avoid_buggy(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_bool(d, json, path, &((struct config_draft_pool *)out)->avoid_buggy);
}

static void take_priority(struct decode *d, const json_t *json, const char *path, void *out)
{
	if (json_is_integer(json))
		((struct config_scope *)out)->priority = json_integer_value(json);
	else
		wrong(d, path, "must be a whole number");
}

static void take_namespaces(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_names(d, json, path, &((struct config_scope *)out)->namespace, "namespace");
}

static void take_namespace_selectors(struct decode *d, const json_t *json, const char *path,
				     void *out)
{
	take_selectors(d, json, path, &((struct config_scope *)out)->namespace_selectors);
}

static void take_scope_services(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_selectors(d, json, path, &((struct config_scope *)out)->service_selectors);
}

static const struct field scope_fields[] = {
	{ "priority", take_priority },
	{ "namespaces", take_namespaces },
	{ "namespaceSelectors", take_namespace_selectors },
	{ "serviceSelectors", take_scope_services },
};

static void take_scope(struct decode *d, const json_t *json, const char *path, void *out)
{
	struct config_scope *scope = &((struct config_draft_pool *)out)->scope;

	scope->given = true;
	take_fields(d, json, path, FIELDS(scope_fields), scope);
}

static const struct field pool_fields[] = {
	{ "addresses", take_addresses },
	{ "autoAssign", take_auto_assign },
	{ "avoidBuggyIPs", take_avoid_buggy },
	{ "serviceAllocation", take_scope },
};

/* ---- L2Advertisement ---- */

static void take_pools(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_names(d, json, path, &((struct config_advert *)out)->pool, "pool");
}

static void take_pool_selectors(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_selectors(d, json, path, &((struct config_advert *)out)->pool_selectors);
}

static void take_node_selectors(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_selectors(d, json, path, &((struct config_advert *)out)->node_selectors);
}

static void take_service_selectors(struct decode *d, const json_t *json, const char *path,
				   void *out)
{
	take_selectors(d, json, path, &((struct config_advert *)out)->service_selectors);
}

static void take_interfaces(struct decode *d, const json_t *json, const char *path, void *out)
{
	struct config_names *names = &((struct config_advert *)out)->interface;

	take_names(d, json, path, names, "network interface");
	if (names->n > CONFIG_MAX_INTERFACES)
		wrong(d, path, "are more than %d interfaces: name fewer, or none for all",
		      CONFIG_MAX_INTERFACES);
	for (size_t i = 0; i < names->n; i++)
		if (strlen(names->at[i]) > CONFIG_INTERFACE_MAX_BYTES)
			wrong(d, path, "\"%.60s\" is too long for an interface: at most %d letters",
			      names->at[i], CONFIG_INTERFACE_MAX_BYTES);
}

static void take_weight(struct decode *d, const json_t *json, const char *path, void *out)
{
	json_int_t weight = json_integer_value(json);

	if (weight >= 1 && weight <= 100)
		((struct config_preference *)out)->weight = (unsigned)weight;
	else
		wrong(d, path, "must be a whole number from 1 to 100");
}

static void take_preference(struct decode *d, const json_t *json, const char *path, void *out)
{
	take_selector(d, json, path, &((struct config_preference *)out)->selector);
}

static const struct field preference_fields[] = {
	{ "weight", take_weight },
	{ "preference", take_preference },
};

static void take_preferences(struct decode *d, const json_t *json, const char *path, void *out)
{
	struct config_advert *advert = out;
	size_t n = length_of(d, json, path, MAX_ENTRIES);
	char inner[PATH_MAX_BYTES];

	advert->preference = mem_new(n, sizeof(*advert->preference));
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(json, i);
		struct config_preference *preference = &advert->preference[advert->n_preference++];

		entry_path(inner, path, i);
		take_fields(d, entry, inner, FIELDS(preference_fields), preference);
		if (!json_object_get(entry, "weight") || !json_object_get(entry, "preference"))
			wrong(d, inner, "weight and preference must both stand here");
	}
}

static const struct field advert_fields[] = {
	{ "ipAddressPools", take_pools },
	{ "ipAddressPoolSelectors", take_pool_selectors },
	{ "nodeSelectors", take_node_selectors },
	{ "serviceSelectors", take_service_selectors },
	{ "interfaces", take_interfaces },
	{ "preferredNodeSelectors", take_preferences },
};

/* ---- whole objects ---- */

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct kube_label *)a)->key, ((const struct kube_label *)b)->key);
}

static void take_labels(const json_t *json, struct kube_labels *out)
{
	json_t *object = (json_t *)(uintptr_t)json;
	const char *key;
	json_t *value;

	out->at = mem_new(json_object_size(json), sizeof(*out->at));
	json_object_foreach (object, key, value)
		if (json_is_string(value))
			out->at[out->n++] = (struct kube_label){
				mem_strdup(key), mem_strdup(json_string_value(value))
			};
	if (out->n > 0)
		qsort(out->at, out->n, sizeof(*out->at), by_key);
}

char *config_crd_essence(const char *json)
{
	json_t *root = json_read(json, strlen(json), NULL);
	json_t *meta = json_object_get(root, "metadata"), *spec = json_object_get(root, "spec");
	json_t *labels = json_object_get(meta, "labels");
	const char *name = json_string_value(json_object_get(meta, "name"));
	char *essence = NULL;
	json_t *kept;

	if (name && *name) {
		kept = json_pack("{s:s, s:O*, s:O*}", "name", name, "labels", labels, "spec", spec);
		essence = json_dumps(kept, JSON_COMPACT | JSON_SORT_KEYS);
		CHECK(essence != NULL);
		json_decref(kept);
	}
	json_decref(root);
	return essence;
}

static void decode_object(const struct config_crd_object *object, struct config_draft *draft,
			  struct config_errors *errors)
{
	json_t *root = json_loads(object->essence, 0, NULL);
	const char *name = json_string_value(json_object_get(root, "name"));
	const json_t *spec = json_object_get(root, "spec");
	char title[320];
	struct decode d = { errors, title };

	CHECK(name != NULL);
	snprintf(title, sizeof(title), "%s %.253s", config_crd_word(object->kind), name);
	if (strstr(object->essence, JSON_READ_NUL))
		wrong(&d, "spec", "a text or a key in it holds a NUL (\\u0000) or U+FFFD: write it without");
	if (object->kind == CONFIG_CRD_POOL) {
		struct config_draft_pool *pool = &draft->pool[draft->n_pool++];

		pool->object = mem_strdup(title);
		pool->name.text = mem_strdup(name);
		take_labels(json_object_get(root, "labels"), &pool->labels);
		if (spec && !json_is_null(spec))
			take_fields(&d, spec, "spec", FIELDS(pool_fields), pool);
	} else {
		struct config_advert *advert = &draft->advert[draft->n_advert++];

		advert->name = mem_strdup(name);
		if (spec && !json_is_null(spec))
			take_fields(&d, spec, "spec", FIELDS(advert_fields), advert);
	}
	json_decref(root);
}

static int by_kind_and_text(const void *a, const void *b)
{
	const struct config_crd_object *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->essence, y->essence);
}

/* The hash does not depend on the order in which the objects were told. */
static void hash_objects(struct config *config, const struct config_crd_object *sorted, size_t n)
{
	struct text all;

	text_init(&all, SIZE_MAX);
	for (size_t i = 0; i < n; i++)
		text_addf(&all, "%s %s\n", config_crd_word(sorted[i].kind), sorted[i].essence);
	config_set_hash(config, all.s, all.n);
	text_done(&all);
}

int config_from_objects(const struct config_crd_object *object, size_t n,
			struct config **out_config, struct config_errors *out_errors)
{
	struct config_draft draft = { 0 };
	struct config_crd_object *sorted = mem_new(n, sizeof(*sorted));
	struct config *config;

	if (n > 0) {
		memcpy(sorted, object, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), by_kind_and_text);
	}
	draft.pool = mem_new(n, sizeof(*draft.pool));
	draft.advert = mem_new(n, sizeof(*draft.advert));
	for (size_t i = 0; i < n; i++)
		decode_object(&sorted[i], &draft, out_errors);
	config_draft_order(&draft);
	config = config_check(&draft, out_errors);
	config_draft_done(&draft);
	if (config) {
		hash_objects(config, sorted, n);
		*out_config = config;
	}
	free(sorted);
	return config ? 0 : -EINVAL;
}
