/* kube_objects - see kube_objects.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kube_objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/json_read.h"
#include "common/api/wire/kube_time.h"

#define MAX_LABELS 4096
#define MAX_ENTRIES 100000 /* ports, endpoints, ingress points of one object */

static int wrong(struct text *error, const char *path, const char *what)
{
	text_addf(error, "%s: %s", path, what);
	return -EINVAL;
}

/* The member of an object; NULL when it is absent or null. */
static const json_t *member(const json_t *json, const char *name)
{
	const json_t *value = json_object_get(json, name);

	return json_is_null(value) ? NULL : value;
}

static int take_text(const json_t *json, const char *name, char **out, struct text *error)
{
	const json_t *value = member(json, name);

	if (!value)
		return 0;
	if (!json_is_string(value))
		return wrong(error, name, "must be a string");
	*out = mem_strdup(json_string_value(value));
	return 0;
}

int kube_decode_meta(const json_t *json, struct kube_meta *out_meta, struct text *out_error)
{
	const json_t *meta = member(json, "metadata");
	int rc = take_text(meta, "namespace", &out_meta->namespace, out_error);

	if (rc == 0)
		rc = take_text(meta, "name", &out_meta->name, out_error);
	if (rc == 0)
		rc = take_text(meta, "uid", &out_meta->uid, out_error);
	if (rc == 0)
		rc = take_text(meta, "resourceVersion", &out_meta->resource_version, out_error);
	if (rc == 0 && (!out_meta->name || !*out_meta->name))
		return wrong(out_error, "metadata.name", "is missing");
	return rc;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct kube_label *)a)->key, ((const struct kube_label *)b)->key);
}

typedef bool keep_fn(const char *key);

/* A map of strings, sorted; `keep` may be NULL for all. */
static int take_labels(const json_t *map, const char *path, keep_fn *keep, struct kube_labels *out,
		       struct text *error)
{
	json_t *at = (json_t *)(uintptr_t)map; /* jansson's iterators want it writable */
	const char *key;
	json_t *value;
	size_t cap = 0;

	if (!map)
		return 0;
	if (!json_is_object(map))
		return wrong(error, path, "must be a map of strings");
	json_object_foreach (at, key, value) {
		if (keep && !keep(key))
			continue;
		if (!json_is_string(value) || out->n >= MAX_LABELS)
			return wrong(error, path, "must be a map of at most 4096 strings");
		out->at = mem_grow(out->at, out->n, &cap, sizeof(*out->at));
		out->at[out->n++] = (struct kube_label){ mem_strdup(key),
							 json_read_text(value) };
	}
	if (out->n > 0)
		qsort(out->at, out->n, sizeof(*out->at), by_key);
	return 0;
}

static int array_of(const json_t *json, const char *name, const json_t **out, struct text *error)
{
	const json_t *value = member(json, name);

	if (value && (!json_is_array(value) || json_array_size(value) > MAX_ENTRIES))
		return wrong(error, name, "must be a list of reasonable length");
	*out = value;
	return 0;
}

/* ---- Service ---- */

static bool is_ours(const char *key)
{
	return strncmp(key, "metallb.io/", 11) == 0 ||
	       strncmp(key, "metallb.universe.tf/", 20) == 0;
}

static int take_ports(const json_t *spec, struct kube_service *s, struct text *error)
{
	const json_t *ports, *port;
	size_t i;
	int rc = array_of(spec, "ports", &ports, error);

	if (rc != 0)
		return rc;
	s->port = mem_new(json_array_size(ports), sizeof(*s->port));
	json_array_foreach (ports, i, port) {
		const json_t *number = member(port, "port");
		const char *protocol = json_string_value(json_object_get(port, "protocol"));
		size_t n = protocol ? strlen(protocol) : 0;

		if (!json_is_integer(number) || n >= sizeof(s->port->protocol)) {
			text_addf(error, "spec.ports[%zu]: port must be a number and protocol a short word",
				  i);
			return -EINVAL;
		}
		s->port[i].port = (int32_t)json_integer_value(number);
		memcpy(s->port[i].protocol, protocol ? protocol : "TCP", protocol ? n : 3);
		s->n_port++;
	}
	return 0;
}

/* Strings of `list`, or of `field` of its entries; what is no string is "". */
static void take_strings(const json_t *list, const char *field, char ***out, size_t *out_n)
{
	const json_t *entry;
	size_t i;

	*out = mem_new(json_array_size(list), sizeof(**out));
	json_array_foreach (list, i, entry) {
		const char *text = json_string_value(field ? json_object_get(entry, field) : entry);

		(*out)[(*out_n)++] = mem_strdup(text ? text : "");
	}
}

