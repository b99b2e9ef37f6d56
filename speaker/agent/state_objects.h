/*
 * state_objects - what this speaker leaves in the API about itself
 *
 * Hallway: its ConfigurationState and its ServiceL2Status objects, all owned by
 * the speaker's pod.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_STATE_OBJECTS_H
#define TINLB_SPEAKER_AGENT_STATE_OBJECTS_H

#include "config/config_source.h"
#include "speaker/agent/core/plan.h"

struct state_objects;

struct state_objects_config { /* must outlive them */
	const char *namespace, *node;
	const char *pod; /* name of ours; NULL or "": not known */
	const struct plan *plan;
	struct kube_group *group; /* CONFIG_SOURCE_GROUP */
};

struct state_objects *state_objects_new(struct kube_client *client,
					const struct state_objects_config *config) MUST_CHECK;
void state_objects_free(struct state_objects *s); /* NULL is fine */

void state_objects_on_config(struct state_objects *s, const struct config_source_state *state);
void state_objects_on_table(struct state_objects *s); /* the announcer has a whole one */
void state_objects_on_service(struct state_objects *s, const char *key); /* may be announced, or no more */
size_t state_objects_n_waiting(const struct state_objects *s); /* writes of ServiceL2Status */

#endif
