/* kube_encode - see kube_encode.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kube_encode.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_time.h"
#include "common/core/json_text.h"

static void add_about(struct text *t, const struct kube_note *note)
{
	json_text_open(t, "involvedObject", '{');
	json_text_string(t, "apiVersion", note->api_version);
	json_text_string(t, "kind", note->kind);
	json_text_string(t, "name", note->name);
	if (note->namespace)
		json_text_string(t, "namespace", note->namespace);
	if (note->uid)
		json_text_string(t, "uid", note->uid);
	json_text_close(t, '}');
}

void kube_encode_event(const struct kube_note *note, struct text *out_json)
{
	char name[300], time[KUBE_TIME_MAX];

	/* As client-go names them, so that tools which sort by name see them together. */
	snprintf(name, sizeof(name), "%.230s.%016" PRIx64, note->name, note->unique);
	kube_time_format(note->now_us, time);
	json_text_open(out_json, NULL, '{');
	json_text_string(out_json, "apiVersion", "v1");
	json_text_string(out_json, "kind", "Event");
	json_text_open(out_json, "metadata", '{');
	json_text_string(out_json, "name", name);
	json_text_string(out_json, "namespace", note->namespace ? note->namespace : "default");
	json_text_close(out_json, '}');
	add_about(out_json, note);
	json_text_string(out_json, "reason", note->reason);
	json_text_string(out_json, "message", note->message);
	json_text_open(out_json, "source", '{');
	json_text_string(out_json, "component", note->component);
	if (note->host)
		json_text_string(out_json, "host", note->host);
	json_text_close(out_json, '}');
	json_text_string(out_json, "firstTimestamp", time);
	json_text_string(out_json, "lastTimestamp", time);
	json_text_number(out_json, "count", 1);
	json_text_string(out_json, "type", note->type);
	json_text_string(out_json, "reportingComponent", note->component);
	json_text_string(out_json, "reportingInstance", note->host ? note->host : "");
	json_text_close(out_json, '}');
}

static void set_annotations(json_t *meta, const struct kube_status_change *change)
{
	json_t *annotations = json_object_get(meta, "annotations");

	for (size_t i = 0; i < change->n_annotation; i++) {
		const struct kube_label *a = &change->annotation[i];

		if (!json_is_object(annotations)) {
			annotations = json_object();
			json_object_set_new(meta, "annotations", annotations);
		}
		if (a->value)
			json_object_set_new(annotations, a->key, json_string(a->value));
		else
			json_object_del(annotations, a->key);
	}
}

static json_t *load_balancer_of(const struct kube_status_change *change)
{
	json_t *load_balancer = json_object(), *ingress;

	if (change->n_ip == 0)
		return load_balancer;
	ingress = json_array();
	for (size_t i = 0; i < change->n_ip; i++) {
		json_t *point = json_object();

		json_object_set_new(point, "ip", json_string(change->ip[i]));
		json_array_append_new(ingress, point);
	}
	json_object_set_new(load_balancer, "ingress", ingress);
	return load_balancer;
}

int kube_encode_service_status(const char *raw, const struct kube_status_change *change,
			       struct text *out_json)
{
	json_t *service = json_loads(raw, JSON_ALLOW_NUL, NULL);
	json_t *meta = json_object_get(service, "metadata");
	json_t *status = json_object_get(service, "status");
	char *dumped;

	if (!json_is_object(meta)) {
		json_decref(service);
		return -EINVAL;
	}
	/* The items of a LIST do not say what they are. */
	json_object_set_new(service, "apiVersion", json_string("v1"));
	json_object_set_new(service, "kind", json_string("Service"));
	json_object_del(meta, "managedFields");
	set_annotations(meta, change);
	if (!json_is_object(status)) {
		status = json_object();
		json_object_set_new(service, "status", status);
	}
	json_object_set_new(status, "loadBalancer", load_balancer_of(change));
	dumped = json_dumps(service, JSON_COMPACT);
	json_decref(service);
	CHECK(dumped != NULL);
	text_add(out_json, dumped);
	free(dumped);
	return 0;
}

static void add_time(struct text *t, const char *key, int64_t us)
{
	char time[KUBE_TIME_MAX];

	if (us > 0)
		json_text_string(t, key, kube_time_format_micro(us, time));
}

void kube_encode_lease(const struct kube_lease *lease, struct text *out_json)
{
	json_text_open(out_json, NULL, '{');
	json_text_string(out_json, "apiVersion", "coordination.k8s.io/v1");
	json_text_string(out_json, "kind", "Lease");
	json_text_open(out_json, "metadata", '{');
	json_text_string(out_json, "name", lease->meta.name);
	json_text_string(out_json, "namespace", lease->meta.namespace);
	if (lease->meta.resource_version)
		json_text_string(out_json, "resourceVersion", lease->meta.resource_version);
	json_text_close(out_json, '}');
	json_text_open(out_json, "spec", '{');
	json_text_string(out_json, "holderIdentity", lease->holder ? lease->holder : "");
	json_text_number(out_json, "leaseDurationSeconds", lease->duration_s);
	json_text_number(out_json, "leaseTransitions", lease->transitions);
	add_time(out_json, "acquireTime", lease->acquire_us);
	add_time(out_json, "renewTime", lease->renew_us);
	json_text_close(out_json, '}');
	json_text_close(out_json, '}');
}
