/*
 * watch - tinlb watch: a line for each change of who answers, as it happens
 *
 * Hallway: looks at all pages each second until it is interrupted. The pages
 * say what is, so nothing depends on Events, which are deleted after an hour
 * and may be forbidden; what came and went within a second shows by `since`.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WATCH_H
#define TINLB_CLI_WATCH_H

#include "cli/command.h"

enum command_status watch_run(struct command_context *c);

#endif
