/*
 * config_check - from what a document says to the model, or to all its errors
 *
 * Core: no sockets, no clock, no logging. Decoders fill a draft and note errors
 * of form (unknown keys, wrong types) into the same list.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_CHECK_H
#define TINLB_CONFIG_CORE_CONFIG_CHECK_H

#include "config/core/config.h"
#include "config/core/config_errors.h"

#define CONFIG_MAX_POOLS 10000
#define CONFIG_MAX_RANGES 100000 /* of all pools */
#define CONFIG_MAX_ADVERTS 10000
#define CONFIG_MAX_INTERFACES 16 /* of one advertisement; of several for one address, the first */
#define CONFIG_INTERFACE_MAX_BYTES 15
#define CONFIG_MAX_LINKS 4000000 /* pairs of a pool and an advertisement that is for it */

/* Texts are owned by the draft. A line of 0 and no text mean that it was not given. */
struct config_draft_text {
	char *text;
	unsigned line;
};

struct config_draft_pool {
	struct config_draft_text name, protocol;
	struct config_draft_text *address;
	size_t n_address;
	bool no_auto_assign, avoid_buggy;
	unsigned line;
	char *object; /* as in an error; NULL: an entry of a document */
	struct config_scope scope;
	struct kube_labels labels;
};

struct config_draft {
	struct config_draft_pool *pool;
	size_t n_pool;
	struct config_advert *advert;
	size_t n_advert;
	bool needs_protocol; /* the ConfigMap's format has the key, custom resources have not */
};

void config_draft_done(struct config_draft *draft);

/* The order that objects have, which stand in none: by priority, then by name. */
void config_draft_order(struct config_draft *draft);

/*
 * NULL when there are errors, from before or found here. The config takes
 * scopes, labels and advertisements out of the draft, which is to be done with.
 */
struct config *config_check(struct config_draft *draft, struct config_errors *inout_errors)
	MUST_CHECK;

/* 16 hex digits over the document's bytes: to see whether two daemons read the same. */
void config_set_hash(struct config *config, const char *bytes, size_t n);

#endif
