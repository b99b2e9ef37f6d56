/* row_metrics - see row_metrics.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/row_metrics.h"

#include <inttypes.h>

#include "common/api/wire/exposition.h"
#include "speaker/agent/core/plan_view.h"

/* Names of Kubernetes need no escapes; what would need one is left out. */
static void add_label_text(struct text *t, const char *s)
{
	for (; *s; s++)
		if (*s != '"' && *s != '\\' && *s != '\n')
			text_add_n(t, s, 1);
}

static void add_announced(struct text *t, const struct plan *plan)
{
	char ip[IP_TEXT_MAX];

	exposition_head(t, "metallb_speaker_announced", "gauge",
			"Services that this node announces on an address");
	for (size_t i = 0; i < plan->cluster.n_row; i++) {
		const struct snapshot_row *row = plan->cluster.row[i];

		for (size_t k = 0; k < row->n_hold; k++) {
			if (!row->hold[k].announced)
				continue;
			text_add(t, "metallb_speaker_announced{service=\"");
			add_label_text(t, row->hold[k].service->key);
			text_add(t, "\",protocol=\"layer2\",node=\"");
			add_label_text(t, plan->node_name);
			text_addf(t, "\",ip=\"%s\"} 1\n", ip_format(&row->ip, ip));
		}
	}
}

static uint64_t requests(const struct plan_row *row)
{
	return row->requests;
}

static uint64_t responses(const struct plan_row *row)
{
	return row->responses;
}

static uint64_t gratuitous(const struct plan_row *row)
{
	return row->gratuitous;
}

/* One series for each address that was ever announced here. */
static void add_counter(struct text *t, const struct plan *plan, const char *name,
			const char *help, uint64_t (*count)(const struct plan_row *))
{
	char ip[IP_TEXT_MAX];

	exposition_head(t, name, "counter", help);
	for (size_t i = 0; i < plan->cluster.n_row; i++) {
		const struct snapshot_row *row = plan->cluster.row[i];
		const struct plan_row *mine = row->of_plan;
		bool answers = mine && mine->has_verdict && mine->verdict == TABLE_OK;

		if (mine && (answers || count(mine) > 0))
			text_addf(t, "%s{ip=\"%s\"} %" PRIu64 "\n", name, ip_format(&row->ip, ip),
				  count(mine));
	}
}

static uint64_t takes(const struct plan_row *row)
{
	return row->takes;
}

static void add_reasons(struct text *t, const struct plan *plan)
{
	size_t n[TABLE_N_REASONS];

	plan_view_count_reasons(plan, n);
	exposition_head(t, "tinlb_addresses", "gauge", "Addresses of services, per reason why they "
			"are not announced here; ok: they are");
	for (enum table_reason i = TABLE_OK; i < TABLE_N_REASONS; i++)
		text_addf(t, "tinlb_addresses{reason=\"%s\"} %zu\n", table_reason_word(i), n[i]);
}

void row_metrics_write(struct text *t, const struct plan *plan)
{
	add_announced(t, plan);
	add_counter(t, plan, "metallb_layer2_requests_received",
		    "Requests received for an address that is announced here", requests);
	add_counter(t, plan, "metallb_layer2_responses_sent",
		    "Answers sent for an address that is announced here", responses);
	add_counter(t, plan, "metallb_layer2_gratuitous_sent",
		    "Unsolicited frames sent for an address that is announced here", gratuitous);
	add_counter(t, plan, "tinlb_owner_changes_total", "How often this node came to the address", takes);
	add_reasons(t, plan);
}
