/*
 * examine - the command doctor
 *
 * Hallway. An entry of the table in main.c.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_EXAMINE_H
#define TINLB_CLI_EXAMINE_H

#include "cli/command.h"

enum command_status examine_doctor(struct command_context *c);

#endif
