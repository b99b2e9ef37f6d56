/*
 * config_state - the object that says whether this component could read its configuration
 *
 * Hallway: wires what config_source says to a ConfigurationState. It is written
 * when it says something else than what is stored, and once more when somebody
 * deletes it; where the API does not have the kind, not at all.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CONFIG_STATE_H
#define TINLB_CONFIG_CONFIG_STATE_H

#include "common/api/kube_self.h"
#include "config/config_source.h"

struct config_state_config { /* texts are copied */
	struct kube_group *group; /* CONFIG_SOURCE_GROUP */
	const char *namespace, *name;
	const char *component, *node;    /* controller or speaker; node NULL: none */
	const char *condition, *manager; /* MetalLB's words for them */
};

struct config_state;

struct config_state *config_state_new(struct kube_client *client, const struct kube_self *self,
				      const struct config_state_config *config) MUST_CHECK;
void config_state_free(struct config_state *s); /* NULL is fine */

void config_state_on_self(struct config_state *s); /* it is known which pod this is, or that it is not */

/* It is so now; also when nothing changed but whether this process may write. */
void config_state_set(struct config_state *s, const struct config_source_state *state, bool may_write);

#endif
