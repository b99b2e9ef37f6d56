/*
 * arguments - the command line of tinlb: a command, what it is about, options
 *
 * Core: no sockets, no clock, no logging. Options may stand anywhere, in the
 * syntax of flags.h, and behind `--` nothing is one. --speaker and
 * --controller may be repeated; -n and -o are kubectl's.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_ARGUMENTS_H
#define TINLB_CLI_CORE_ARGUMENTS_H

#include "cli/core/view.h"
#include "common/core/flags.h"

#define ARGUMENTS_N_OPTIONS 11
#define ARGUMENTS_ANY SIZE_MAX /* as many operands as there are */

struct arguments {
	const char *command; /* NULL: none */
	struct view_words operand;
	struct view_words direct[VIEW_N_COMPONENTS];
	struct flags_option option[ARGUMENTS_N_OPTIONS];
};

/* argv without the program's name. 0, -EINVAL with a sentence, -ENOENT: help was asked for. */
int arguments_parse(struct arguments *out_arguments, char *const *argv, flags_lookup_fn *lookup,
		    struct text *out_error) MUST_CHECK;
void arguments_done(struct arguments *arguments);

const char *arguments_text(const struct arguments *arguments, const char *name); /* or NULL */
bool arguments_is_on(const struct arguments *arguments, const char *name);
void arguments_usage(struct text *out_text); /* a line for each option */
void arguments_names(struct text *out_text); /* --kubeconfig --context ... */

#endif
