/*
 * config_check - from what a document says to the model, or to all its errors
 *
 * Core: no sockets, no clock, no logging. Decoders fill a draft and note errors
 * of form (unknown keys, wrong types) into the same list, so that a person sees
 * everything that is wrong at once, each with line, path and remedy.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_CHECK_H
#define TINLB_CONFIG_CORE_CONFIG_CHECK_H

#include "common/core/text.h"
#include "config/core/config.h"

#define CONFIG_MAX_ERRORS 100
#define CONFIG_MAX_POOLS 10000
#define CONFIG_MAX_RANGES 100000 /* of all pools */

struct config_error {
	unsigned line; /* 0: the source has no lines */
	char *path;    /* address-pools[0].addresses[2] */
	char *text;    /* what is wrong, and what to write instead */
};

struct config_errors { /* all zero: none */
	struct config_error *at;
	size_t n, cap;
	size_t n_more; /* that were not kept */
};

void config_error_add(struct config_errors *errors, unsigned line, const char *path,
		      const char *format, ...) PRINTF_LIKE(4, 5);
void config_errors_done(struct config_errors *errors);
/* "line 7: address-pools[0].addresses[1]: ...; and 2 more: ..." for a log line or a page. */
void config_errors_format(const struct config_errors *errors, struct text *out_text);

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
};

struct config_draft {
	struct config_draft_pool *pool;
	size_t n_pool;
	bool needs_protocol; /* the ConfigMap's format has the key, custom resources have not */
};

void config_draft_done(struct config_draft *draft);

/* NULL when there are errors, from before or found here. */
struct config *config_check(const struct config_draft *draft, struct config_errors *inout_errors)
	MUST_CHECK;

/* 16 hex digits over the document's bytes: to see whether two daemons read the same. */
void config_set_hash(struct config *config, const char *bytes, size_t n);

#endif
