/* shrink - see shrink.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/shrink.h"

#include <stdlib.h>
#include <string.h>

#define TAIL_MS 1000 /* kept behind the failure */

/* "at 12.345: P7: ...": the word behind the time. */
static const char *property(const char *why)
{
	const char *colon = strchr(why, ':');

	return colon ? colon + 1 : why;
}

bool shrink_is_same(const char *why, const char *other)
{
	const char *a = property(why), *b = property(other);

	return why[0] && other[0] && strncmp(a, b, strcspn(a, ":") + 1) == 0;
}

/* Takes the smaller plan when it still fails alike. */
static bool try(struct plan *plan, const struct plan *smaller, struct outcome *inout)
{
	struct outcome outcome;

	world_run(smaller, false, &outcome);
	if (!shrink_is_same(inout->why, outcome.why))
		return false;
	*plan = *smaller;
	*inout = outcome;
	return true;
}

static struct plan without(const struct plan *plan, size_t first, size_t n)
{
	struct plan smaller = *plan;

	memmove(smaller.fault + first, smaller.fault + first + n,
		(smaller.n_fault - first - n) * sizeof(*smaller.fault));
	smaller.n_fault -= n;
	return smaller;
}

static void drop_faults(struct plan *plan, struct outcome *inout)
{
	for (size_t n = (plan->n_fault + 1) / 2; n > 0; n = n == 1 ? 0 : (n + 1) / 2) {
		for (size_t first = 0; first + n <= plan->n_fault;) {
			struct plan smaller = without(plan, first, n);

			if (!try(plan, &smaller, inout))
				first += n;
		}
	}
}

void shrink(struct plan *plan, struct outcome *inout)
{
	struct plan smaller = *plan;

	smaller.length_ms = (int64_t)(strtod(inout->why + strlen("at "), NULL) * 1000) + TAIL_MS;
	try(plan, &smaller, inout);
	drop_faults(plan, inout);
	smaller = *plan;
	smaller.n_address = 1;
	for (size_t i = 0; i < smaller.n_fault; i++)
		if (smaller.fault[i].kind >= FAULT_CANDIDATE && smaller.fault[i].kind <= FAULT_GONE)
			smaller.fault[i].other = 0;
	try(plan, &smaller, inout);
	smaller = *plan;
	smaller.loss = 0;
	try(plan, &smaller, inout);
	drop_faults(plan, inout);
}
