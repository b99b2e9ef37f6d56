/* crd_status - see crd_status.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/wire/crd_status.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/json_read.h"
#include "common/api/wire/kube_time.h"
#include "common/core/json_text.h"

#define MARK_MAX_BYTES 65536
#define NAMES_MAX_BYTES 4096
#define LABEL_NODE "metallb.io/node"
#define LABEL_NAME "metallb.io/service-name"
#define LABEL_NAMESPACE "metallb.io/service-namespace"

static const char *text_at(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

/* ---- IPAddressPool ---- */

bool crd_pool_counts_read(const char *json, struct crd_pool_counts *out_counts)
{
	json_t *root = json_read(json, strlen(json), NULL);
	const json_t *status = json_object_get(root, "status");
	const json_t *a4 = json_object_get(status, "assignedIPv4");
	const json_t *a6 = json_object_get(status, "assignedIPv6");
	const json_t *v4 = json_object_get(status, "availableIPv4");
	const json_t *v6 = json_object_get(status, "availableIPv6");
	bool whole = json_is_integer(a4) && json_is_integer(a6) && json_is_integer(v4) &&
		     json_is_integer(v6);

	if (whole)
		*out_counts = (struct crd_pool_counts){ json_integer_value(a4), json_integer_value(a6),
							json_integer_value(v4),
							json_integer_value(v6) };
	json_decref(root);
	return whole;
}

void crd_pool_counts_write(const struct crd_pool_counts *counts, struct text *out_patch)
{
	json_text_open(out_patch, NULL, '{');
	json_text_open(out_patch, "status", '{');
	json_text_number(out_patch, "assignedIPv4", counts->assigned_v4);
	json_text_number(out_patch, "assignedIPv6", counts->assigned_v6);
	json_text_number(out_patch, "availableIPv4", counts->available_v4);
	json_text_number(out_patch, "availableIPv6", counts->available_v6);
	json_text_close(out_patch, '}');
	json_text_close(out_patch, '}');
}

/* ---- what the others share ---- */

static void open_object(struct text *t, const char *kind, const char *namespace, const char *name)
{
	json_text_open(t, NULL, '{');
	json_text_string(t, "apiVersion", CRD_STATUS_VERSION);
	json_text_string(t, "kind", kind);
	json_text_open(t, "metadata", '{');
	json_text_string(t, "namespace", namespace);
	json_text_string(t, "name", name);
}

static void add_owner(struct text *t, const struct crd_owner *owner)
{
	if (!owner->uid)
		return;
	json_text_open(t, "ownerReferences", '[');
	json_text_open(t, NULL, '{');
	json_text_string(t, "apiVersion", "v1");
	json_text_string(t, "kind", "Pod");
	json_text_string(t, "name", owner->pod);
	json_text_string(t, "uid", owner->uid);
	json_text_close(t, '}');
	json_text_close(t, ']');
}

static void close_object(struct text *t)
{
	json_text_close(t, '}');
	json_text_close(t, '}');
}

bool crd_is_owned(const char *json, const struct crd_owner *owner)
{
	json_t *root = json_read(json, strlen(json), NULL);
	const json_t *list = json_object_get(json_object_get(root, "metadata"), "ownerReferences");
	const json_t *entry;
	bool found = owner->uid == NULL;
	size_t i;

	json_array_foreach (list, i, entry)
		found |= str_equal(text_at(entry, "uid"), owner->uid);
	json_decref(root);
	return found;
}

/* ---- ConfigurationState ---- */

static const char *result_of(const struct crd_state *state)
{
	return state->errors ? "Invalid" : "Valid";
}

static const char *truth_of(const struct crd_state *state)
{
	return state->errors ? "False" : "True";
}

static char *mark_of(const char *result, const char *summary, const char *type, const char *truth)
{
	struct text t;

	text_init(&t, MARK_MAX_BYTES);
	text_addf(&t, "%s\n%s\n%s\n%s", result ? result : "", summary ? summary : "",
		  type ? type : "", truth ? truth : "");
	return text_take(&t);
}

char *crd_state_mark_of(const char *json)
{
	json_t *root = json_read(json, strlen(json), NULL);
	const json_t *status = json_object_get(root, "status");
	const json_t *condition = json_array_get(json_object_get(status, "conditions"), 0);
	char *mark = root ? mark_of(text_at(status, "result"), text_at(status, "errorSummary"),
				    text_at(condition, "type"), text_at(condition, "status")) :
			    NULL;

	json_decref(root);
	return mark;
}

char *crd_state_mark(const struct crd_state *state)
{
	return mark_of(result_of(state), state->errors, state->condition, truth_of(state));
}

