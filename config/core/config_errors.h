/*
 * config_errors - everything that is wrong with a configuration, each with its place and a remedy
 *
 * Core: no sockets, no clock, no logging. Decoders note what is wrong with the
 * form and config_check() what is wrong with the values into one list, so that
 * a person sees all of it at once.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_ERRORS_H
#define TINLB_CONFIG_CORE_CONFIG_ERRORS_H

#include "common/core/text.h"

#define CONFIG_MAX_ERRORS 100

struct config_error {
	unsigned line; /* 0: the source has no lines */
	char *path;    /* address-pools[0].addresses[2] */
	char *text;    /* what is wrong, and what to write instead */
	char *object;  /* "IPAddressPool default"; NULL: the source is one document */
};

struct config_errors { /* all zero: none */
	struct config_error *at;
	size_t n, cap;
	size_t n_more; /* that were not kept */
};

struct config_place {
	const char *object;
	unsigned line;
	const char *path;
};

void config_error_at(struct config_errors *errors, const struct config_place *place,
		     const char *format, ...) PRINTF_LIKE(3, 4);
void config_error_add(struct config_errors *errors, unsigned line, const char *path,
		      const char *format, ...) PRINTF_LIKE(4, 5);
void config_errors_done(struct config_errors *errors);

/*
 * For a log line or a page: "line 7: address-pools[0].addresses[1]: ...; and 2 more" or
 * "IPAddressPool default: spec.addresses[1]: ...".
 */
void config_errors_format(const struct config_errors *errors, struct text *out_text);

#endif
