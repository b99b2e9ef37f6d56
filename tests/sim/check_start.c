/* check_start - see check_start.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/check_start.h"

#include "tests/sim/oracle.h"

#define WATCHED	  (5 * NS_PER_S)
#define EVERY	  (5 * NS_PER_MS)
#define TWO_LIMIT (500 * NS_PER_MS) /* views differ, and a claim settles it */

void check_start(struct world *w)
{
	struct oracle *o = w->oracle;

	if (w->now > WATCHED || w->now < o->start_look || o->changed > 0 || oracle_is_lossy(w))
		return;
	o->start_look = w->now + EVERY;
	for (unsigned v = 0; v < w->plan->n_address; v++) {
		if (oracle_n_answering(w, v) < 2)
			o->start_two[v] = w->now;
		else if (w->now - o->start_two[v] > TWO_LIMIT)
			oracle_fail(w, "P11: two answer for address %u for %.1f ms, after all have started at once", v,
				    (double)(w->now - o->start_two[v]) / NS_PER_MS);
	}
}
