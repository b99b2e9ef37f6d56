/*
 * world - services and pools for tests of the controller
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_UNIT_CONTROLLER_WORLD_H
#define TINLB_TESTS_UNIT_CONTROLLER_WORLD_H

#include "common/api/core/kube_types.h"
#include "config/core/config.h"

/* The pools of a YAML document; fails the test when it is refused. */
struct config *world_config(const char *yaml);

/* IPAddressPools as {"metadata":...,"spec":...}, NULL at the end; fails the test when refused. */
struct config *world_pools(const char *const *json);
struct kube_namespace *world_namespace(const char *name, const char *key, const char *value);

/* A load balancer service default/<name> with cluster IP 10.96.0.10 and port 80/TCP. */
struct kube_service *world_service(const char *name);
struct kube_service *world_dual(const char *name, enum kube_ip_family_policy policy);
struct kube_service *world_with_ip(struct kube_service *s, const char *load_balancer_ip);
struct kube_service *world_with_note(struct kube_service *s, const char *key, const char *value);
struct kube_service *world_in(struct kube_service *s, const char *namespace);
struct kube_service *world_with_label(struct kube_service *s, const char *key, const char *value);
struct kube_service *world_with_stored(struct kube_service *s, const char *ip);
struct kube_service *world_with_port(struct kube_service *s, const char *protocol, int32_t port);

#endif
