/*
 * agent_plan - a plan kept up to date by events is the plan made at once from what is left
 *
 * Random events go into one plan, whose messages build the table as an
 * announcer would hold it. Now and then the objects that exist are told to a
 * fresh plan in another order; both tables must say the same, and nothing must
 * be told twice or withdrawn without having been announced.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/prng.h"
#include "tests/unit/agent/world.h"

#define N_SERVICES 12
#define N_SLICES 18
#define N_NODES 7
#define N_IPS 9
#define EVENTS 60000
#define CHECK_EVERY 40

struct object { /* what the oracle knows of one object */
	bool exists;
	unsigned flags, owner;
	char text[96];
};

struct world {
	struct object service[N_SERVICES], slice[N_SLICES], node[N_NODES];
	struct config *config[3];
	const struct config *in_force;
};

struct held { /* the table as the announcer has it, as text */
	struct strmap node_name; /* "index" -> name */
	struct strmap row;       /* address -> "reason" or "node > node" */
};

/* "node7", or "7" without a word. */
static char *numbered(const char *word, unsigned number)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s%u", word, number);
	return text;
}

static void tell_service(struct plan *p, const struct world *w, unsigned i)
{
	const struct object *o = &w->service[i];
	char key[32];

	snprintf(key, sizeof(key), "ns/service%u", i);
	if (o->exists)
		world_service(&p->cluster, key, o->text, o->flags);
	else
		snapshot_on_service_gone(&p->cluster, key);
}

static void tell_slice(struct plan *p, const struct world *w, unsigned i)
{
	const struct object *o = &w->slice[i];
	char key[32], service[32];

	snprintf(key, sizeof(key), "ns/slice%u", i);
	snprintf(service, sizeof(service), "ns/service%u", o->owner);
	if (o->exists)
		world_endpoints(&p->cluster, service, key, o->text);
	else
		snapshot_on_endpoints_gone(&p->cluster, key);
}

static void tell_node(struct plan *p, const struct world *w, unsigned i)
{
	const struct object *o = &w->node[i];
	char *name = numbered("node", i);

	if (o->exists)
		world_node(&p->cluster, name, o->text[0] ? o->text : NULL, o->flags);
	else
		snapshot_on_node_gone(&p->cluster, name);
}

static void random_list(struct object *o, struct prng *prng, unsigned limit, const char *word)
{
	o->text[0] = '\0';
	for (uint64_t n = prng_below(prng, 4); n > 0; n--) {
		size_t used = strlen(o->text);

		if (used > 0)
			o->text[used++] = ',';
		snprintf(o->text + used, sizeof(o->text) - used, "%s%u", word,
			 (unsigned)prng_below(prng, limit));
	}
}

static void change_service(struct plan *p, struct world *w, struct prng *prng)
{
	unsigned i = (unsigned)prng_below(prng, N_SERVICES);
	struct object *o = &w->service[i];

	o->exists = prng_below(prng, 5) > 0;
	o->flags = (unsigned)prng_below(prng, 2);
	if (prng_below(prng, 8) == 0)
		o->flags |= WORLD_CLUSTER_IP;
	random_list(o, prng, N_IPS, "10.0.1.");
	if (prng_below(prng, 20) == 0)
		snprintf(o->text, sizeof(o->text), "fd00::1");
	if (prng_below(prng, 20) == 0)
		snprintf(o->text, sizeof(o->text), "10.0.1.1,nonsense");
	tell_service(p, w, i);
}

static void change_slice(struct plan *p, struct world *w, struct prng *prng)
{
	static const char *const word[] = { "node", "!node", "?" };
	unsigned i = (unsigned)prng_below(prng, N_SLICES);
	struct object *o = &w->slice[i];

	o->exists = prng_below(prng, 5) > 0;
	o->owner = (unsigned)prng_below(prng, N_SERVICES);
	random_list(o, prng, N_NODES + 1, word[prng_below(prng, 3)]);
	tell_slice(p, w, i);
}

static void change_node(struct plan *p, struct world *w, struct prng *prng)
{
	unsigned i = (unsigned)prng_below(prng, N_NODES);
	struct object *o = &w->node[i];

	o->exists = prng_below(prng, 6) > 0;
	o->flags = (unsigned)prng_below(prng, 8);
	o->text[0] = '\0';
	if (prng_below(prng, 4) == 0)
		snprintf(o->text, sizeof(o->text), "10.0.1.%u", (unsigned)prng_below(prng, N_IPS));
	tell_node(p, w, i);
}

static void change_config(struct plan *p, struct world *w, struct prng *prng)
{
	w->in_force = w->config[prng_below(prng, ARRAY_LEN(w->config))];
	snapshot_on_config(&p->cluster, w->in_force);
}

static void keep(struct strmap *map, const char *key, const char *text)
{
	free(strmap_put(map, key, mem_strdup(text)));
}

static void take_row(struct held *held, const struct table_row *row, const char *ip)
{
	char text[512] = "";

	if (row->withheld != TABLE_OK)
		snprintf(text, sizeof(text), "%s", table_reason_word(row->withheld));
	for (size_t i = 0; i < row->n_candidate; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", used ? " > " : "",
			 (char *)strmap_get(&held->node_name, numbered("", row->candidate[i])));
	}
	keep(&held->row, ip, text);
}

