/* world - see world.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/controller/world.h"

#include <stdlib.h>
#include <string.h>

#include "config/wire/config_crd.h"
#include "config/wire/config_yaml.h"

struct config *world_config(const char *yaml)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;

	CHECK(config_from_yaml(yaml, strlen(yaml), &config, &errors) == 0);
	config_errors_done(&errors);
	return config;
}

struct config *world_pools(const char *const *json)
{
	struct config_crd_object object[16] = { 0 };
	struct config_errors errors = { 0 };
	struct config *config = NULL;
	char *essence[16];
	size_t n = 0;

	for (; json[n]; n++) {
		essence[n] = config_crd_essence(json[n]);
		object[n] = (struct config_crd_object){ CONFIG_CRD_POOL, essence[n] };
	}
	CHECK(config_from_objects(object, n, &config, &errors) == 0);
	config_errors_done(&errors);
	for (size_t i = 0; i < n; i++)
		free(essence[i]);
	return config;
}

static void add_label(struct kube_labels *labels, const char *key, const char *value);

struct kube_namespace *world_namespace(const char *name, const char *key, const char *value)
{
	struct kube_namespace *ns = mem_new(1, sizeof(*ns));

	ns->meta.name = mem_strdup(name);
	if (key)
		add_label(&ns->labels, key, value);
	return ns;
}

struct kube_service *world_service(const char *name)
{
	struct kube_service *s = mem_new(1, sizeof(*s));

	s->meta.namespace = mem_strdup("default");
	s->meta.name = mem_strdup(name);
	s->meta.uid = mem_strdup("uid");
	s->meta.resource_version = mem_strdup("1");
	s->is_load_balancer = true;
	s->cluster_ip = mem_new(2, sizeof(*s->cluster_ip));
	s->cluster_ip[s->n_cluster_ip++] = mem_strdup("10.96.0.10");
	s->raw = mem_strdup("{}");
	return world_with_port(s, "TCP", 80);
}

struct kube_service *world_dual(const char *name, enum kube_ip_family_policy policy)
{
	struct kube_service *s = world_service(name);

	s->cluster_ip[s->n_cluster_ip++] = mem_strdup("fd00:10:96::10");
	s->policy = policy;
	return s;
}

struct kube_service *world_with_ip(struct kube_service *s, const char *load_balancer_ip)
{
	s->load_balancer_ip = mem_strdup(load_balancer_ip);
	return s;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct kube_label *)a)->key, ((const struct kube_label *)b)->key);
}

static void add_label(struct kube_labels *labels, const char *key, const char *value)
{
	labels->at = mem_resize(labels->at, labels->n + 1, sizeof(*labels->at));
	labels->at[labels->n++] = (struct kube_label){ mem_strdup(key), mem_strdup(value) };
	qsort(labels->at, labels->n, sizeof(*labels->at), by_key);
}

struct kube_service *world_with_note(struct kube_service *s, const char *key, const char *value)
{
	add_label(&s->annotations, key, value);
	return s;
}

struct kube_service *world_with_label(struct kube_service *s, const char *key, const char *value)
{
	add_label(&s->labels, key, value);
	return s;
}

struct kube_service *world_in(struct kube_service *s, const char *namespace)
{
	free(s->meta.namespace);
	s->meta.namespace = mem_strdup(namespace);
	return s;
}

struct kube_service *world_with_stored(struct kube_service *s, const char *ip)
{
	s->ingress = mem_resize(s->ingress, s->n_ingress + 1, sizeof(*s->ingress));
	s->ingress[s->n_ingress++] = mem_strdup(ip);
	free(s->raw);
	s->raw = NULL;
	return s;
}

struct kube_service *world_with_port(struct kube_service *s, const char *protocol, int32_t port)
{
	free(s->port);
	s->port = mem_new(1, sizeof(*s->port));
	memcpy(s->port[0].protocol, protocol, strlen(protocol) + 1);
	s->port[0].port = port;
	s->n_port = 1;
	return s;
}
