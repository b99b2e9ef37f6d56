/* pods_read - see pods_read.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/pods_read.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"

static const char *label(const json_t *pod, const char *key)
{
	const json_t *labels = json_object_get(json_object_get(pod, "metadata"), "labels");

	return json_string_value(json_object_get(labels, key));
}

/* False: none of ours. */
static bool component_of(const json_t *pod, enum view_component *out)
{
	const char *word = label(pod, "component");

	if (!word)
		word = label(pod, "app.kubernetes.io/component");
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++) {
		if (str_equal(word, view_component_word(i))) {
			*out = i;
			return true;
		}
	}
	return false;
}

static int port_in(const char *text)
{
	char *end;
	long port = text ? strtol(text, &end, 10) : 0;

	return text && end != text && !*end && port > 0 && port < 65536 ? (int)port : 0;
}

/* The option --port of a list of arguments, or 0. */
static int port_of_arguments(const json_t *list)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *word = json_string_value(entry);

		if (!word || *word != '-')
			continue;
		word += 1 + (word[1] == '-');
		if (strncmp(word, "port=", 5) == 0)
			return port_in(word + 5);
		if (strcmp(word, "port") == 0)
			return port_in(json_string_value(json_array_get(list, i + 1)));
	}
	return 0;
}

static int port_of_list(const json_t *ports)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (ports, i, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));
		json_int_t port = json_integer_value(json_object_get(entry, "containerPort"));

		if (name && (strcmp(name, "monitoring") == 0 || strcmp(name, "metrics") == 0) &&
		    port > 0 && port < 65536)
			return (int)port;
	}
	return 0;
}

static int port_of(const json_t *pod)
{
	const json_t *list = json_object_get(json_object_get(pod, "spec"), "containers"), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		int port = port_of_arguments(json_object_get(entry, "args"));

		if (port == 0)
			port = port_of_arguments(json_object_get(entry, "command"));
		if (port == 0)
			port = port_of_list(json_object_get(entry, "ports"));
		if (port > 0)
			return port;
	}
	return PODS_READ_PORT;
}

/* Why a container waits or has ended, or NULL. */
static const char *container_trouble(const json_t *status)
{
	static const char *const states[] = { "waiting", "terminated" };
	const json_t *list = json_object_get(status, "containerStatuses"), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		for (size_t k = 0; k < ARRAY_LEN(states); k++) {
			const json_t *state = json_object_get(json_object_get(entry, "state"), states[k]);
			const char *reason = json_string_value(json_object_get(state, "reason"));

			if (state)
				return reason ? reason : states[k];
		}
	}
	return NULL;
}

static const char *trouble_of(const json_t *pod)
{
	const json_t *status = json_object_get(pod, "status");
	const char *phase = json_string_value(json_object_get(status, "phase"));
	const char *why = container_trouble(status);

	if (why || !phase || strcmp(phase, "Running") == 0)
		return why;
	return phase;
}

static void take_pod(const json_t *pod, struct view *view)
{
	const json_t *meta = json_object_get(pod, "metadata");
	const char *name = json_string_value(json_object_get(meta, "name"));
	enum view_component component;
	struct view_daemon *daemon;

	if (!name || !component_of(pod, &component) || json_object_get(meta, "deletionTimestamp"))
		return;
	daemon = view_add_daemon(view, component);
	daemon->name = mem_strdup(name);
	daemon->node = mem_strdup(
		json_string_value(json_object_get(json_object_get(pod, "spec"), "nodeName")));
	daemon->pod_trouble = mem_strdup(trouble_of(pod));
	daemon->port = port_of(pod);
}

int pods_read(const char *bytes, size_t n, struct view *inout_view, struct text *out_error)
{
	struct kube_page page;
	const json_t *item;
	size_t i;
	int rc = kube_decode_page(bytes, n, &page, out_error);

	if (rc != 0)
		return rc;
	json_array_foreach (page.items, i, item)
		take_pod(item, inout_view);
	kube_page_done(&page);
	return 0;
}
