/* plan - see plan.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/core/prng.h"

#define LEAST_MS 300000
#define FIRST_FAULT_MS 45000 /* by then every node is a candidate */

static const char *const words[] = {
	[FAULT_CRASH] = "crash",	 [FAULT_KILL] = "kill",		  [FAULT_STOP] = "stop",
	[FAULT_PAUSE] = "pause",	 [FAULT_CARRIER] = "carrier",	  [FAULT_BLACKHOLE] = "blackhole",
	[FAULT_DEAF] = "deaf",		 [FAULT_MUTE] = "mute",		  [FAULT_BLIND] = "blind",
	[FAULT_FIREWALL] = "firewall",	 [FAULT_SECRET] = "secret",	  [FAULT_PARTITION] = "partition",
	[FAULT_SILENCE] = "silence",	 [FAULT_LOSS] = "loss",		  [FAULT_BURSTS] = "bursts",
	[FAULT_CANDIDATE] = "candidate", [FAULT_WITHHELD] = "withheld",	  [FAULT_GONE] = "gone",
	[FAULT_AGENT] = "agent",	 [FAULT_REPLAY] = "replay",
};

/* How often each is drawn, and how long it lasts. */
static const struct {
	unsigned weight;
	int64_t least_ms, most_ms;
} habits[FAULT_N_KINDS] = {
	[FAULT_CRASH] = { 14, 1000, 60000 },	[FAULT_KILL] = { 8, 200, 20000 },
	[FAULT_STOP] = { 6, 1000, 40000 },	[FAULT_PAUSE] = { 14, 300, 30000 },
	[FAULT_CARRIER] = { 8, 200, 40000 },	[FAULT_BLACKHOLE] = { 6, 500, 40000 },
	[FAULT_DEAF] = { 5, 500, 40000 },	[FAULT_MUTE] = { 5, 500, 40000 },
	[FAULT_BLIND] = { 6, 5000, 60000 },	[FAULT_FIREWALL] = { 4, 5000, 60000 },
	[FAULT_SECRET] = { 2, 10000, 40000 },	[FAULT_PARTITION] = { 6, 1000, 60000 },
	[FAULT_SILENCE] = { 3, 1000, 60000 },	[FAULT_LOSS] = { 6, 5000, 60000 },
	[FAULT_BURSTS] = { 4, 5000, 60000 },	[FAULT_CANDIDATE] = { 6, 1000, 60000 },
	[FAULT_WITHHELD] = { 2, 1000, 30000 },	[FAULT_GONE] = { 2, 1000, 30000 },
	[FAULT_AGENT] = { 4, 1000, 60000 },	[FAULT_REPLAY] = { 6, 5000, 30000 },
};

const char *fault_word(enum fault_kind kind)
{
	return words[kind];
}

int64_t plan_quiet_ms(unsigned n_node)
{
	return n_node < 10 ? 60000 : 80000;
}

static unsigned draw_n_node(struct prng *prng)
{
	uint64_t p = prng_below(prng, 100);

	if (p < 10) { /* the cost is that of the square: few are larger than they need be */
		unsigned q = (unsigned)prng_below(prng, 1000);

		return q < 24 ? 53 + q * 2 : 50 + q % 3;
	}
	if (p < 17)
		return 8 + (unsigned)prng_below(prng, 13);
	return 3 + (unsigned)prng_below(prng, 5);
}

static enum fault_kind draw_kind(struct prng *prng)
{
	uint64_t sum = 0, p;

	for (size_t i = 0; i < FAULT_N_KINDS; i++)
		sum += habits[i].weight;
	p = prng_below(prng, sum);
	for (size_t i = 0; i < FAULT_N_KINDS; i++) {
		if (p < habits[i].weight)
			return (enum fault_kind)i;
		p -= habits[i].weight;
	}
	return FAULT_CRASH;
}

/* Short ones are as likely as long ones: the logarithm is drawn evenly. */
static int64_t draw_length(struct prng *prng, int64_t least, int64_t most)
{
	int64_t doublings = 0;

	while (least << (doublings + 1) <= most)
		doublings++;
	least <<= prng_between(prng, 0, doublings);
	return prng_between(prng, least, least * 2 < most ? least * 2 : most);
}

static struct fault draw_fault(struct prng *prng, const struct plan *plan, int64_t last_ms)
{
	struct fault f = { .kind = draw_kind(prng) };

