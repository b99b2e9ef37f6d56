/* plan - see plan.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/hash.h"
#include "speaker/agent/core/reasons.h"

#define MAX_MEMBERS 4096
#define MAX_INTERFACE_TEXTS 256
#define CHANGE_MAX_BYTES 1024
#define FRESH_MS 10000 /* of an agent: what it finds may be known already */

struct plan *plan_new(const char *node_name, int64_t started_ms)
{
	struct plan *p = mem_new(1, sizeof(*p));

	snapshot_init(&p->cluster);
	p->last_effect = &p->first_effect;
	p->node_name = mem_strdup(node_name);
	p->cluster.self = p->node_name;
	p->started_ms = started_ms;
	return p;
}

void plan_free(struct plan *p)
{
	struct plan_effect *effect;

	if (!p)
		return;
	while ((effect = plan_next_effect(p)))
		free(effect);
	snapshot_done(&p->cluster);
	strmap_done_values(&p->member);
	strmap_done_values(&p->interfaces);
	history_done(&p->history);
	free(p->node_name);
	free(p);
}

static struct plan_row *of_plan(struct snapshot_row *row)
{
	if (!row->of_plan) {
		struct plan_row *mine = mem_new(1, sizeof(*mine));

		mine->owner = NODES_NONE;
		row->of_plan = mine;
	}
	return row->of_plan;
}

/* Effects. */

struct plan_effect *plan_next_effect(struct plan *p)
{
	struct plan_effect *effect = p->first_effect;

	if (!effect)
		return NULL;
	p->first_effect = effect->next;
	if (!p->first_effect)
		p->last_effect = &p->first_effect;
	effect->next = NULL;
	return effect;
}

static struct plan_effect *add_effect(struct plan *p, enum plan_effect_kind kind,
				      const struct snapshot_row *row,
				      const struct snapshot_hold *hold, const char *reason)
{
	struct plan_effect *effect = mem_new(1, sizeof(*effect));
	const struct config_pool *pool = p->cluster.config ?
					 config_pool_of(p->cluster.config, &row->ip) : NULL;

	effect->kind = kind;
	effect->ip = row->ip;
	effect->reason = reason;
	memcpy(effect->claimant, ((const struct plan_row *)row->of_plan)->claimant, PLAN_MAC_MAX);
	memcpy(effect->service, hold->service->key, strlen(hold->service->key) + 1);
	memcpy(effect->uid, hold->service->uid, sizeof(effect->uid));
	if (pool)
		memcpy(effect->pool, pool->name, strnlen(pool->name, sizeof(effect->pool) - 1));
	*p->last_effect = effect;
	p->last_effect = &effect->next;
	return effect;
}

/* What became of one service on one address; quiet: it is old news. */
static void settle_hold(struct plan *p, const struct snapshot_row *row, struct snapshot_hold *hold,
			bool quiet)
{
	const struct plan_row *mine = row->of_plan;
	enum table_reason counts = decide_service(&p->cluster, hold->service);
	bool answers = mine->has_verdict && mine->verdict == TABLE_OK;
	bool announced = answers && !hold->ended && counts == TABLE_OK;
	const char *reason = hold->ended ? hold->ended :
			     table_reason_word(counts != TABLE_OK ? counts : mine->verdict);

	if (announced == hold->announced)
		return;
	hold->announced = announced;
	if (quiet)
		return;
	add_effect(p, announced ? PLAN_ANNOUNCED : PLAN_WITHDRAWN, row, hold,
		   announced ? NULL : reason);
	if (announced && mine->last_resort)
		add_effect(p, PLAN_LABEL_IGNORED, row, hold, NULL);
}

/* The same effect for every service of the row. */
static void tell_all(struct plan *p, const struct snapshot_row *row, enum plan_effect_kind kind,
		     bool may_be_known)
{
	for (size_t i = 0; i < row->n_hold; i++)
		if (!row->hold[i].ended)
			add_effect(p, kind, row, &row->hold[i], NULL)->may_be_known = may_be_known;
}

/* What the announcer says. */

