/*
 * arguments - the command line of tinlb: a command, what it is about, options
 *
 * Core: no sockets, no clock, no logging. Options may stand anywhere, in the
 * syntax of flags.h, and behind `--` nothing is one. --speaker and
 * --controller may be repeated; -o is kubectl's, and -n is refused: there it is
 * the namespace of what is asked about.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_ARGUMENTS_H
#define TINLB_CLI_CORE_ARGUMENTS_H

#include "cli/core/view.h"
#include "common/core/flags.h"

#define ARGUMENTS_N_OPTIONS 11
#define ARGUMENTS_ANY SIZE_MAX /* as many operands as there are */
#define ARGUMENTS_N_OWN 2

extern const char *const arguments_own[ARGUMENTS_N_OWN]; /* options that are not for every command */

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
/*
 * A line for each option; own: without those that are for other commands only,
 * NULL: all. Offline: without those that say whom to ask.
 */
void arguments_usage(const char *own, bool offline, struct text *out_text);
void arguments_names(struct text *out_text); /* --kubeconfig --context ... */

#endif
