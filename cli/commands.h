/*
 * commands - what each sub-command does, out of the cores and writers of cli
 *
 * Hallway. Each function is an entry of the table in main.c.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_COMMANDS_H
#define TINLB_CLI_COMMANDS_H

#include "cli/command.h"

enum command_status commands_who(struct command_context *c);
enum command_status commands_why(struct command_context *c);
enum command_status commands_status(struct command_context *c);
enum command_status commands_doctor(struct command_context *c);
enum command_status commands_version(struct command_context *c);

#endif