static int take_cluster_ips(const json_t *spec, struct kube_service *s, struct text *error)
{
	const json_t *list, *one = member(spec, "clusterIP");
	int rc = array_of(spec, "clusterIPs", &list, error);

	if (rc != 0)
		return rc;
	if (list && json_array_size(list) > 0) {
		take_strings(list, NULL, &s->cluster_ip, &s->n_cluster_ip);
		return 0;
	}
	if (!json_is_string(one))
		return 0;
	s->cluster_ip = mem_new(1, sizeof(*s->cluster_ip));
	s->cluster_ip[s->n_cluster_ip++] = mem_strdup(json_string_value(one));
	return 0;
}

static enum kube_ip_family_policy policy_of(const char *word)
{
	if (str_equal(word, "SingleStack"))
		return KUBE_SINGLE_STACK;
	if (str_equal(word, "PreferDualStack"))
		return KUBE_PREFER_DUAL;
	if (str_equal(word, "RequireDualStack"))
		return KUBE_REQUIRE_DUAL;
	return KUBE_POLICY_UNSET;
}

static int take_spec(const json_t *spec, struct kube_service *s, struct text *error)
{
	const json_t *families;
	int rc;

	s->is_load_balancer =
		str_equal(json_string_value(json_object_get(spec, "type")), "LoadBalancer");
	s->local_policy = str_equal(
		json_string_value(json_object_get(spec, "externalTrafficPolicy")), "Local");
	s->policy = policy_of(json_string_value(json_object_get(spec, "ipFamilyPolicy")));
	rc = take_text(spec, "loadBalancerClass", &s->class, error);
	if (rc == 0)
		rc = take_text(spec, "loadBalancerIP", &s->load_balancer_ip, error);
	if (rc == 0)
		rc = take_cluster_ips(spec, s, error);
	if (rc == 0)
		rc = array_of(spec, "ipFamilies", &families, error);
	if (rc != 0)
		return rc;
	s->first_family = mem_strdup(json_string_value(json_array_get(families, 0)));
	rc = take_labels(member(spec, "selector"), "spec.selector", NULL, &s->selector, error);
	return rc == 0 ? take_ports(spec, s, error) : rc;
}

static char *whole_object(const json_t *json)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)json);
	json_t *meta = json_copy(json_object_get(json, "metadata"));
	char *dumped, *raw;

	json_object_del(meta, "managedFields");
	json_object_set_new(copy, "metadata", meta);
	dumped = json_dumps(copy, JSON_COMPACT);
	json_decref(copy);
	raw = mem_strdup(dumped);
	free(dumped);
	return raw;
}

int kube_decode_service(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_service *s = out_object;
	const json_t *meta = member(json, "metadata"), *ingress;
	int rc = kube_decode_meta(json, &s->meta, out_error);

	if (rc == 0)
		rc = take_labels(member(meta, "labels"), "metadata.labels", NULL, &s->labels,
				 out_error);
	if (rc == 0)
		rc = take_labels(member(meta, "annotations"), "metadata.annotations", is_ours,
				 &s->annotations, out_error);
	if (rc == 0)
		rc = take_spec(member(json, "spec"), s, out_error);
	if (rc == 0)
		rc = array_of(member(member(json, "status"), "loadBalancer"), "ingress", &ingress,
			      out_error);
	if (rc != 0)
		return rc;
	if (json_array_size(ingress) > 0)
		take_strings(ingress, "ip", &s->ingress, &s->n_ingress);
	else if (s->is_load_balancer)
		s->raw = whole_object(json);
	return 0;
}

/* ---- ConfigMap, Namespace, Node, Pod, Lease ---- */

int kube_decode_config_map(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_config_map *map = out_object;
	int rc = kube_decode_meta(json, &map->meta, out_error);

	return rc == 0 ? take_labels(member(json, "data"), "data", NULL, &map->data, out_error) : rc;
}

int kube_decode_namespace(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_namespace *ns = out_object;
	int rc = kube_decode_meta(json, &ns->meta, out_error);

	return rc == 0 ? take_labels(member(member(json, "metadata"), "labels"), "metadata.labels",
				     NULL, &ns->labels, out_error) :
			 rc;
}

static const char *condition(const json_t *status, const char *type)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(status, "conditions"), i, entry)
		if (str_equal(json_string_value(json_object_get(entry, "type")), type))
			return json_string_value(json_object_get(entry, "status"));
	return NULL;
}

