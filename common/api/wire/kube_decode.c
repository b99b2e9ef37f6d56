/* kube_decode - see kube_decode.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kube_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/json_read.h"
#include "common/api/wire/kube_objects.h"

typedef int decode_fn(const json_t *json, void *out_object, struct text *out_error);

static int decode_raw(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_raw *raw = out_object;
	int rc = kube_decode_meta(json, &raw->meta, out_error);

	if (rc == 0) {
		char *dumped = json_dumps(json, JSON_COMPACT);

		CHECK(dumped != NULL);
		raw->json = mem_strdup(dumped);
		free(dumped);
	}
	return rc;
}

static void free_raw(void *object)
{
	struct kube_raw *raw = object;

	kube_meta_done(&raw->meta);
	free(raw->json);
	free(raw);
}

static void free_service(void *object)
{
	kube_service_free(object);
}

static void free_config_map(void *object)
{
	kube_config_map_free(object);
}

static void free_namespace(void *object)
{
	kube_namespace_free(object);
}

static void free_node(void *object)
{
	kube_node_free(object);
}

static void free_endpoints(void *object)
{
	kube_endpoints_free(object);
}

static void free_pod(void *object)
{
	kube_pod_free(object);
}

static void free_lease(void *object)
{
	kube_lease_free(object);
}

/* Every object begins with its struct kube_meta. */
static const struct {
	decode_fn *decode;
	void (*free)(void *object);
	size_t size;
} kinds[KUBE_N_KINDS] = {
	[KUBE_SERVICE] = { kube_decode_service, free_service, sizeof(struct kube_service) },
	[KUBE_CONFIG_MAP] = { kube_decode_config_map, free_config_map,
			      sizeof(struct kube_config_map) },
	[KUBE_NAMESPACE] = { kube_decode_namespace, free_namespace,
			     sizeof(struct kube_namespace) },
	[KUBE_NODE] = { kube_decode_node, free_node, sizeof(struct kube_node) },
	[KUBE_ENDPOINT_SLICE] = { kube_decode_endpoint_slice, free_endpoints,
				  sizeof(struct kube_endpoints) },
	[KUBE_ENDPOINTS] = { kube_decode_endpoints, free_endpoints,
			     sizeof(struct kube_endpoints) },
	[KUBE_POD] = { kube_decode_pod, free_pod, sizeof(struct kube_pod) },
	[KUBE_LEASE] = { kube_decode_lease, free_lease, sizeof(struct kube_lease) },
	[KUBE_RAW] = { decode_raw, free_raw, sizeof(struct kube_raw) },
};

int kube_decode(enum kube_kind kind, const json_t *json, void **out_object, struct text *out_error)
{
	void *object = mem_new(1, kinds[kind].size);
	int rc = kinds[kind].decode(json, object, out_error);

	if (rc != 0) {
		kinds[kind].free(object);
		return rc;
	}
	*out_object = object;
	return 0;
}

/*
 * A NUL in a text stays, for a Service is written back as it is. In a key
 * jansson has no place for it, and one such object must not cost the others.
 */
static json_t *load(const char *bytes, size_t n, struct text *out_error)
{
	json_error_t error;
	json_t *root = json_loadb(bytes, n, JSON_ALLOW_NUL, &error);

	if (!root)
		root = json_read(bytes, n, &error);
	if (!root)
		text_addf(out_error, "not valid JSON at byte %d: %s", error.position, error.text);
	return root;
}

int kube_decode_bytes(enum kube_kind kind, const char *bytes, size_t n, void **out_object,
		      struct text *out_error)
{
	json_t *root = load(bytes, n, out_error);
	int rc = root ? kube_decode(kind, root, out_object, out_error) : -EINVAL;

	json_decref(root);
	return rc;
}

void kube_object_free(enum kube_kind kind, void *object)
{
	if (object)
		kinds[kind].free(object);
}

const struct kube_meta *kube_object_meta(enum kube_kind kind, const void *object)
{
	CHECK(kind < KUBE_N_KINDS);
	return object;
}

char *kube_key(const struct kube_meta *meta)
{
	struct text t;

	text_init(&t, 1024);
	if (meta->namespace)
		text_addf(&t, "%s/", meta->namespace);
	text_add(&t, meta->name);
	return text_take(&t);
}

int kube_decode_page(const char *bytes, size_t n, struct kube_page *out_page,
		     struct text *out_error)
{
	struct kube_page page = { .root = load(bytes, n, out_error) };
	const json_t *meta;

	if (!page.root)
		return -EINVAL;
	meta = json_object_get(page.root, "metadata");
	page.version = json_string_value(json_object_get(meta, "resourceVersion"));
	page.next = json_string_value(json_object_get(meta, "continue"));
	page.items = json_object_get(page.root, "items");
	if (!page.version || (page.items && !json_is_array(page.items) &&
			      !json_is_null(page.items))) {
		text_add(out_error, "the answer is no list");
		json_decref(page.root);
		return -EINVAL;
	}
	if (!json_is_array(page.items))
		page.items = NULL;
	*out_page = page;
	return 0;
}

void kube_page_done(struct kube_page *page)
{
	json_decref(page->root);
	*page = (struct kube_page){ 0 };
}

int kube_decode_group(const char *bytes, size_t n, const char *plural, bool *out_has)
{
	json_t *root = json_read(bytes, n, NULL);
	const json_t *resources = json_object_get(root, "resources"), *kind;
	int rc = json_is_array(resources) ? 0 : -EINVAL;
	bool has = false;
	size_t i;

	json_array_foreach (resources, i, kind)
		has |= str_equal(json_string_value(json_object_get(kind, "name")), plural);
	json_decref(root);
	if (rc == 0)
		*out_has = has;
	return rc;
}

static int event_type_of(const char *word, enum kube_event_type *out_type)
{
	static const struct {
		const char *word;
		enum kube_event_type type;
	} types[] = {
		{ "ADDED", KUBE_ADDED_OR_CHANGED }, { "MODIFIED", KUBE_ADDED_OR_CHANGED },
		{ "DELETED", KUBE_DELETED },	    { "BOOKMARK", KUBE_BOOKMARK },
		{ "ERROR", KUBE_STREAM_ERROR },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (str_equal(types[i].word, word)) {
			*out_type = types[i].type;
			return 0;
		}
	}
	return -EINVAL;
}

int kube_decode_event(const char *bytes, size_t n, struct kube_event *out_event,
		      struct text *out_error)
{
	struct kube_event event = { .root = load(bytes, n, out_error) };
	const json_t *meta;

	if (!event.root)
		return -EINVAL;
	event.object = json_object_get(event.root, "object");
	if (!json_is_object(event.object) ||
	    event_type_of(json_string_value(json_object_get(event.root, "type")), &event.type) != 0) {
		text_add(out_error, "a line of the watch is no event");
		json_decref(event.root);
		return -EINVAL;
	}
	meta = json_object_get(event.object, "metadata");
	event.version = json_string_value(json_object_get(meta, "resourceVersion"));
	event.code = json_integer_value(json_object_get(event.object, "code"));
	*out_event = event;
	return 0;
}

void kube_event_done(struct kube_event *event)
{
	json_decref(event->root);
	*event = (struct kube_event){ 0 };
}

void kube_decode_failure(const char *bytes, size_t n, long http_status, struct text *out_message)
{
	json_t *root = json_read(bytes, n, NULL);
	const char *message = json_string_value(json_object_get(root, "message"));

	if (message)
		text_add(out_message, message);
	else
		text_addf(out_message, "the API server answered with status %ld", http_status);
	json_decref(root);
}
