/* world - see world.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/wire/config_crd.h"

struct ip world_address(const char *text)
{
	struct ip ip;

	CHECK(ip_parse(text, &ip) == 0);
	return ip;
}

static void meta(struct kube_meta *out_meta, const char *key)
{
	const char *slash = strchr(key, '/');

	out_meta->namespace = mem_strndup(key, (size_t)(slash - key));
	out_meta->name = mem_strdup(slash + 1);
	out_meta->uid = mem_strdup("uid");
}

/* The next entry of a list by commas, or NULL; the caller frees. */
static char *next_word(const char **inout_list)
{
	const char *start = *inout_list;
	size_t n = strcspn(start, ",");

	if (!*start)
		return NULL;
	*inout_list = start + n + (start[n] == ',');
	return mem_strndup(start, n);
}

static struct kube_service *make_service(const char *key, const char *ips)
{
	struct kube_service *service = mem_new(1, sizeof(*service));
	char *word;

	meta(&service->meta, key);
	service->is_load_balancer = true;
	while ((word = next_word(&ips))) {
		service->ingress = mem_resize(service->ingress, service->n_ingress + 1,
					      sizeof(char *));
		service->ingress[service->n_ingress++] = word;
	}
	return service;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct kube_label *)a)->key, ((const struct kube_label *)b)->key);
}

static void add_labels(struct kube_labels *labels, const char *list)
{
	char *word;

	while ((word = next_word(&list))) {
		char *equals = strchr(word, '=');

		labels->at = mem_resize(labels->at, labels->n + 1, sizeof(*labels->at));
		labels->at[labels->n++] = (struct kube_label){
			mem_strndup(word, (size_t)(equals - word)), mem_strdup(equals + 1)
		};
		free(word);
	}
	if (labels->n > 0)
		qsort(labels->at, labels->n, sizeof(*labels->at), by_key);
}

void world_service(struct snapshot *s, const char *key, const char *ips, unsigned flags)
{
	struct kube_service *service = make_service(key, ips);

	service->is_load_balancer = !(flags & WORLD_CLUSTER_IP);
	service->local_policy = flags & WORLD_LOCAL;
	snapshot_on_service(s, service);
	kube_service_free(service);
}

void world_labelled_service(struct snapshot *s, const char *key, const char *ips,
			    const char *labels)
{
	struct kube_service *service = make_service(key, ips);

	if (strncmp(labels, "share,", 6) == 0) {
		add_labels(&service->annotations, "metallb.universe.tf/allow-shared-ip=");
		labels += 6;
	}
	add_labels(&service->labels, labels);
	snapshot_on_service(s, service);
	kube_service_free(service);
}

void world_labelled_node(struct snapshot *s, const char *name, const char *labels)
{
	struct kube_node *node = mem_new(1, sizeof(*node));

	node->meta.name = mem_strdup(name);
	node->ready = true;
	add_labels(&node->labels, labels);
	snapshot_on_node(s, node);
	kube_node_free(node);
}

void world_endpoints(struct snapshot *s, const char *service, const char *slice,
		     const char *endpoints)
{
	struct kube_endpoints *e = mem_new(1, sizeof(*e));
	char *word;

	meta(&e->meta, slice);
	e->service = mem_strdup(strchr(service, '/') + 1);
	while ((word = next_word(&endpoints))) {
		bool servable = word[0] != '!';

		e->at = mem_resize(e->at, e->n + 1, sizeof(*e->at));
		e->at[e->n].servable = servable;
		e->at[e->n++].node = word[0] == '?' ? NULL : mem_strdup(word + !servable);
		free(word);
	}
	snapshot_on_endpoints(s, e);
	kube_endpoints_free(e);
}

void world_node(struct snapshot *s, const char *name, const char *ip, unsigned flags)
{
	struct kube_node *node = mem_new(1, sizeof(*node));

	node->meta.name = mem_strdup(name);
	node->ready = flags & WORLD_READY;
	node->network_unavailable = flags & WORLD_UNAVAILABLE;
	if (ip) {
		node->internal_ip = mem_new(1, sizeof(char *));
		node->internal_ip[node->n_internal_ip++] = mem_strdup(ip);
	}
	if (flags & WORLD_EXCLUDED) {
		node->labels.at = mem_new(1, sizeof(*node->labels.at));
		node->labels.n = 1;
		node->labels.at->key =
			mem_strdup("node.kubernetes.io/exclude-from-external-load-balancers");
		node->labels.at->value = mem_strdup("");
	}
	snapshot_on_node(s, node);
	kube_node_free(node);
}

static void add_pool(struct config *config, const char *name, const char *first, const char *last)
{
	struct config_pool *pool;

	if (!first)
		return;
	config->pool = mem_resize(config->pool, config->n_pool + 1, sizeof(*pool));
	pool = &config->pool[config->n_pool++];
	*pool = (struct config_pool){ .name = mem_strdup(name), .n_range = 1, .auto_assign = true };
	pool->range = mem_new(1, sizeof(*pool->range));
	pool->range[0] = (struct ip_range){ world_address(first), world_address(last) };
}

static void advertise_all(struct config *config)
{
	config->advert = mem_new(1, sizeof(*config->advert));
	config->n_advert = 1;
	config->advert[0].name = mem_strdup("all");
	for (size_t i = 0; i < config->n_pool; i++) {
		config->pool[i].advert = mem_new(1, sizeof(*config->pool[i].advert));
		config->pool[i].n_advert = 1;
	}
}

struct config *world_config(const char *first_a, const char *last_a, const char *first_b,
			    const char *last_b)
{
	struct config *config = config_new();

	add_pool(config, "a", first_a, last_a);
	add_pool(config, "b", first_b, last_b);
	advertise_all(config);
	config_index(config);
	return config;
}

struct config *world_adverts(const char *const *spec)
{
	struct config_crd_object object[16] = { 0 };
	struct config_errors errors = { 0 };
	struct config *config = NULL;
	char text[16][1024];
	size_t n = 1;

	object[0].essence = "{\"name\":\"p\",\"spec\":{\"addresses\":[\"10.0.0.0/24\"]}}";
	for (; spec[n - 1]; n++) {
		snprintf(text[n], sizeof(text[n]), "{\"name\":\"a%zu\",\"spec\":%s}", n, spec[n - 1]);
		object[n] = (struct config_crd_object){ CONFIG_CRD_ADVERT, text[n] };
	}
	CHECK(config_from_objects(object, n, &config, &errors) == 0);
	config_errors_done(&errors);
	return config;
}

const char *world_decision(const struct snapshot *s, const char *ip)
{
	static char text[1024];
	struct ip wanted = world_address(ip);
	const struct snapshot_row *row = snapshot_find(s, &wanted);
	struct decision d;
	size_t n = 0;

	if (!row)
		return "no row";
	decide_row(s, row, &d);
	if (d.withheld != TABLE_OK)
		return table_reason_word(d.withheld);
	text[0] = '\0';
	for (size_t i = 0; i < d.n_candidate; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s", i ? " > " : "",
				      decide_is_last_resort(&d, d.candidate[i]) ? "!" : "",
				      s->nodes.at[d.candidate[i]].name);
	return text;
}
