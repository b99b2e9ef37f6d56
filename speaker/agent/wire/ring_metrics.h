/*
 * ring_metrics - what this speaker sees of the ring of speakers, as Prometheus reads it
 *
 * Wire: writes only, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_WIRE_RING_METRICS_H
#define TINLB_SPEAKER_AGENT_WIRE_RING_METRICS_H

#include "common/core/text.h"
#include "speaker/agent/core/plan.h"

/* n_pods: of speakers, as the API listed them last. */
void ring_metrics_write(struct text *out_text, const struct plan *plan, const struct table_ring *ring,
			size_t n_pods);

#endif