int kube_decode_node(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_node *node = out_object;
	const json_t *status = member(json, "status"), *list, *entry;
	const char *ready = condition(status, "Ready");
	size_t i;
	int rc = kube_decode_meta(json, &node->meta, out_error);

	if (rc == 0)
		rc = take_labels(member(member(json, "metadata"), "labels"), "metadata.labels", NULL,
				 &node->labels, out_error);
	if (rc == 0)
		rc = array_of(status, "addresses", &list, out_error);
	if (rc != 0)
		return rc;
	node->internal_ip = mem_new(json_array_size(list), sizeof(*node->internal_ip));
	json_array_foreach (list, i, entry) {
		const char *address = json_string_value(json_object_get(entry, "address"));

		if (address &&
		    str_equal(json_string_value(json_object_get(entry, "type")), "InternalIP"))
			node->internal_ip[node->n_internal_ip++] = mem_strdup(address);
	}
	node->ready = !ready || strcmp(ready, "True") == 0;
	node->network_unavailable = str_equal(condition(status, "NetworkUnavailable"), "True");
	return 0;
}

int kube_decode_pod(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_pod *pod = out_object;
	int rc = kube_decode_meta(json, &pod->meta, out_error);

	if (rc == 0)
		rc = take_text(member(json, "status"), "podIP", &pod->ip, out_error);
	if (rc == 0)
		rc = take_text(member(json, "spec"), "nodeName", &pod->node, out_error);
	pod->ready = str_equal(condition(member(json, "status"), "Ready"), "True");
	return rc;
}

static int take_micro_time(const json_t *spec, const char *name, int64_t *out, struct text *error)
{
	const char *text = json_string_value(json_object_get(spec, name));

	if (text && kube_time_parse(text, out) != 0)
		return wrong(error, name, "must be a time as RFC 3339 writes it");
	return 0;
}

int kube_decode_lease(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_lease *lease = out_object;
	const json_t *spec = member(json, "spec");
	int rc = kube_decode_meta(json, &lease->meta, out_error);

	if (rc == 0)
		rc = take_text(spec, "holderIdentity", &lease->holder, out_error);
	if (rc == 0)
		rc = take_micro_time(spec, "acquireTime", &lease->acquire_us, out_error);
	if (rc == 0)
		rc = take_micro_time(spec, "renewTime", &lease->renew_us, out_error);
	lease->duration_s = json_integer_value(json_object_get(spec, "leaseDurationSeconds"));
	lease->transitions = json_integer_value(json_object_get(spec, "leaseTransitions"));
	return rc;
}

/* ---- Endpoints ---- */

static void add_endpoint(struct kube_endpoints *e, size_t *cap, const char *node, bool servable)
{
	e->at = mem_grow(e->at, e->n, cap, sizeof(*e->at));
	e->at[e->n++] = (struct kube_endpoint){ mem_strdup(node), servable };
}

/* The rule of EndpointSlices: ready, or not said, or still serving while it ends. */
static bool can_serve(const json_t *endpoint)
{
	const json_t *conditions = json_object_get(endpoint, "conditions");
	const json_t *ready = member(conditions, "ready");

	return !ready || json_is_true(ready) || json_is_true(member(conditions, "serving"));
}

int kube_decode_endpoint_slice(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_endpoints *e = out_object;
	const json_t *labels = member(member(json, "metadata"), "labels"), *list, *entry;
	size_t i, cap = 0;
	int rc = kube_decode_meta(json, &e->meta, out_error);

	if (rc == 0)
		rc = take_text(labels, "kubernetes.io/service-name", &e->service, out_error);
	if (rc == 0)
		rc = array_of(json, "endpoints", &list, out_error);
	if (rc != 0)
		return rc;
	json_array_foreach (list, i, entry)
		add_endpoint(e, &cap, json_string_value(json_object_get(entry, "nodeName")),
			     can_serve(entry));
	return 0;
}

static void add_addresses(struct kube_endpoints *e, size_t *cap, const json_t *list, bool servable)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry)
		add_endpoint(e, cap, json_string_value(json_object_get(entry, "nodeName")), servable);
}

int kube_decode_endpoints(const json_t *json, void *out_object, struct text *out_error)
{
	struct kube_endpoints *e = out_object;
	const json_t *list, *subset;
	size_t i, cap = 0;
	int rc = kube_decode_meta(json, &e->meta, out_error);

	if (rc == 0)
		rc = array_of(json, "subsets", &list, out_error);
	if (rc != 0)
		return rc;
	e->service = mem_strdup(e->meta.name);
	json_array_foreach (list, i, subset) {
		add_addresses(e, &cap, json_object_get(subset, "addresses"), true);
		add_addresses(e, &cap, json_object_get(subset, "notReadyAddresses"), false);
	}
	return 0;
}
