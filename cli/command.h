/*
 * command - what a sub-command of tinlb is, and what it is given
 *
 * Hallway. The table of all commands stands in main.c. A command writes into
 * `out` and `errors`, which main prints, and returns an exit status.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_COMMAND_H
#define TINLB_CLI_COMMAND_H

#include "cli/core/arguments.h"
#include "cli/core/view.h"
#include "cli/gather.h"

enum command_status { /* exit statuses, documented in docs/tinlb.md */
	COMMAND_OK,
	COMMAND_BROKEN,  /* it was found out, and something is broken */
	COMMAND_USAGE,
	COMMAND_UNKNOWN, /* it could not be found out */
};

struct command_context {
	const struct arguments *arguments;
	struct gather *gather; /* NULL: the command needs none */
	struct view view;      /* already filled with what the command needs */
	bool json, colour;
	int64_t now_us; /* since 1970 */
	struct text out, errors; /* of errors, main takes out control characters */
};

struct command {
	const char *name, *operands, *summary, *example; /* example: how it is typed, lines */
	size_t min_operands, max_operands;
	const char *option; /* the one option that is for this command only, or NULL */
	unsigned needs;     /* bits of enum view_part; 0: no cluster is asked */
	enum command_status (*run)(struct command_context *c);
};

#endif
