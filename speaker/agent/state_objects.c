/* state_objects - see state_objects.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/state_objects.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/api/kube_self.h"
#include "config/config_state.h"
#include "speaker/agent/l2_status.h"

struct state_objects {
	struct kube_self *self;
	struct config_state *config;
	struct l2_status *l2;
};

static void on_self_known(void *ctx)
{
	struct state_objects *s = ctx;

	config_state_on_self(s->config);
	l2_status_on_self(s->l2);
}

struct state_objects *state_objects_new(struct kube_client *client,
					const struct state_objects_config *config)
{
	struct state_objects *s = mem_new(1, sizeof(*s));
	char name[TABLE_NODE_NAME_MAX + sizeof("speaker-")];
	const struct config_state_config state = {
		.group = config->group,
		.namespace = config->namespace, .name = name, .component = "speaker",
		.node = config->node, .condition = "configReconcilerValid",
		.manager = "configReconciler",
	};
	struct l2_status_config l2 = { .namespace = config->namespace, .node = config->node,
				       .plan = config->plan, .group = config->group };

	snprintf(name, sizeof(name), "speaker-%s", config->node);
	s->self = kube_self_new(client, config->namespace, config->pod, on_self_known, s);
	s->config = config_state_new(client, s->self, &state);
	l2.self = s->self;
	s->l2 = l2_status_new(client, &l2);
	return s;
}

void state_objects_free(struct state_objects *s)
{
	if (!s)
		return;
	l2_status_free(s->l2);
	config_state_free(s->config);
	kube_self_free(s->self);
	free(s);
}

void state_objects_on_config(struct state_objects *s, const struct config_source_state *state)
{
	config_state_set(s->config, state, true);
}

void state_objects_on_table(struct state_objects *s)
{
	l2_status_arm(s->l2);
}

void state_objects_on_service(struct state_objects *s, const char *key)
{
	l2_status_touch(s->l2, key);
}

size_t state_objects_n_waiting(const struct state_objects *s)
{
	return l2_status_n_waiting(s->l2);
}
