/*
 * completion - the script by which a shell completes the command line of tinlb
 *
 * Core: no sockets, no clock, no logging. One script for bash, which zsh reads
 * by bashcompinit.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_COMPLETION_H
#define TINLB_CLI_CORE_COMPLETION_H

#include "common/core/text.h"

/* commands: their names with blanks between. 0, or -EINVAL: the shell is not known. */
int completion_write(const char *shell, const char *commands, struct text *out_script) MUST_CHECK;

#endif
