/*
 * kube_encode - the few objects that TinLB writes, as JSON
 *
 * Wire: jansson where an object of the server is changed, json_text elsewhere.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_KUBE_ENCODE_H
#define TINLB_COMMON_API_WIRE_KUBE_ENCODE_H

#include "common/api/core/kube_types.h"
#include "common/core/text.h"

struct kube_note { /* an Event of core/v1 */
	const char *kind, *api_version; /* of the object it is about: Service, v1 */
	const char *namespace, *name, *uid;
	const char *reason, *message, *type; /* type: Normal or Warning */
	const char *component, *host;        /* host may be NULL */
	int64_t now_us;
	uint64_t unique; /* makes the Event's own name */
};

void kube_encode_event(const struct kube_note *note, struct text *out_json);

/*
 * A service's JSON with other load balancer addresses and with annotations set
 * (value NULL: removed). Everything else stays as the server sent it, less
 * managedFields. 0; -EINVAL: raw is no service.
 */
struct kube_status_change {
	const char *const *ip;
	size_t n_ip;
	const struct kube_label *annotation;
	size_t n_annotation;
};

int kube_encode_service_status(const char *raw, const struct kube_status_change *change,
			       struct text *out_json) MUST_CHECK;

void kube_encode_lease(const struct kube_lease *lease, struct text *out_json);

#endif
