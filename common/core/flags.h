/*
 * flags - command-line options in the syntax of Go's flag package
 *
 * Core: no sockets, no clock, no logging. One or two dashes; `--name=value`,
 * `--name value`, and for switches `--name`, `--name=false`. An option that was
 * not given takes the value of its environment variable, then its default.
 * Names and variables are MetalLB's, so that its manifests work unchanged.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_FLAGS_H
#define TINLB_COMMON_CORE_FLAGS_H

#include "common/core/text.h"

#define FLAGS_MAX_WORDS 2

enum flags_kind {
	FLAGS_TEXT,
	FLAGS_NUMBER, /* decimal, low <= value <= high */
	FLAGS_SWITCH,
	FLAGS_UNUSED, /* taken for compatibility, does nothing here; with or without a value as `is_switch` says */
};

struct flags_option {
	const char *name;     /* without dashes */
	const char *variable; /* of the environment, or NULL */
	const char *preset;   /* default as text, NULL: none */
	const char *help;     /* one line; for FLAGS_UNUSED: why */
	enum flags_kind kind;
	int64_t low, high;
	const char *word[FLAGS_MAX_WORDS]; /* FLAGS_TEXT: one of these; without any, whatever is given */
	bool is_switch; /* FLAGS_UNUSED only */
	/* results */
	const char *text; /* NULL when neither given nor preset; points into argv, environment or preset */
	int64_t number;
	bool on;
	bool given; /* on the command line or in the environment */
};

/* Looks a variable up; getenv() in main, a table in tests. */
typedef char *flags_lookup_fn(const char *variable);

/*
 * Fill the results of option[0..n). 0, or -EINVAL with a sentence in out_error
 * that names the option and what it takes. -ENOENT: help was asked for.
 */
int flags_parse(struct flags_option *option, size_t n, char *const *argv, flags_lookup_fn *lookup,
		struct text *out_error) MUST_CHECK;

/* The option of that name; it must be there. */
const struct flags_option *flags_find(const struct flags_option *option, size_t n,
				      const char *name);

/* One line per option, as people read it. */
void flags_usage(const struct flags_option *option, size_t n, struct text *out_text);

#endif
