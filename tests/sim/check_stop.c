/* check_stop - see check_stop.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/check_stop.h"

#include "tests/sim/check_owners.h"
#include "tests/sim/check_ring.h"
#include "tests/sim/oracle.h"

#define WATCHED   (NS_PER_S)
#define GAP_LIMIT (50 * NS_PER_MS)
#define HEALTHY   (31 * NS_PER_S) /* by then whoever came back is a candidate, and has taken what is its own */

void check_stop_begin(struct world *w, unsigned node, instant calm)
{
	struct oracle *o = w->oracle;
	bool alone = o->n_active == 1 && o->n_tables == 0 && o->n_agents == 0 && o->n_replay == 0;

	if (!alone || calm <= HEALTHY + check_ring_limit(w) || oracle_is_lossy(w))
		return;
	o->stop_until = w->now + WATCHED;
	for (unsigned v = 0; v < w->plan->n_address; v++) {
		const struct held *held = &o->held[v][w->side[node]];

		o->stop_watched[v] = held->n == 1 && held->owner == (int)node &&
				     check_owners_wants(w, v, w->side[node]);
		o->n_handover += o->stop_watched[v];
		o->stop_none[v] = INSTANT_NEVER;
	}
}

void check_stop(struct world *w)
{
	struct oracle *o = w->oracle;

	if (w->now >= o->stop_until)
		return;
	if (o->n_active != 1 || o->n_tables > 0 || o->n_agents > 0) {
		o->stop_until = 0;
		return;
	}
	for (unsigned v = 0; v < w->plan->n_address; v++) {
		bool none = o->stop_watched[v] && oracle_n_answering(w, v) == 0;

		if (o->stop_none[v] != INSTANT_NEVER && w->now - o->stop_none[v] > GAP_LIMIT)
			oracle_fail(w, "P5: nobody answers for address %u for %.1f ms, after the owner was told "
				    "to end", v, (double)(w->now - o->stop_none[v]) / NS_PER_MS);
		if (!none)
			o->stop_none[v] = INSTANT_NEVER;
		else if (o->stop_none[v] == INSTANT_NEVER)
			o->stop_none[v] = w->now;
	}
}
