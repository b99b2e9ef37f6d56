/*
 * check - tinlb check: configurations in files, judged by the daemons' own code
 *
 * Hallway: wires files, the readers of config/ and the output. Asks no cluster.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CHECK_H
#define TINLB_CLI_CHECK_H

#include "cli/command.h"

enum command_status check_run(struct command_context *c);

#endif
