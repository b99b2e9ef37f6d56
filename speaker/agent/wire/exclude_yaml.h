/*
 * exclude_yaml - the file that lists interfaces to leave alone
 *
 * Wire: libyaml (through yaml_tree), no state. MetalLB's format: one key,
 * announcedInterfacesToExclude, with a list of regular expressions, any of
 * which may match anywhere in an interface's name.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_WIRE_EXCLUDE_YAML_H
#define TINLB_SPEAKER_AGENT_WIRE_EXCLUDE_YAML_H

#include "common/core/text.h"

/*
 * One POSIX extended expression for all of them ("" for none), at most `max`
 * bytes with its NUL. 0, or -EINVAL with line and remedy in out_error: wrong
 * form, an expression that does not compile or means something else in POSIX
 * than in Go, or too much of it.
 */
int exclude_from_yaml(const char *text, size_t n, char *out_regex, size_t max,
		      struct text *out_error) MUST_CHECK;

#endif
