/*
 * kube_decode - Kubernetes objects out of JSON
 *
 * Wire: jansson, no state. An object of the wrong shape is an error that names
 * the place as a path (spec.ports[3].port); fields that TinLB does not use are
 * not looked at. Every function with out_error needs an initialised text.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_KUBE_DECODE_H
#define TINLB_COMMON_API_WIRE_KUBE_DECODE_H

#include <jansson.h>

#include "common/api/core/kube_types.h"
#include "common/core/text.h"

enum kube_kind {
	KUBE_SERVICE,
	KUBE_CONFIG_MAP,
	KUBE_NAMESPACE,
	KUBE_NODE,
	KUBE_ENDPOINT_SLICE,
	KUBE_ENDPOINTS,
	KUBE_POD,
	KUBE_LEASE,
	KUBE_RAW, /* the JSON text itself, for kinds that another room decodes */
	KUBE_N_KINDS
};

/* KUBE_RAW: the object with the metadata that a feed needs. */
struct kube_raw {
	struct kube_meta meta;
	char *json;
};

/* The object as its struct of kube_types.h, to be freed with kube_object_free(). 0 or -EINVAL. */
int kube_decode(enum kube_kind kind, const json_t *json, void **out_object,
		struct text *out_error) MUST_CHECK;
int kube_decode_bytes(enum kube_kind kind, const char *bytes, size_t n, void **out_object,
		      struct text *out_error) MUST_CHECK;
void kube_object_free(enum kube_kind kind, void *object); /* NULL is fine */

/* "namespace/name", or "name" where there is no namespace. The caller frees. */
char *kube_key(const struct kube_meta *meta) MUST_CHECK;
const struct kube_meta *kube_object_meta(enum kube_kind kind, const void *object);

/* One page of a LIST. The caller frees with kube_page_done(). */
struct kube_page {
	json_t *root;
	const char *version, *next; /* next: continue token or NULL */
	const json_t *items;        /* an array, or NULL for none */
};

int kube_decode_page(const char *bytes, size_t n, struct kube_page *out_page,
		     struct text *out_error) MUST_CHECK;
void kube_page_done(struct kube_page *page);

/* Does this discovery document of a group's version name the kind? 0, or -EINVAL: it is none. */
int kube_decode_group(const char *bytes, size_t n, const char *plural, bool *out_has) MUST_CHECK;

/* One line of a WATCH. */
enum kube_event_type { KUBE_ADDED_OR_CHANGED, KUBE_DELETED, KUBE_BOOKMARK, KUBE_STREAM_ERROR };

struct kube_event {
	enum kube_event_type type;
	json_t *root;
	const json_t *object; /* for KUBE_STREAM_ERROR a Status */
	const char *version;  /* of the object, or NULL */
	int64_t code;         /* KUBE_STREAM_ERROR only */
};

int kube_decode_event(const char *bytes, size_t n, struct kube_event *out_event,
		      struct text *out_error) MUST_CHECK;
void kube_event_done(struct kube_event *event);

/* The message of a Status answer, or a sentence with the HTTP status when it is none. */
void kube_decode_failure(const char *bytes, size_t n, long http_status, struct text *out_message);

#endif
