/* process_metrics - see process_metrics.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/process_metrics.h"

#include <inttypes.h>

#include "common/api/wire/exposition.h"

static void add(struct text *t, const char *name, const char *type, uint64_t value, const char *help)
{
	exposition_head(t, name, type, help);
	text_addf(t, "%s %" PRIu64 "\n", name, value);
}

static void add_announcer(struct text *t, const struct table_totals *a)
{
	add(t, "tinlb_announcer_frames_total", "counter", a->frames_seen, "ARP frames seen");
	add(t, "tinlb_announcer_frames_dropped_total", "counter", a->frames_dropped,
	    "ARP frames lost because the capture ring was full");
	add(t, "tinlb_announcer_agent_restarts_total", "counter", a->agent_restarts,
	    "How often the agent had to be started again");
	exposition_head(t, "tinlb_announcer_late_seconds", "histogram",
			"By how much the announcer's loop was late for a timer");
	exposition_histogram(t, "tinlb_announcer_late_seconds", &a->late);
	exposition_head(t, "tinlb_claim_frames_total", "counter",
			"ARP frames of others that claim an address which is held here");
	text_addf(t, "tinlb_claim_frames_total{claimant=\"speaker\"} %" PRIu64 "\n",
		  a->claims_of_speakers);
	text_addf(t, "tinlb_claim_frames_total{claimant=\"stranger\"} %" PRIu64 "\n",
		  a->claims_of_strangers);
}

static void add_takes(struct text *t, const struct table_totals *a)
{
	exposition_head(t, "tinlb_addresses_taken_total", "counter",
			"How often this node came to an address, per cause");
	for (enum table_cause i = TABLE_CAUSE_FREE; i < TABLE_N_CAUSES; i++)
		text_addf(t, "tinlb_addresses_taken_total{cause=\"%s\"} %" PRIu64 "\n",
			  table_cause_word(i), a->taken[i]);
	exposition_head(t, "tinlb_failover_seconds", "histogram",
			"From the first sign that an owner is gone until this node has its address");
	exposition_histogram(t, "tinlb_failover_seconds", &a->failover);
}

void process_metrics_write(struct text *t, const struct table_totals *announcer,
			   const struct process_facts *agent)
{
	add_announcer(t, announcer);
	add_takes(t, announcer);
	add(t, "tinlb_events_total", "counter", agent->events_sent, "Kubernetes Events written");
	add(t, "tinlb_events_dropped_total", "counter", agent->events_dropped,
	    "Kubernetes Events that could not be written");
	add(t, "tinlb_events_waiting", "gauge", agent->events_waiting,
	    "Kubernetes Events that wait to be written");
	add(t, "tinlb_status_writes_waiting", "gauge", agent->writes_waiting,
	    "Status objects that wait to be written");
}
