/* plan_view - see plan_view.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/plan_view.h"

#include <string.h>

size_t plan_view_n_claims(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->cluster.n_row; i++) {
		const struct plan_row *mine = p->cluster.row[i]->of_plan;

		n += mine && mine->claimant[0];
	}
	return n;
}

enum plan_announcing plan_view_announcing(const struct plan *p, const char *key,
					  const char **out_interfaces)
{
	const struct snapshot_service *service = strmap_get(&p->cluster.service, key);
	enum plan_announcing found = PLAN_IS_SILENT;

	*out_interfaces = "";
	for (size_t i = 0; service && i < service->n_row && found != PLAN_ANNOUNCES; i++) {
		const struct snapshot_row *row = service->row[i];
		const struct plan_row *mine = row->of_plan;

		if (!mine || !mine->has_verdict)
			found = PLAN_MAY_ANNOUNCE;
		for (size_t k = 0; k < row->n_hold; k++) {
			if (row->hold[k].service != service || !row->hold[k].announced)
				continue;
			found = PLAN_ANNOUNCES;
			*out_interfaces = mine->limited ? mine->interfaces : "";
		}
	}
	return found;
}

/* Who would answer if the owner went. */
static const char *next_of(const struct plan *p, const struct decision *d, uint16_t owner)
{
	for (size_t i = 0; i < d->n_candidate; i++) {
		const struct nodes_node *node = &p->cluster.nodes.at[d->candidate[i]];

		if (d->candidate[i] != owner && plan_is_alive(p, node))
			return node->name;
	}
	return NULL;
}

static enum table_reason reason_of(const struct plan_row *mine, enum table_reason withheld,
				   enum table_reason absence)
{
	if (withheld != TABLE_OK)
		return withheld;
	if (!mine || !mine->has_verdict)
		return TABLE_NOT_SYNCED;
	if (mine->verdict == TABLE_NOT_OWNER && absence != TABLE_OK)
		return absence;
	return (enum table_reason)mine->verdict;
}

/* The same as in plan_view_row(), of what was decided last. */
static enum table_reason reason_of_row(const struct plan *p, const struct snapshot_row *row)
{
	const struct plan_row *mine = row->of_plan;
	struct decision d;

	if (mine)
		return reason_of(mine, (enum table_reason)mine->withheld,
				 (enum table_reason)mine->absence);
	decide_row(&p->cluster, row, &d);
	return reason_of(NULL, d.withheld, TABLE_OK);
}

void plan_view_count_reasons(const struct plan *p, size_t out_n[static TABLE_N_REASONS])
{
	memset(out_n, 0, TABLE_N_REASONS * sizeof(*out_n));
	for (size_t i = 0; i < p->cluster.n_row; i++)
		out_n[reason_of_row(p, p->cluster.row[i])]++;
}

void plan_view_row(const struct plan *p, const struct snapshot_row *row, struct plan_view *out_view)
{
	const struct plan_row *mine = row->of_plan;
	bool said = mine && mine->has_verdict;
	uint16_t owner = said ? mine->owner : NODES_NONE;
	struct plan_view view = { .row = row };
	struct decision d;

	decide_row(&p->cluster, row, &d);
	view.reason = reason_of(mine, d.withheld, decide_absence(&p->cluster, &d));
	view.state = view.reason == TABLE_OK			  ? PLAN_IS_ANNOUNCED :
		     said && d.withheld == TABLE_OK &&
		     mine->verdict == TABLE_NOT_OWNER ? PLAN_IS_NOT_OWNER :
						       PLAN_IS_WITHHELD;
	view.pool = d.pool;
	view.since_ms = said ? mine->since_ms : 0;
	view.interfaces = said && mine->interfaces[0] ? mine->interfaces : NULL;
	view.claimant = said && mine->claimant[0] ? mine->claimant : NULL;
	if (d.withheld == TABLE_OK) {
		view.label_ignored = decide_is_last_resort(&d, owner);
		view.owner = owner < TABLE_MAX_NODES ? p->cluster.nodes.at[owner].name : NULL;
		view.next = next_of(p, &d, owner);
	}
	*out_view = view;
}