	f.for_ms = draw_length(prng, habits[f.kind].least_ms, habits[f.kind].most_ms);
	f.at_ms = prng_between(prng, FIRST_FAULT_MS, last_ms - f.for_ms);
	f.node = (unsigned)prng_below(prng, plan->n_node);
	f.other = (f.node + 1 + (unsigned)prng_below(prng, plan->n_node - 1)) % plan->n_node;
	if (f.kind == FAULT_CANDIDATE || f.kind == FAULT_WITHHELD || f.kind == FAULT_GONE)
		f.other = (unsigned)prng_below(prng, plan->n_address);
	if (f.kind == FAULT_PARTITION)
		f.amount = (unsigned)prng_next(prng);
	if (f.kind == FAULT_LOSS || f.kind == FAULT_BURSTS)
		f.amount = (unsigned)prng_between(prng, 10, 300);
	if (f.kind == FAULT_BLIND)
		f.amount = (unsigned)prng_below(prng, 2);
	if (f.kind == FAULT_REPLAY)
		f.amount = (unsigned)prng_between(prng, 1, 20);
	return f;
}

struct plan plan_of_seed(uint64_t seed)
{
	struct prng prng = prng_seeded(seed);
	struct plan plan = { .seed = seed };
	int64_t last_ms;
	size_t wanted;

	plan.n_node = draw_n_node(&prng);
	plan.n_address = 1 + (unsigned)prng_below(&prng, plan.n_node < 10 ? 4 : 2);
	plan.length_ms = LEAST_MS + (int64_t)prng_below(&prng, 60000);
	if (prng_below(&prng, 4) == 0)
		plan.loss = (unsigned)prng_between(&prng, 1, 200);
	last_ms = plan.length_ms - plan_quiet_ms(plan.n_node);
	wanted = 6 + (size_t)prng_below(&prng, 5);
	while (plan.n_fault < wanted) {
		struct fault f = draw_fault(&prng, &plan, last_ms);

		plan.fault[plan.n_fault++] = f;
		/* Troubles come in pairs: the next one right after, or on top. */
		if (plan.n_fault < wanted && prng_below(&prng, 4) == 0) {
			struct fault next = draw_fault(&prng, &plan, last_ms);

			next.at_ms = f.at_ms + prng_between(&prng, 0, 5000);
			if (next.at_ms + next.for_ms <= last_ms)
				plan.fault[plan.n_fault++] = next;
		}
	}
	for (size_t i = 0; i < plan.n_fault; i++)
		plan.sealed |= plan.fault[i].kind == FAULT_SECRET;
	return plan;
}

void plan_write(const struct plan *plan, FILE *out)
{
	fprintf(out, "seed %" PRIu64 "\nnodes %u\naddresses %u\nlength_ms %" PRId64 "\nloss %u\nsealed %u\n",
		plan->seed, plan->n_node, plan->n_address, plan->length_ms, plan->loss, plan->sealed);
	for (size_t i = 0; i < plan->n_fault; i++) {
		const struct fault *f = &plan->fault[i];

		fprintf(out, "%s %" PRId64 " %" PRId64 " %u %u %u\n", words[f->kind], f->at_ms,
			f->for_ms, f->node, f->other, f->amount);
	}
}

static bool read_parameter(const char *word, uint64_t value, struct plan *out)
{
	if (strcmp(word, "seed") == 0)
		out->seed = value;
	else if (strcmp(word, "nodes") == 0)
		out->n_node = (unsigned)value;
	else if (strcmp(word, "addresses") == 0)
		out->n_address = (unsigned)value;
	else if (strcmp(word, "length_ms") == 0)
		out->length_ms = (int64_t)value;
	else if (strcmp(word, "loss") == 0)
		out->loss = (unsigned)value;
	else if (strcmp(word, "sealed") == 0)
		out->sealed = (unsigned)value;
	else
		return false;
	return true;
}

static bool read_line(const char *line, struct plan *out)
{
	struct fault f = { 0 };
	uint64_t value;
	char word[32];
	int n = sscanf(line, "%31s %" SCNu64 " %" SCNd64 " %u %u %u", word, &value, &f.for_ms,
		       &f.node, &f.other, &f.amount);

	if (n <= 0 || word[0] == '#')
		return true;
	if (n == 2)
		return read_parameter(word, value, out);
	f.at_ms = (int64_t)value;
	for (size_t i = 0; i < FAULT_N_KINDS; i++) {
		if (n == 6 && strcmp(word, words[i]) == 0 && out->n_fault < PLAN_MAX_FAULTS) {
			f.kind = (enum fault_kind)i;
			out->fault[out->n_fault++] = f;
			return true;
		}
	}
	return false;
}

int plan_read(FILE *in, struct plan *out_plan, unsigned *out_line)
{
	char line[256];

	*out_plan = (struct plan){ .n_node = 3, .n_address = 1, .length_ms = LEAST_MS };
	for (*out_line = 1; fgets(line, sizeof(line), in); ++*out_line)
		if (!read_line(line, out_plan))
			return -EINVAL;
	if (out_plan->n_node < 1 || out_plan->n_node > PLAN_MAX_NODES || out_plan->n_address < 1 ||
	    out_plan->n_address > PLAN_MAX_ADDRESSES)
		return -EINVAL;
	return 0;
}
