/* ring_metrics - see ring_metrics.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/ring_metrics.h"

#include <inttypes.h>

#include "common/api/wire/exposition.h"
#include "speaker/agent/core/plan_view.h"

static void add_packets(struct text *t, const struct table_ring *ring)
{
	static const char name[] = "tinlb_ring_packets_total";

	exposition_head(t, name, "counter", "Datagrams of the membership");
	text_addf(t, "%s{direction=\"sent\"} %" PRIu64 "\n", name, ring->sent);
	text_addf(t, "%s{direction=\"received\"} %" PRIu64 "\n", name, ring->received);
}

void ring_metrics_write(struct text *t, const struct plan *plan, const struct table_ring *ring,
			size_t n_pods)
{
	exposition_head(t, "tinlb_claimed_addresses", "gauge",
			"Addresses announced here that another machine answers for, too");
	text_addf(t, "tinlb_claimed_addresses %zu\n", plan_view_n_claims(plan));
	exposition_head(t, "tinlb_ring_members", "gauge",
			"Speakers that live in the ring, this one too");
	text_addf(t, "tinlb_ring_members %zu\n", plan_n_members(plan));
	exposition_head(t, "tinlb_ring_pods", "gauge",
			"Addresses of the speakers' pods, as listed last");
	text_addf(t, "tinlb_ring_pods %zu\n", n_pods);
	exposition_head(t, "tinlb_ring_tables_differ", "gauge",
			"Live members that were told other rows than this node");
	text_addf(t, "tinlb_ring_tables_differ %u\n", ring->n_differ);
	exposition_head(t, "tinlb_ring_indirect", "gauge",
			"Live members whose own packets do not arrive, up to 16");
	text_addf(t, "tinlb_ring_indirect %u\n", ring->n_indirect);
	add_packets(t, ring);
	exposition_head(t, "tinlb_ring_state", "gauge",
			"1 for the state in which the membership is");
	for (enum table_ring_state i = TABLE_RING_OFF; i < TABLE_N_RING_STATES; i++)
		text_addf(t, "tinlb_ring_state{state=\"%s\"} %d\n", table_ring_word(i),
			  i == ring->state);
	exposition_head(t, "tinlb_ring_troubles_total", "counter",
			"What went wrong with peers of the membership");
	for (size_t i = 0; i < TABLE_RING_TROUBLES; i++)
		text_addf(t, "tinlb_ring_troubles_total{reason=\"%s\"} %" PRIu64 "\n",
			  table_ring_trouble_word(i), ring->trouble[i]);
}