/* The names by commas, shared by all rows that have the same ones. */
static const char *share_interfaces(struct plan *p, const struct table_verdict *verdict)
{
	char text[TABLE_MAX_INTERFACES * (TABLE_INTERFACE_NAME_MAX + 1)] = "";
	char *shared, *at = text;

	for (size_t i = 0; i < verdict->n_interface; i++) {
		size_t n = strlen(verdict->interface[i]);

		if (i > 0)
			*at++ = ',';
		memcpy(at, verdict->interface[i], n + 1);
		at += n;
	}
	shared = strmap_get(&p->interfaces, text);
	if (shared)
		return shared;
	if (p->interfaces.n == MAX_INTERFACE_TEXTS)
		return "";
	shared = mem_strdup(text);
	strmap_put(&p->interfaces, text, shared);
	return shared;
}

static const char *name_of(const struct plan *p, uint16_t node)
{
	return node < TABLE_MAX_NODES && p->cluster.nodes.at[node].name ? p->cluster.nodes.at[node].name :
									   "another node";
}

/* One effect for each service of the row, with whose it was. */
static void tell_moved(struct plan *p, const struct snapshot_row *row,
		       const struct table_verdict *verdict)
{
	const char *from = name_of(p, verdict->from);

	for (size_t i = 0; i < row->n_hold; i++) {
		struct plan_effect *effect;

		if (!row->hold[i].announced)
			continue;
		effect = add_effect(p, PLAN_MOVED, row, &row->hold[i], NULL);
		effect->cause = verdict->cause;
		memcpy(effect->from, from, strnlen(from, sizeof(effect->from) - 1));
	}
}

static void keep_change(struct plan *p, int64_t at_ms, const struct table_verdict *verdict,
			enum table_reason reason_before, uint16_t owner_before)
{
	enum table_reason reason = verdict->reason;
	const char *event = NULL;
	char ip[IP_TEXT_MAX];
	struct text message;

	text_init(&message, CHANGE_MAX_BYTES);
	if (reason == TABLE_OK && reason_before != TABLE_OK) {
		event = "announced";
		text_add(&message, "this node answers now: ");
		reasons_of_cause(&message, verdict->cause, name_of(p, verdict->from));
	} else if (reason != TABLE_OK && verdict->owner != owner_before && verdict->owner != NODES_NONE) {
		event = "owner";
		text_addf(&message, "%s answers now", name_of(p, verdict->owner));
		if (owner_before != NODES_NONE)
			text_addf(&message, ", %s did before", name_of(p, owner_before));
	} else if (reason != TABLE_OK && reason != reason_before && reason != TABLE_NOT_OWNER &&
		   reason != TABLE_TAKING && reason != TABLE_NOT_SYNCED) {
		event = table_reason_word(reason);
		text_add(&message, reasons_sentence(reason));
	}
	if (event)
		history_add(&p->history, at_ms, ip_format(&verdict->ip, ip), event, message.s);
	text_done(&message);
}

void plan_on_verdict(struct plan *p, const struct table_verdict *verdict, int64_t now_ms)
{
	struct snapshot_row *row = snapshot_find(&p->cluster, &verdict->ip);
	struct plan_row *mine;
	enum table_reason before;
	uint16_t owner_before;
	bool quiet;

	if (!row)
		return;
	mine = of_plan(row);
	owner_before = mine->owner;
	before = mine->has_verdict ? (enum table_reason)mine->verdict : TABLE_NOT_SYNCED;
	quiet = !mine->has_verdict && now_ms - verdict->since_ms < p->started_ms;
	mine->has_verdict = true;
	mine->verdict = (uint8_t)verdict->reason;
	mine->owner = verdict->owner;
	mine->since_ms = now_ms - verdict->since_ms;
	mine->interfaces = share_interfaces(p, verdict);
	for (size_t i = 0; i < row->n_hold; i++)
		settle_hold(p, row, &row->hold[i], quiet);
	mine->label_told |= mine->last_resort && verdict->reason == TABLE_OK;
	if (quiet)
		return;
	keep_change(p, mine->since_ms, verdict, before, owner_before);
	if (verdict->reason == TABLE_OK && before != TABLE_OK && verdict->cause > TABLE_CAUSE_FREE)
		tell_moved(p, row, verdict);
	if (verdict->reason == TABLE_NO_INTERFACE && before != TABLE_NO_INTERFACE)
		tell_all(p, row, PLAN_NO_INTERFACE, false);
}

