/*
 * reasons - what each reason means and what to do about it, for people
 *
 * Core: no sockets, no clock, no logging. docs/reasons.md says more of each.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_REASONS_H
#define TINLB_SPEAKER_AGENT_CORE_REASONS_H

#include "common/core/text.h"
#include "speaker/table/core/table.h"

/* A sentence with a remedy where there is one; NULL for TABLE_OK. */
const char *reasons_sentence(enum table_reason reason);
const char *reasons_of_ring(enum table_ring_state state); /* NULL: nothing is wrong */

/* How a node came to an address that `from` had: "node1 died". */
void reasons_of_cause(struct text *out_text, enum table_cause cause, const char *from);

#endif
