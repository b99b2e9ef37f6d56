/*
 * process_metrics - what the two processes of a speaker count of their own work
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_WIRE_PROCESS_METRICS_H
#define TINLB_SPEAKER_AGENT_WIRE_PROCESS_METRICS_H

#include "common/core/text.h"
#include "speaker/table/core/table.h"

struct process_facts { /* of the agent */
	uint64_t events_sent, events_dropped;
	size_t events_waiting, writes_waiting;
};

void process_metrics_write(struct text *out_text, const struct table_totals *announcer,
			   const struct process_facts *agent);

#endif
