/* commands - see commands.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

enum command_status commands_version(struct command_context *c)
{
	text_add(&c->out, "tinlb " TINLB_VERSION "\n");
	return COMMAND_OK;
}
