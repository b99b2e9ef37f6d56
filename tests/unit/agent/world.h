/*
 * world - small Kubernetes objects for the tests of the agent
 *
 * Texts are lists by commas: endpoints "node1,!node2,?" are a servable one on
 * node1, one on node2 that is not, and a servable one without a node.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_UNIT_AGENT_WORLD_H
#define TINLB_TESTS_UNIT_AGENT_WORLD_H

#include "speaker/agent/core/plan.h"

#define WORLD_LOCAL 1
#define WORLD_CLUSTER_IP 2 /* no load balancer */
#define WORLD_READY 1
#define WORLD_EXCLUDED 2
#define WORLD_UNAVAILABLE 4

void world_service(struct snapshot *s, const char *key, const char *ips, unsigned flags);
void world_endpoints(struct snapshot *s, const char *service, const char *slice,
		     const char *endpoints);
void world_node(struct snapshot *s, const char *name, const char *ip, unsigned flags);

/* A config with pools "a" and "b" of the given ranges; NULL: no such pool. The caller frees. */
struct config *world_config(const char *first_a, const char *last_a, const char *first_b,
			    const char *last_b);

/*
 * As world_service() and world_node(), with labels "k=v,k2=v2". A service whose
 * labels begin with "share," has the annotation allow-shared-ip.
 */
void world_labelled_service(struct snapshot *s, const char *key, const char *ips,
			    const char *labels);
void world_labelled_node(struct snapshot *s, const char *name, const char *labels);

/* Of pool "p" (10.0.0.0/24) and L2Advertisements with these specs, NULL at the end. Caller frees. */
struct config *world_adverts(const char *const *spec);

struct ip world_address(const char *text);

/* The decision of an address in one line: "reason" or "node1 > node2", label ignored: " !". */
const char *world_decision(const struct snapshot *s, const char *ip);

#endif
