/* kube_types - see kube_types.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/core/kube_types.h"

#include <stdlib.h>
#include <string.h>

uint64_t kube_version_number(const char *version)
{
	return version ? strtoull(version, NULL, 10) : 0;
}

const char *kube_label_find(const struct kube_labels *labels, const char *key)
{
	size_t low = 0, high = labels->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(labels->at[middle].key, key);

		if (order == 0)
			return labels->at[middle].value;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static char *put_text(char **inout_end, const char *text)
{
	char *start = *inout_end;
	size_t n = strlen(text) + 1;

	memcpy(start, text, n);
	*inout_end += n;
	return start;
}

struct kube_labels kube_labels_pack(const struct kube_labels *labels)
{
	size_t bytes = labels->n * sizeof(*labels->at);
	struct kube_labels packed = { .n = labels->n };
	char *end;

	if (labels->n == 0)
		return packed;
	for (size_t i = 0; i < labels->n; i++)
		bytes += strlen(labels->at[i].key) + strlen(labels->at[i].value) + 2;
	packed.at = mem_new(bytes, 1);
	end = (char *)(packed.at + labels->n);
	for (size_t i = 0; i < labels->n; i++) {
		packed.at[i].key = put_text(&end, labels->at[i].key);
		packed.at[i].value = put_text(&end, labels->at[i].value);
	}
	return packed;
}

bool kube_labels_equal(const struct kube_labels *a, const struct kube_labels *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i].key, b->at[i].key) != 0 ||
		    strcmp(a->at[i].value, b->at[i].value) != 0)
			return false;
	return true;
}

void kube_meta_done(struct kube_meta *meta)
{
	free(meta->namespace);
	free(meta->name);
	free(meta->uid);
	free(meta->resource_version);
	*meta = (struct kube_meta){ 0 };
}

void kube_labels_done(struct kube_labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		free(labels->at[i].key);
		free(labels->at[i].value);
	}
	free(labels->at);
	*labels = (struct kube_labels){ 0 };
}

static void strings_free(char **string, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(string[i]);
	free(string);
}

void kube_service_free(struct kube_service *service)
{
	if (!service)
		return;
	kube_meta_done(&service->meta);
	kube_labels_done(&service->labels);
	kube_labels_done(&service->annotations);
	kube_labels_done(&service->selector);
	free(service->class);
	free(service->load_balancer_ip);
	free(service->first_family);
	free(service->port);
	free(service->raw);
	strings_free(service->cluster_ip, service->n_cluster_ip);
	strings_free(service->ingress, service->n_ingress);
	free(service);
}

void kube_config_map_free(struct kube_config_map *map)
{
	if (!map)
		return;
	kube_meta_done(&map->meta);
	kube_labels_done(&map->data);
	free(map);
}

void kube_namespace_free(struct kube_namespace *ns)
{
	if (!ns)
		return;
	kube_meta_done(&ns->meta);
	kube_labels_done(&ns->labels);
	free(ns);
}

void kube_node_free(struct kube_node *node)
{
	if (!node)
		return;
	kube_meta_done(&node->meta);
	kube_labels_done(&node->labels);
	strings_free(node->internal_ip, node->n_internal_ip);
	free(node);
}

void kube_endpoints_free(struct kube_endpoints *endpoints)
{
	if (!endpoints)
		return;
	kube_meta_done(&endpoints->meta);
	free(endpoints->service);
	for (size_t i = 0; i < endpoints->n; i++)
		free(endpoints->at[i].node);
	free(endpoints->at);
	free(endpoints);
}

void kube_pod_free(struct kube_pod *pod)
{
	if (!pod)
		return;
	kube_meta_done(&pod->meta);
	free(pod->ip);
	free(pod->node);
	free(pod);
}

void kube_lease_free(struct kube_lease *lease)
{
	if (!lease)
		return;
	kube_meta_done(&lease->meta);
	free(lease->holder);
	free(lease);
}
