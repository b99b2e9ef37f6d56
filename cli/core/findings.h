/*
 * findings - what is amiss between daemons: who does not see whom, what differs
 *
 * Core: no sockets, no clock, no logging.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_FINDINGS_H
#define TINLB_CLI_CORE_FINDINGS_H

#include "cli/core/overview.h"

/* Adds a sentence for each to overview->finding; all else of the overview is there already. */
void findings_add(struct overview *overview);

#endif
