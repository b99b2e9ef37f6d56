/*
 * config_source - the configuration in force, from a ConfigMap
 *
 * Hallway: wires a feed of one ConfigMap and config_yaml. A document that
 * cannot be read, and a ConfigMap that went away, never replace a good
 * configuration: it stays in force and is stale.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CONFIG_SOURCE_H
#define TINLB_SPEAKER_AGENT_CONFIG_SOURCE_H

#include "common/api/kube_feed.h"
#include "config/core/config.h"

struct config_source;

struct config_source_user {
	void (*on_config)(void *ctx, const struct config *config); /* lives until the next call */
	void (*on_update)(void *ctx, bool failed);                 /* for the metrics */
	void (*on_trouble)(void *ctx, enum kube_trouble trouble, const char *text);
	void *ctx;
};

/* Namespace and name are copied. */
struct config_source *config_source_new(struct kube_client *client, const char *namespace,
					const char *name, const struct config_source_user *user)
	MUST_CHECK;
void config_source_free(struct config_source *s); /* frees the config, too; NULL is fine */

struct config_source_state {
	const char *source, *error; /* error: NULL when there is none */
	bool loaded, stale;
	unsigned line; /* at fault, 0: none */
};

struct config_source_state config_source_state(const struct config_source *s);

#endif