void crd_state_object(const struct crd_state *state, struct text *out_json)
{
	open_object(out_json, "ConfigurationState", state->namespace, state->name);
	json_text_open(out_json, "labels", '{');
	json_text_string(out_json, "metallb.io/component-type", state->component);
	if (state->node)
		json_text_string(out_json, "metallb.io/node-name", state->node);
	json_text_close(out_json, '}');
	add_owner(out_json, &state->owner);
	close_object(out_json);
}

void crd_state_status(const struct crd_state *state, struct text *out_json)
{
	char time[KUBE_TIME_MAX];

	open_object(out_json, "ConfigurationState", state->namespace, state->name);
	json_text_close(out_json, '}');
	json_text_open(out_json, "status", '{');
	json_text_string(out_json, "result", result_of(state));
	json_text_string(out_json, "errorSummary", state->errors ? state->errors : "");
	json_text_open(out_json, "conditions", '[');
	json_text_open(out_json, NULL, '{');
	json_text_string(out_json, "type", state->condition);
	json_text_string(out_json, "status", truth_of(state));
	json_text_string(out_json, "reason", state->errors ? "ConfigurationError" : "Reconciled");
	json_text_string(out_json, "message", state->errors ? state->errors : "");
	json_text_string(out_json, "lastTransitionTime", kube_time_format(state->since_us, time));
	json_text_close(out_json, '}');
	json_text_close(out_json, ']');
	close_object(out_json);
}

/* ---- ServiceL2Status ---- */

static char *names_of(const json_t *list)
{
	const json_t *entry;
	struct text t;
	size_t i;

	text_init(&t, NAMES_MAX_BYTES);
	json_array_foreach (list, i, entry) {
		const char *name = text_at(entry, "name");

		text_addf(&t, "%s%s", t.n > 0 ? "," : "", name ? name : "");
	}
	return text_take(&t);
}

int crd_l2_read(const char *json, struct crd_l2_seen *out_seen)
{
	json_t *root = json_read(json, strlen(json), NULL);
	const json_t *labels = json_object_get(json_object_get(root, "metadata"), "labels");
	const json_t *status = json_object_get(root, "status");
	const char *name = text_at(labels, LABEL_NAME), *namespace = text_at(labels, LABEL_NAMESPACE);
	struct text t;

	if (!root)
		return -EINVAL;
	*out_seen = (struct crd_l2_seen){ .node = mem_strdup(text_at(labels, LABEL_NODE)) };
	if (name && namespace) {
		text_init(&t, NAMES_MAX_BYTES);
		text_addf(&t, "%s/%s", namespace, name);
		out_seen->service = text_take(&t);
	}
	if (text_at(status, "node"))
		out_seen->interfaces = names_of(json_object_get(status, "interfaces"));
	json_decref(root);
	return 0;
}

void crd_l2_seen_done(struct crd_l2_seen *seen)
{
	free(seen->node);
	free(seen->service);
	free(seen->interfaces);
	*seen = (struct crd_l2_seen){ 0 };
}

/* Takes "namespace/name" apart. */
static void add_service(struct text *t, const char *service, const char *namespace_key,
			const char *name_key)
{
	const char *slash = strchr(service, '/');
	char *namespace = mem_strndup(service, slash ? (size_t)(slash - service) : 0);

	json_text_string(t, name_key, slash ? slash + 1 : service);
	json_text_string(t, namespace_key, namespace);
	free(namespace);
}

void crd_l2_object(const struct crd_l2 *l2, struct text *out_json)
{
	open_object(out_json, "ServiceL2Status", l2->namespace, l2->name);
	json_text_open(out_json, "labels", '{');
	json_text_string(out_json, LABEL_NODE, l2->node);
	add_service(out_json, l2->service, LABEL_NAMESPACE, LABEL_NAME);
	json_text_close(out_json, '}');
	add_owner(out_json, &l2->owner);
	close_object(out_json);
}

void crd_l2_status(const struct crd_l2 *l2, struct text *out_json)
{
	open_object(out_json, "ServiceL2Status", l2->namespace, l2->name);
	json_text_close(out_json, '}');
	json_text_open(out_json, "status", '{');
	json_text_string(out_json, "node", l2->node);
	add_service(out_json, l2->service, "serviceNamespace", "serviceName");
	json_text_open(out_json, "interfaces", '[');
	for (const char *at = l2->interfaces; *at;) {
		size_t n = strcspn(at, ",");
		char *name = mem_strndup(at, n);

		json_text_open(out_json, NULL, '{');
		json_text_string(out_json, "name", name);
		json_text_close(out_json, '}');
		free(name);
		at += n + (at[n] == ',');
	}
	json_text_close(out_json, ']');
	close_object(out_json);
}
