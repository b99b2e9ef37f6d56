/*
 * speaker_flags - the command line of a speaker, read alike by its two processes
 *
 * Core: no sockets, no clock, no logging. The announcer is started by people
 * and hands its whole command line to the agent, so both read one list of
 * options and a wrong one is refused before anything runs.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_TABLE_CORE_SPEAKER_FLAGS_H
#define TINLB_SPEAKER_TABLE_CORE_SPEAKER_FLAGS_H

#include "common/core/flags.h"

#define SPEAKER_FLAGS_MAX 48

struct speaker_flags {
	struct flags_option option[SPEAKER_FLAGS_MAX];
	size_t n;
};

/* Fill `out_flags` from argv (without the program's name) and the environment; as flags_parse(). */
int speaker_flags_parse(struct speaker_flags *out_flags, char *const *argv,
			flags_lookup_fn *lookup, struct text *out_error) MUST_CHECK;

const char *speaker_flags_text(const struct speaker_flags *flags, const char *name); /* or NULL */
int64_t speaker_flags_number(const struct speaker_flags *flags, const char *name);
bool speaker_flags_on(const struct speaker_flags *flags, const char *name);

#endif
