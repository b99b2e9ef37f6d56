/*
 * kube_objects - one decoder for each kind of Kubernetes object
 *
 * Wire: jansson, no state. Used through kube_decode; each fills a zeroed struct
 * of kube_types.h, which on failure may be half full and is freed as usual.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_KUBE_OBJECTS_H
#define TINLB_COMMON_API_WIRE_KUBE_OBJECTS_H

#include <jansson.h>

#include "common/api/core/kube_types.h"
#include "common/core/text.h"

int kube_decode_meta(const json_t *json, struct kube_meta *out_meta, struct text *out_error);

/* out_object: the struct of the kind. 0 or -EINVAL with a path and what is wrong there. */
int kube_decode_service(const json_t *json, void *out_object, struct text *out_error);
int kube_decode_config_map(const json_t *json, void *out_object, struct text *out_error);
int kube_decode_namespace(const json_t *json, void *out_object, struct text *out_error);
int kube_decode_node(const json_t *json, void *out_object, struct text *out_error);
int kube_decode_endpoint_slice(const json_t *json, void *out_object, struct text *out_error);
int kube_decode_endpoints(const json_t *json, void *out_object, struct text *out_error);
int kube_decode_pod(const json_t *json, void *out_object, struct text *out_error);
int kube_decode_lease(const json_t *json, void *out_object, struct text *out_error);

#endif
