/*
 * host_pages - what /status and /metrics say of the settings of the node's kernel
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_WIRE_HOST_PAGES_H
#define TINLB_SPEAKER_AGENT_WIRE_HOST_PAGES_H

#include "common/core/text.h"
#include "speaker/agent/core/host.h"

/* The field `host` of /status. */
void host_status_write(struct text *out_json, const struct host_facts *facts,
		       const struct plan *plan);

/* The fields of a link: its settings, and the subnets that its routes name. */
void host_link_write(struct text *out_json, const struct host_facts *facts,
		     const char *interface);

void host_metrics_write(struct text *out_text, const struct host_facts *facts,
			const struct plan *plan);

#endif
