/*
 * row_metrics - the metrics that every address has, as Prometheus reads them
 *
 * Wire: writes only, no state. Written straight from the plan, since series of
 * 10 000 addresses kept beside it would cost more than the plan itself. Names
 * and labels are MetalLB's.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_WIRE_ROW_METRICS_H
#define TINLB_SPEAKER_AGENT_WIRE_ROW_METRICS_H

#include "common/core/text.h"
#include "speaker/agent/core/plan.h"

void row_metrics_write(struct text *out_text, const struct plan *plan);

#endif
