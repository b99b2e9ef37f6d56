/*
 * status_json - the status page of a speaker (schema 1, docs/status.md)
 *
 * Wire: writes only, no state. Fields are only ever added.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_WIRE_STATUS_JSON_H
#define TINLB_SPEAKER_AGENT_WIRE_STATUS_JSON_H

#include "common/core/text.h"
#include "speaker/agent/core/host.h"

#define STATUS_SCHEMA 1

struct status_facts { /* what is not in the plan; texts may be NULL where said */
	const char *node;
	int64_t now_ms; /* since 1970 */
	bool ready;
	const char *const *note;
	size_t n_note;
	const char *config_source; /* ConfigMap metallb-system/config */
	bool config_loaded, config_stale;
	const char *config_error; /* NULL: none */
	unsigned config_line;     /* 0: none */
	const char *server;       /* of the API */
	const char *api_trouble;  /* NULL: it answers */
	const char *const *denied; /* what the role does not allow */
	size_t n_denied;
	const struct strmap *link; /* name -> struct table_link */
	const struct host_facts *host;
	struct table_totals totals;
	struct table_ring ring;
	uint64_t events_sent, events_dropped;
};

void status_write(struct text *out_json, const struct status_facts *facts, const struct plan *plan);

#endif