void plan_on_claim(struct plan *p, const struct table_claim *claim, int64_t now_ms)
{
	struct snapshot_row *row = snapshot_find(&p->cluster, &claim->ip);
	const uint8_t *mac = claim->mac;
	struct plan_row *mine;

	if (!row)
		return;
	mine = of_plan(row);
	mine->claimant[0] = '\0';
	if (claim->gone)
		return;
	snprintf(mine->claimant, sizeof(mine->claimant), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	tell_all(p, row, PLAN_CLAIMED, now_ms < p->started_ms + FRESH_MS);
}

void plan_on_counts(struct plan *p, const struct table_counts *counts)
{
	struct snapshot_row *row = snapshot_find(&p->cluster, &counts->ip);
	struct plan_row *mine;

	if (!row)
		return;
	mine = of_plan(row);
	mine->requests = counts->requests;
	mine->responses = counts->responses;
	mine->gratuitous = counts->gratuitous;
	mine->takes = counts->takes;
}

static void forget_dead(struct plan *p)
{
	const char **name = strmap_sorted_keys(&p->member);

	for (size_t i = 0, n = p->member.n; i < n; i++)
		if (!((const struct plan_member *)strmap_get(&p->member, name[i]))->alive)
			free(strmap_remove(&p->member, name[i]));
	free(name);
}

bool plan_on_member(struct plan *p, const struct table_member *from, int64_t now_ms)
{
	struct plan_member *member = strmap_get(&p->member, from->name);
	bool was_alive = member && member->alive;

	if (!member) {
		if (p->member.n == MAX_MEMBERS)
			forget_dead(p);
		if (p->member.n == MAX_MEMBERS)
			return false;
		member = mem_new(1, sizeof(*member));
		strmap_put(&p->member, from->name, member);
	} else if (from->alive && !was_alive) {
		member->returned_ms[1] = member->returned_ms[0];
		member->returned_ms[0] = now_ms;
	}
	member->alive = from->alive;
	member->self = from->self;
	return member->alive != was_alive;
}

size_t plan_n_members(const struct plan *p)
{
	const char *name;
	void *value;
	size_t n = 0;

	for (size_t at = 0; strmap_next(&p->member, &at, &name, &value);)
		n += ((const struct plan_member *)value)->alive;
	return n;
}

/* Messages. */

/* Of what a row says; names, since a number may have come to mean another node. */
static uint64_t hash_decision(const struct snapshot *s, const struct decision *d)
{
	uint64_t hash = hash_bytes(HASH_EMPTY, &d->withheld, sizeof(d->withheld));

	for (size_t i = 0; i < d->n_candidate; i++) {
		const char *name = s->nodes.at[d->candidate[i]].name;

		hash = hash_bytes(hash, &d->candidate[i], sizeof(d->candidate[i]));
		hash = hash_field(hash, name);
	}
	hash = hash_bytes(hash, &d->differs, sizeof(d->differs));
	for (size_t i = 0; i < d->n_interface; i++)
		hash = hash_field(hash, d->interface[i]);
	return hash;
}

static bool message_of_row(struct plan *p, struct snapshot_row *row, struct table_message *out_m)
{
	struct plan_row *mine = of_plan(row);
	uint64_t hash = hash_decision(&p->cluster, &p->decision);
	bool touched = row->touched;

	row->touched = false;
	mine->limited = p->decision.n_interface > 0;
	if (mine->sent && mine->sent_hash == hash) {
		*out_m = (struct table_message){ .kind = TABLE_TOUCH, .drop = row->ip };
		return touched;
	}
	p->n_sent += !mine->sent;
	mine->sent = true;
	mine->sent_hash = hash;
	*out_m = (struct table_message){
		.kind = TABLE_ROW,
		.row = { .ip = row->ip,
			 .withheld = p->decision.withheld,
			 .candidate = p->decision.candidate,
			 .n_candidate = p->decision.n_candidate,
			 .n_interface = p->decision.n_interface,
			 .differs = p->decision.differs },
	};
	memcpy(out_m->row.interface, p->decision.interface, sizeof(out_m->row.interface));
	return true;
}

bool plan_is_alive(const struct plan *p, const struct nodes_node *node)
{
	const struct plan_member *member;

	if (p->member.n == 0)
		return node->ready;
	member = strmap_get(&p->member, node->name);
	return member && member->alive;
}

/* Is one of the candidates alive that the exclude label leaves? */
static bool first_lives(const struct plan *p, const struct decision *d)
{
	for (size_t i = 0; i < d->n_first; i++)
		if (plan_is_alive(p, &p->cluster.nodes.at[d->candidate[i]]))
			return true;
	return false;
}

/* Would this node answer only for want of others? */
static bool is_last_resort(const struct plan *p, const struct decision *d)
{
	return decide_is_last_resort(d, nodes_find(&p->cluster.nodes, p->node_name));
}

/* A service that shares the address may have a reason of its own. */
static void note_silence(struct plan *p, struct snapshot_hold *hold)
{
	enum table_reason reason = hold->ended ? TABLE_OK : decide_service(&p->cluster, hold->service);

	if (!hold->ended && reason == TABLE_OK)
		reason = p->decision.withheld;
	p->silent |= silence_set(&hold->silence, reason);
}

/* Of all that live one tells, another one for each service. */
static bool is_mine_to_tell(const struct plan *p, const char *service)
{
	uint64_t mine = silence_weight(p->node_name, service);
	const struct strmap *map = p->member.n > 0 ? &p->member : &p->cluster.nodes.by_name;
	const char *name;
	void *value;

	for (size_t at = 0; strmap_next(map, &at, &name, &value);) {
		const struct plan_member *member = value;
		const struct nodes_node *node = value;

		if ((p->member.n > 0 ? member->alive : node->known && node->ready) &&
		    silence_weight(name, service) < mine)
			return false;
	}
	return true;
}

static void tell_silence(struct plan *p, const struct snapshot_row *row,
			 const struct snapshot_hold *hold, int64_t now_ms)
{
	enum table_reason reason = (enum table_reason)hold->silence.reason;
	struct plan_effect *effect;

	if (!is_mine_to_tell(p, hold->service->key))
		return;
	effect = add_effect(p, PLAN_SILENT, row, hold, table_reason_word(reason));
	effect->why = reasons_sentence(reason);
	effect->may_be_known = now_ms < p->started_ms + FRESH_MS;
}

void plan_tick(struct plan *p, int64_t now_ms)
{
	p->silent = false;
	for (size_t i = 0; i < p->cluster.n_row; i++) {
		struct snapshot_row *row = p->cluster.row[i];

		for (size_t k = 0; k < row->n_hold; k++) {
			enum silence_due due = silence_is_due(&row->hold[k].silence, now_ms);

			p->silent |= due == SILENCE_LATER;
			if (due == SILENCE_NOW)
				tell_silence(p, row, &row->hold[k], now_ms);
		}
	}
}

/* Decide a row anew; true: there is something to send. */
static bool work_on(struct plan *p, struct snapshot_row *row, struct table_message *out_m)
{
	struct plan_row *mine = of_plan(row);
	bool had_label_told = mine->label_told, sent = mine->sent;
	struct ip ip = row->ip;

	decide_row(&p->cluster, row, &p->decision);
	mine->last_resort = is_last_resort(p, &p->decision);
	mine->label_told = mine->last_resort && !first_lives(p, &p->decision);
	mine->withheld = (uint8_t)p->decision.withheld;
	mine->absence = (uint8_t)decide_absence(&p->cluster, &p->decision);
	for (size_t i = 0; i < row->n_hold; i++) {
		if (row->hold[i].announced && mine->label_told && !had_label_told)
			add_effect(p, PLAN_LABEL_IGNORED, row, &row->hold[i], NULL);
		settle_hold(p, row, &row->hold[i], false);
		note_silence(p, &row->hold[i]);
	}
	if (snapshot_settle(&p->cluster, row))
		return message_of_row(p, row, out_m);
	p->n_sent -= sent;
	*out_m = (struct table_message){ .kind = TABLE_DROP, .drop = ip };
	return sent;
}

bool plan_next_message(struct plan *p, struct table_message *out_m)
{
	struct snapshot_row *row;

	if (nodes_next_changed(&p->cluster.nodes, &out_m->node)) {
		out_m->kind = TABLE_NODE;
		return true;
	}
	while ((row = snapshot_next_dirty(&p->cluster)))
		if (work_on(p, row, out_m))
			return true;
	if (p->synced)
		return false;
	p->synced = true;
	*out_m = (struct table_message){ .kind = TABLE_SYNCED, .synced = { .n_rows = p->n_sent } };
	return true;
}