static void drain(struct plan *p, struct held *held)
{
	struct table_message m;
	char ip[IP_TEXT_MAX];

	while (plan_next_message(p, &m)) {
		if (m.kind == TABLE_NODE)
			keep(&held->node_name, numbered("", m.node.index), m.node.name);
		else if (m.kind == TABLE_ROW)
			take_row(held, &m.row, ip_format(&m.row.ip, ip));
		else if (m.kind == TABLE_DROP)
			free(strmap_remove(&held->row, ip_format(&m.drop, ip)));
	}
}

static void held_done(struct held *held)
{
	strmap_done_values(&held->node_name);
	strmap_done_values(&held->row);
}

/* The objects that exist, kind by kind, each kind in a random direction. */
static struct plan *from_scratch(const struct world *w, struct prng *prng)
{
	struct plan *p = plan_new("node0", 0);
	bool back = prng_below(prng, 2);

	for (unsigned i = 0; i < N_SLICES; i++)
		tell_slice(p, w, back ? N_SLICES - 1 - i : i);
	for (unsigned i = 0; i < N_SERVICES; i++)
		tell_service(p, w, back ? i : N_SERVICES - 1 - i);
	snapshot_on_config(&p->cluster, w->in_force);
	for (unsigned i = 0; i < N_NODES; i++)
		tell_node(p, w, back ? N_NODES - 1 - i : i);
	return p;
}

static bool same_rows(const struct strmap *a, const struct strmap *b)
{
	const char *key;
	void *value;

	if (a->n != b->n)
		return false;
	for (size_t at = 0; strmap_next(a, &at, &key, &value);)
		if (!str_equal(value, strmap_get(b, key)))
			return false;
	return true;
}

static bool agrees(const struct held *held, const struct world *w, struct prng *prng)
{
	struct plan *p = from_scratch(w, prng);
	struct held fresh = { 0 };
	bool same;

	drain(p, &fresh);
	same = same_rows(&held->row, &fresh.row);
	held_done(&fresh);
	plan_free(p);
	return same;
}

/* The announcer answers for every row that has candidates, or for none. */
static void give_verdicts(struct plan *p, const struct held *held, bool yes)
{
	struct table_verdict v = { .owner = 0 };
	const char *key;
	void *value;

	for (size_t at = 0; strmap_next(&held->row, &at, &key, &value);) {
		v.ip = world_address(key);
		v.reason = strpbrk(value, "0123456789") ? (yes ? TABLE_OK : TABLE_NOT_OWNER) :
							   TABLE_NO_ENDPOINTS;
		plan_on_verdict(p, &v, 1000);
	}
}

/* Announced and withdrawn take turns for each service on each address. */
static bool effects_alternate(struct plan *p, struct strmap *announced)
{
	struct plan_effect *effect;
	bool fine = true;

	while ((effect = plan_next_effect(p))) {
		char key[SNAPSHOT_KEY_MAX + IP_TEXT_MAX], ip[IP_TEXT_MAX];

		snprintf(key, sizeof(key), "%s %s", effect->service, ip_format(&effect->ip, ip));
		if (effect->kind == PLAN_ANNOUNCED)
			fine &= !strmap_put(announced, key, announced);
		else if (effect->kind == PLAN_WITHDRAWN)
			fine &= strmap_remove(announced, key) != NULL;
		free(effect);
	}
	return fine;
}

static bool run(struct world *w, struct prng *prng)
{
	typedef void change_fn(struct plan *, struct world *, struct prng *);
	static change_fn *const change[] = { change_service, change_slice, change_slice,
					     change_node, change_config };
	struct plan *p = plan_new("node0", 0);
	struct held held = { 0 };
	struct strmap announced = { 0 };
	bool fine = true;

	for (unsigned i = 1; fine && i <= EVENTS; i++) {
		change[prng_below(prng, prng_below(prng, 10) ? 4 : 5)](p, w, prng);
		if (prng_below(prng, 3) > 0)
			drain(p, &held);
		if (prng_below(prng, 6) == 0)
			give_verdicts(p, &held, prng_below(prng, 2));
		fine = effects_alternate(p, &announced);
		if (fine && i % CHECK_EVERY == 0) {
			drain(p, &held);
			fine = effects_alternate(p, &announced) && agrees(&held, w, prng);
		}
		if (!fine)
			printf("event %u: tables or effects differ\n", i);
	}
	plan_free(p);
	held_done(&held);
	strmap_done(&announced);
	return fine;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20260102;
	struct prng prng = prng_seeded(seed);
	struct world w = {
		.config = { world_config("10.0.1.0", "10.0.1.4", "10.0.1.5", "10.0.1.9"),
			    world_config("10.0.1.2", "10.0.1.9", "fd00::", "fd00::ff"),
			    world_config("10.0.1.0", "10.0.1.3", NULL, NULL) },
	};
	bool fine;

	printf("seed %" PRIu64 "\n", seed);
	fine = run(&w, &prng);
	for (size_t i = 0; i < ARRAY_LEN(w.config); i++)
		config_free(w.config[i]);
	return fine ? 0 : 1;
}
