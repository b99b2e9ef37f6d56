/*
 * config_source - the configuration as the API has it now, whatever its form
 *
 * Hallway: wires feeds of the ConfigMap, of IPAddressPool and L2Advertisement
 * to the decoders, and says in the log what came of it. What cannot be read,
 * and a ConfigMap that went away, never replace a good configuration: it stays
 * in force and is stale.
 *
 * Changes that come together are read together. From a ConfigMap to custom
 * resources it changes over when these have been quiet for two seconds (ten at
 * most), for they are applied one by one. Kinds that the API does not have yet
 * are waited for; that is no error.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CONFIG_SOURCE_H
#define TINLB_CONFIG_CONFIG_SOURCE_H

#include "common/api/kube_feed.h"
#include "config/core/config.h"

struct config_source;

struct config_source_user {
	void (*on_config)(void *ctx, struct config *config); /* in force now; the user's from here on */
	void (*on_update)(void *ctx, bool failed);           /* something was read anew */
	void (*on_settled)(void *ctx); /* all that counts was read; also when there is none */
	/* Both sources are there; once each time that begins. May be NULL. */
	void (*on_doubled)(void *ctx);
	void (*on_trouble)(void *ctx, const char *what, enum kube_trouble trouble, const char *text);
	/* An IPAddressPool as stored, its status too; json NULL: it is gone. May be NULL. */
	void (*on_pool)(void *ctx, const char *name, const char *json);
	void *ctx;
};

/* Of the custom resources; of the status objects as well. */
#define CONFIG_SOURCE_GROUP "/apis/metallb.io/v1beta1"

/* group: CONFIG_SOURCE_GROUP. Namespace and name are copied. */
struct config_source *config_source_new(struct kube_client *client, struct kube_group *group,
					const char *namespace, const char *name,
					const struct config_source_user *user) MUST_CHECK;
void config_source_free(struct config_source *s); /* NULL is fine */

/* Read everything anew, as the server stores it now; on_settled follows. */
void config_source_relist(struct config_source *s);

struct config_source_state {
	const char *source, *error; /* error: NULL when there is none */
	const char *doubled;        /* a sentence while both sources are there, else NULL */
	const char *hash;           /* of what is in force, or NULL */
	bool loaded, stale;         /* stale: the last one that was written is not in force */
	bool settled;               /* it is known what there is, or that there is none */
	bool from_objects;
	unsigned line; /* at fault, 0: none */
};

/* NULL: not begun, all zero. */
struct config_source_state config_source_state(const struct config_source *s);
const char *config_source_map_uid(const struct config_source *s); /* of the ConfigMap, or NULL */

#endif
