/* lists_read - see lists_read.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/lists_read.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"
#include "config/wire/config_yaml.h"

#define SENTENCE_MAX_BYTES 1024

/* Those objects of a list that can be read. */
static void **objects_of(const struct kube_page *page, enum kube_kind kind, size_t *out_n)
{
	void **object = mem_new(json_array_size(page->items) + 1, sizeof(*object));
	struct text ignored;
	const json_t *item;
	size_t i, n = 0;

	text_init(&ignored, SENTENCE_MAX_BYTES);
	json_array_foreach (page->items, i, item)
		if (kube_decode(kind, item, &object[n], &ignored) == 0)
			n++;
	text_done(&ignored);
	*out_n = n;
	return object;
}

int lists_read_services(const char *bytes, size_t n, struct view *inout_view, struct text *out_error)
{
	struct kube_page page;
	struct kube_service **service;
	size_t n_service;
	int rc = kube_decode_page(bytes, n, &page, out_error);

	if (rc != 0)
		return rc;
	CHECK(!inout_view->service);
	service = (struct kube_service **)objects_of(&page, KUBE_SERVICE, &n_service);
	inout_view->service = service;
	for (size_t i = 0; i < n_service; i++) {
		if (service[i]->meta.namespace)
			service[inout_view->n_service++] = service[i];
		else
			kube_service_free(service[i]);
	}
	kube_page_done(&page);
	return 0;
}

int lists_read_nodes(const char *bytes, size_t n, struct view *inout_view, struct text *out_error)
{
	struct kube_page page;
	int rc = kube_decode_page(bytes, n, &page, out_error);

	if (rc != 0)
		return rc;
	CHECK(!inout_view->node);
	inout_view->node = (struct kube_node **)objects_of(&page, KUBE_NODE, &inout_view->n_node);
	kube_page_done(&page);
	return 0;
}

int lists_read_slices(const char *bytes, size_t n, struct view *inout_view, struct text *out_error)
{
	struct kube_page page;
	int rc = kube_decode_page(bytes, n, &page, out_error);

	if (rc != 0)
		return rc;
	CHECK(!inout_view->slice);
	inout_view->slice = (struct kube_endpoints **)objects_of(&page, KUBE_ENDPOINT_SLICE,
								 &inout_view->n_slice);
	kube_page_done(&page);
	return 0;
}

int lists_read_map(const char *bytes, size_t n, struct lists_config *inout_parts,
		   struct text *out_error)
{
	struct kube_config_map *map;
	void *object;
	int rc = kube_decode_bytes(KUBE_CONFIG_MAP, bytes, n, &object, out_error);

	if (rc != 0)
		return rc;
	map = object;
	free(inout_parts->document);
	inout_parts->document = mem_strdup(kube_label_find(&map->data, "config"));
	kube_config_map_free(map);
	return 0;
}

static int read_objects(const char *bytes, size_t n, enum config_crd_kind kind,
			struct lists_config *parts, struct text *error)
{
	struct kube_page page;
	const json_t *item;
	size_t i;
	int rc = kube_decode_page(bytes, n, &page, error);

	if (rc != 0)
		return rc;
	json_array_foreach (page.items, i, item) {
		char *json = json_dumps(item, JSON_COMPACT);
		char *essence = json ? config_crd_essence(json) : NULL;

		free(json);
		if (!essence)
			continue;
		parts->object = mem_grow(parts->object, parts->n_object, &parts->cap,
					 sizeof(*parts->object));
		parts->object[parts->n_object++] = (struct config_crd_object){ kind, essence };
		parts->n_pool += kind == CONFIG_CRD_POOL;
	}
	kube_page_done(&page);
	return 0;
}

int lists_read_pools(const char *bytes, size_t n, struct lists_config *inout_parts,
		     struct text *out_error)
{
	return read_objects(bytes, n, CONFIG_CRD_POOL, inout_parts, out_error);
}

int lists_read_adverts(const char *bytes, size_t n, struct lists_config *inout_parts,
		       struct text *out_error)
{
	return read_objects(bytes, n, CONFIG_CRD_ADVERT, inout_parts, out_error);
}

struct config *lists_config_of(const struct lists_config *parts, struct text *out_error)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;
	int rc = 0;

	if (parts->n_pool > 0)
		rc = config_from_objects(parts->object, parts->n_object, &config, &errors);
	else if (parts->document)
		rc = config_from_yaml(parts->document, strlen(parts->document), &config, &errors);
	if (rc != 0) {
		config = NULL;
		config_errors_format(&errors, out_error);
	}
	config_errors_done(&errors);
	return config;
}

void lists_config_done(struct lists_config *parts)
{
	for (size_t i = 0; i < parts->n_object; i++)
		free((char *)(uintptr_t)parts->object[i].essence);
	free(parts->object);
	free(parts->document);
	*parts = (struct lists_config){ 0 };
}
