/* tally - see tally.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/tally.h"

#include <inttypes.h>

#define MANY_RUNS   1000 /* below, medians say nothing */
#define MANY_NODES  50
/* Per node-hour at up to 10 % loss: memberlist had none in two hours at 20 %. */
#define FALSE_DEATHS_PER_HOUR 0.5

void tally_add(struct tally *tally, const struct plan *plan, const struct outcome *outcome)
{
	tally->n_run++;
	tally->n_failed += outcome->why[0] != '\0';
	tally->n_event += outcome->n_event;
	tally->n_packet += outcome->n_packet;
	tally->n_false_death += outcome->n_false_death;
	tally->n_handover += outcome->n_handover;
	tally->n_by_nodes[plan->n_node]++;
	tally->n_by_faults[plan->n_fault]++;
	if (tally->shortest_ms == 0 || plan->length_ms < tally->shortest_ms)
		tally->shortest_ms = plan->length_ms;
	tally->node_hours += plan->n_node * (double)plan->length_ms / 3600000;
	tally->lossy_hours += outcome->node_hours;
}

void tally_merge(struct tally *tally, const struct tally *other)
{
	tally->n_run += other->n_run;
	tally->n_failed += other->n_failed;
	tally->n_event += other->n_event;
	tally->n_packet += other->n_packet;
	tally->n_false_death += other->n_false_death;
	tally->n_handover += other->n_handover;
	for (size_t i = 0; i <= PLAN_MAX_NODES; i++)
		tally->n_by_nodes[i] += other->n_by_nodes[i];
	for (size_t i = 0; i <= PLAN_MAX_FAULTS; i++)
		tally->n_by_faults[i] += other->n_by_faults[i];
	if (tally->shortest_ms == 0 ||
	    (other->shortest_ms > 0 && other->shortest_ms < tally->shortest_ms))
		tally->shortest_ms = other->shortest_ms;
	tally->node_hours += other->node_hours;
	tally->lossy_hours += other->lossy_hours;
}

/* The smallest value that at least `part` of all do not exceed. */
static size_t quantile(const uint64_t *n_by, size_t n, double part, uint64_t n_run)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= n; i++) {
		sum += n_by[i];
		if ((double)sum > part * (double)n_run || sum == n_run)
			return i;
	}
	return n;
}

bool tally_end(const struct tally *t)
{
	size_t median = quantile(t->n_by_nodes, PLAN_MAX_NODES, 0.5, t->n_run);
	size_t least = quantile(t->n_by_faults, PLAN_MAX_FAULTS, 0, t->n_run);
	double allowed = 3 + FALSE_DEATHS_PER_HOUR * t->lossy_hours;
	uint64_t n_big = 0;

	for (size_t i = MANY_NODES; i <= PLAN_MAX_NODES; i++)
		n_big += t->n_by_nodes[i];
	printf("# %" PRIu64 " seeds, each run twice: nodes %zu (median) to %zu, %" PRIu64
	       " with %d or more; at least %.1f minutes and %zu faults (median %zu)\n"
	       "# %.0f node-hours, %" PRIu64 " events, %" PRIu64 " packets; %" PRIu64
	       " hand-overs watched, %" PRIu64 " false deaths in %.1f lossy node-hours; %" PRIu64 " failed\n",
	       t->n_run, median, quantile(t->n_by_nodes, PLAN_MAX_NODES, 1, t->n_run), n_big,
	       MANY_NODES, (double)t->shortest_ms / 60000, least,
	       quantile(t->n_by_faults, PLAN_MAX_FAULTS, 0.5, t->n_run), t->node_hours, t->n_event,
	       t->n_packet, t->n_handover, t->n_false_death, t->lossy_hours, t->n_failed);
	if (t->n_run >= MANY_RUNS &&
	    (median < 5 || n_big * 12 < t->n_run || t->shortest_ms < 300000 || least < 6)) {
		printf("# the runs are smaller than promised\n");
		return false;
	}
	if ((double)t->n_false_death > allowed)
		printf("# more false deaths than memberlist has: %.0f allowed\n", allowed);
	return t->n_failed == 0 && (double)t->n_false_death <= allowed;
}
