/*
 * timing_json - MetalLB's file with the timings of the speakers' ring
 *
 * Wire: jansson, no state. One object with memberlist's names as keys; times are
 * texts in Go's form ("500ms", "1m30s"), the rest numbers and booleans. A key
 * that is missing leaves the preset, where MetalLB would take 0.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_WIRE_TIMING_JSON_H
#define TINLB_SPEAKER_AGENT_WIRE_TIMING_JSON_H

#include "common/core/text.h"
#include "speaker/table/core/table_ring.h"

/*
 * 0, with what the file sets in out_timing (0: nothing), and in out_ignored the keys whose
 * value has no effect here, separated by blanks. -EINVAL with a sentence in out_error that
 * names line or key and remedy: no JSON object, an unknown key, a value that is out of range
 * or of the wrong kind, a probe that may take longer than the time between two.
 */
int timing_from_json(const char *bytes, size_t n, uint32_t out_timing[TABLE_N_TIMINGS],
		     struct text *out_ignored, struct text *out_error) MUST_CHECK;

#endif
