/*
 * crd_status - the status objects of MetalLB's custom resources, as JSON
 *
 * Wire: jansson to read, json_text to write; no state. What is read is only
 * what is needed to see whether something must be written: each object has a
 * `mark`, a text that is equal when the status says the same.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_WIRE_CRD_STATUS_H
#define TINLB_CONFIG_WIRE_CRD_STATUS_H

#include "common/core/text.h"

#define CRD_STATUS_VERSION "metallb.io/v1beta1"

/* The pod that owns a status object; uid NULL: nobody does. */
struct crd_owner {
	const char *pod, *uid;
};

/* ---- IPAddressPool.status ---- */

struct crd_pool_counts {
	int64_t assigned_v4, assigned_v6, available_v4, available_v6;
};

/* False: it has no whole status. */
bool crd_pool_counts_read(const char *json, struct crd_pool_counts *out_counts) MUST_CHECK;
void crd_pool_counts_write(const struct crd_pool_counts *counts, struct text *out_patch);

/* ---- ConfigurationState ---- */

struct crd_state {
	const char *namespace, *name;
	const char *component, *node; /* labels; node NULL: none */
	const char *condition;        /* type of the one condition */
	const char *errors;           /* NULL: valid */
	int64_t since_us;             /* of this state */
	struct crd_owner owner;
};

/* The caller frees; NULL: not readable. Without the owner and the time. */
char *crd_state_mark_of(const char *json) MUST_CHECK;
char *crd_state_mark(const struct crd_state *state) MUST_CHECK;
bool crd_is_owned(const char *json, const struct crd_owner *owner) MUST_CHECK;
void crd_state_object(const struct crd_state *state, struct text *out_json);
void crd_state_status(const struct crd_state *state, struct text *out_json);

/* ---- ServiceL2Status ---- */

struct crd_l2 {
	const char *namespace, *name;
	const char *node, *service; /* service: namespace/name */
	const char *interfaces;     /* by commas; "": nothing limits them */
	struct crd_owner owner;
};

struct crd_l2_seen { /* texts are owned */
	char *node, *service; /* from the labels, NULL: none of ours */
	char *interfaces;     /* as above; NULL: there is no status yet */
};

int crd_l2_read(const char *json, struct crd_l2_seen *out_seen) MUST_CHECK; /* 0 or -EINVAL */
void crd_l2_seen_done(struct crd_l2_seen *seen);
void crd_l2_object(const struct crd_l2 *l2, struct text *out_json);
void crd_l2_status(const struct crd_l2 *l2, struct text *out_json);

#endif
