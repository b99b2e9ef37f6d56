/* moves - see moves.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/moves.h"

#include <stdlib.h>
#include <string.h>

#include "cli/core/gaps.h"
#include "cli/core/who.h"

struct moves_seen {
	char *owner, *services; /* owner NULL: nobody */
	int64_t since_us;
	bool present; /* in the look under way */
};

static struct move *add(struct moves_list *list, const struct ip *ip)
{
	list->at = mem_grow(list->at, list->n, &list->cap, sizeof(*list->at));
	list->at[list->n] = (struct move){ .ip = *ip };
	return &list->at[list->n++];
}

/* The same node with a later beginning: it went and came back between two looks. */
static bool has_changed(const struct moves_seen *seen, const struct who_row *row)
{
	bool began_anew = row->t.own && seen->since_us > 0 && row->t.own->since_us > seen->since_us;

	return !str_equal(seen->owner, row->owner) || (row->owner && began_anew);
}

static void take_row(struct moves *m, const struct who_row *row, struct moves_list *out)
{
	char ip[IP_TEXT_MAX];
	struct moves_seen *seen = strmap_get(&m->seen, ip_format(&row->t.ip, ip));
	bool is_new = !seen;
	struct move *move;

	if (is_new) {
		seen = mem_new(1, sizeof(*seen));
		strmap_put(&m->seen, ip, seen);
	}
	seen->present = true;
	if (is_new || has_changed(seen, row)) {
		move = add(out, &row->t.ip);
		move->is_first = is_new;
		move->from = mem_strdup(seen->owner);
		move->to = mem_strdup(row->owner);
		move->services = mem_strdup(row->services);
		move->reason = mem_strdup(row->reason);
	}
	mem_replace(&seen->owner, row->owner);
	mem_replace(&seen->services, row->services);
	seen->since_us = row->t.own ? row->t.own->since_us : 0;
}

static void drop(struct moves *m, const char *key, struct moves_list *out)
{
	struct moves_seen *seen = strmap_get(&m->seen, key);
	struct ip ip;

	if (!seen->present) {
		CHECK(ip_parse(key, &ip) == 0);
		*add(out, &ip) = (struct move){ .ip = ip, .services = seen->services,
						.from = seen->owner, .is_gone = true };
		strmap_remove(&m->seen, key);
		free(seen);
		return;
	}
	seen->present = false;
}

static void drop_absent(struct moves *m, struct moves_list *out)
{
	const char **key = strmap_sorted_keys(&m->seen);
	size_t n = m->seen.n;
	char **copy = mem_new(n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = mem_strdup(key[i]); /* keys go with their entries */
	for (size_t i = 0; i < n; i++) {
		drop(m, copy[i], out);
		free(copy[i]);
	}
	free(copy);
	free(key);
}

void moves_look(struct moves *m, const struct view *view, const struct target *target,
		struct moves_list *out_list)
{
	struct who who;

	m->is_blind = !gaps_has_page(view, VIEW_SPEAKER);
	if (m->is_blind)
		return;
	who_of(view, target, &who);
	for (size_t i = 0; i < who.n; i++)
		take_row(m, &who.row[i], out_list);
	who_done(&who);
	drop_absent(m, out_list);
}

void moves_done(struct moves *m)
{
	struct moves_list list = { 0 };

	drop_absent(m, &list); /* once to forget that they were there, once to drop them */
	drop_absent(m, &list);
	moves_list_done(&list);
	strmap_done(&m->seen);
}

void moves_list_done(struct moves_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->at[i].services);
		free(list->at[i].from);
		free(list->at[i].to);
		free(list->at[i].reason);
	}
	free(list->at);
	*list = (struct moves_list){ 0 };
}

void moves_format(const struct move *move, struct text *out_text)
{
	char ip[IP_TEXT_MAX];

	text_add(out_text, ip_format(&move->ip, ip));
	if (move->services)
		text_addf(out_text, " (%s)", move->services);
	if (move->is_gone)
		text_add(out_text, ": no service has it any more");
	else if (move->is_first && move->to)
		text_addf(out_text, ": %s answers", move->to);
	else if (move->is_first)
		text_add(out_text, ": nobody answers");
	else if (str_equal(move->from, move->to))
		text_addf(out_text, ": %s answers anew", move->to);
	else
		text_addf(out_text, ": %s -> %s", move->from ? move->from : "nobody",
			  move->to ? move->to : "nobody");
	if (move->reason)
		text_addf(out_text, " (%s)", move->reason);
}
