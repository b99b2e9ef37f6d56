/*
 * node_files - the files beside a speaker that say how it behaves
 *
 * Hallway: reads them and has them decoded. A file that is not there says nothing.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_NODE_FILES_H
#define TINLB_SPEAKER_AGENT_NODE_FILES_H

#include "common/core/text.h"
#include "speaker/table/core/table_ring.h"

/*
 * Both: 0, or -errno with a sentence that names the file, the place and the remedy. "" is no
 * file. Formats: exclude_yaml.h and timing_json.h.
 */
int node_files_exclude(const char *path, char *out_regex, size_t max,
		       struct text *out_error) MUST_CHECK;
int node_files_timing(const char *path, uint32_t out_timing[TABLE_N_TIMINGS],
		      struct text *out_ignored, struct text *out_error) MUST_CHECK;

#endif
