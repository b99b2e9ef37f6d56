/*
 * kube_types - the few fields of Kubernetes objects that TinLB uses
 *
 * Core: no sockets, no clock, no logging. Decoders fill these structs, every
 * string is owned by its struct and may be NULL where the object has none.
 * What an object says is kept as it stands, also when it makes no sense
 * (an unparsable address, for one): judging is the reader's work.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_CORE_KUBE_TYPES_H
#define TINLB_COMMON_API_CORE_KUBE_TYPES_H

#include "common/core/base.h"

struct kube_meta {
	char *namespace; /* NULL for kinds without */
	char *name, *uid, *resource_version;
};

/* Of a resource_version: the greater of two is the later state of an object. NULL: 0. */
uint64_t kube_version_number(const char *version);

struct kube_label { /* also annotations */
	char *key, *value;
};

struct kube_labels { /* sorted by key */
	struct kube_label *at;
	size_t n;
};

/* A copy in one block of memory, to be freed with free(labels.at). */
struct kube_labels kube_labels_pack(const struct kube_labels *labels) MUST_CHECK;
bool kube_labels_equal(const struct kube_labels *a, const struct kube_labels *b);
const char *kube_label_find(const struct kube_labels *labels, const char *key); /* or NULL */

struct kube_port {
	char protocol[8]; /* as written: TCP, UDP, SCTP */
	int32_t port;
};

enum kube_ip_family_policy { KUBE_POLICY_UNSET, KUBE_SINGLE_STACK, KUBE_PREFER_DUAL, KUBE_REQUIRE_DUAL };

struct kube_service {
	struct kube_meta meta;
	struct kube_labels labels;
	struct kube_labels annotations; /* only metallb.io/ and metallb.universe.tf/ keys */
	bool is_load_balancer;
	bool local_policy; /* externalTrafficPolicy: Local */
	enum kube_ip_family_policy policy;
	char *class;            /* spec.loadBalancerClass */
	char *load_balancer_ip; /* spec.loadBalancerIP */
	char **cluster_ip;      /* spec.clusterIPs, else the one spec.clusterIP; "" and None kept */
	size_t n_cluster_ip;
	char *first_family;     /* spec.ipFamilies[0] */
	struct kube_labels selector;
	struct kube_port *port;
	size_t n_port;
	char **ingress;         /* status.loadBalancer.ingress[].ip, "" for entries with a hostname only */
	size_t n_ingress;
	/*
	 * The whole object as JSON less managedFields, kept while it is a load
	 * balancer without ingress, so that its status can be written without
	 * reading it again. Otherwise NULL.
	 */
	char *raw;
};

struct kube_config_map {
	struct kube_meta meta;
	struct kube_labels data;
};

struct kube_namespace {
	struct kube_meta meta;
	struct kube_labels labels;
};

struct kube_node {
	struct kube_meta meta;
	struct kube_labels labels;
	char **internal_ip;
	size_t n_internal_ip;
	bool ready;               /* condition Ready is not False or Unknown; no condition: ready */
	bool network_unavailable; /* condition NetworkUnavailable is True */
};

struct kube_endpoint {
	char *node;    /* NULL: not said */
	bool servable; /* ready true or unset, or serving true */
};

/* One EndpointSlice, or one whole Endpoints object: addresses of a service. */
struct kube_endpoints {
	struct kube_meta meta;
	char *service; /* name of the service, in meta.namespace */
	struct kube_endpoint *at;
	size_t n;
};

struct kube_pod {
	struct kube_meta meta;
	char *ip, *node;
	bool ready;
};

/* coordination.k8s.io/v1 Lease; times in microseconds since 1970 as written by the holder. */
struct kube_lease {
	struct kube_meta meta;
	char *holder; /* "" or NULL: released */
	int64_t duration_s, transitions;
	int64_t acquire_us, renew_us;
};

void kube_meta_done(struct kube_meta *meta);
void kube_labels_done(struct kube_labels *labels);
/* Free the struct and all it owns; NULL is fine. */
void kube_service_free(struct kube_service *service);
void kube_config_map_free(struct kube_config_map *map);
void kube_namespace_free(struct kube_namespace *ns);
void kube_node_free(struct kube_node *node);
void kube_endpoints_free(struct kube_endpoints *endpoints);
void kube_pod_free(struct kube_pod *pod);
void kube_lease_free(struct kube_lease *lease);

#endif
