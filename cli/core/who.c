/* who - see who.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/who.h"

#include <stdlib.h>
#include <string.h>

#include "cli/core/age.h"
#include "cli/core/grid.h"
#include "cli/core/why_reasons.h"

#define TEXT_MAX_BYTES 65536

/* Hearsay counts while the others see that node alive and its own page is missing. */
const char *who_owner(const struct view *view, const struct together *t, bool *out_hearsay)
{
	const struct view_daemon *speaker;

	*out_hearsay = false;
	if (t->announcer)
		return view_place(t->announcer);
	speaker = t->owner ? view_speaker_on(view, t->owner) : NULL;
	if (!t->owner || (speaker && speaker->status))
		return NULL;
	*out_hearsay = true;
	return t->owner;
}

/* Those that name another owner than the node that answers. */
static void add_dissent(const struct view *view, const struct together *t, const char *owner,
			struct text *out)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];

	for (size_t i = 0; i < speakers->n; i++) {
		const struct view_daemon *d = &speakers->at[i];
		const struct view_address *entry = view_find_address(d->status, &t->ip);

		if (entry && !together_is_announced(entry) && entry->owner &&
		    !str_equal(entry->owner, owner))
			text_addf(out, "%s%s says that %s answers", out->n > 0 ? ", " : "",
				  view_place(d), entry->owner);
	}
}

static void find_trouble(const struct view *view, const struct who_row *row, struct text *out)
{
	const struct together *t = &row->t;

	if (t->n_announce > 1) {
		together_announcers(view, &t->ip, out);
		text_add(out, " all say that they answer");
	} else if (!row->owner && t->n_read == 0) {
		text_add(out, "not known: no speaker could be asked");
	} else if (!row->owner && !t->any) {
		text_add(out, "nobody answers: no speaker knows it");
	} else if (!row->owner) {
		text_addf(out, "nobody answers: %s", row->reason ? row->reason : "no reason given");
	} else if (t->own && t->own->claimant.n > 0) {
		text_addf(out, "%s, outside of the ring, answers too", t->own->claimant.at[0]);
	}
	if (t->differs && t->n_announce <= 1)
		add_dissent(view, t, row->owner, out);
}

/* Of several reasons the one that says most: not that of a node which waits for another. */
static const char *reason_of(const struct view *view, const struct together *t)
{
	const struct view_daemon *speaker;
	const struct view_address *entry = why_reasons_gravest(view, &t->ip, t->owner, &speaker);

	return entry ? entry->reason : NULL;
}

static void add_row(struct who *who, const struct view *view, const struct ip *ip)
{
	struct who_row *row = &who->row[who->n++];
	struct text services, trouble;

	text_init(&services, TEXT_MAX_BYTES);
	text_init(&trouble, TEXT_MAX_BYTES);
	together_of(view, ip, &row->t);
	row->owner = who_owner(view, &row->t, &row->is_hearsay);
	row->reason = row->owner ? NULL : reason_of(view, &row->t);
	if (together_services(view, &row->t, &services))
		row->services = text_take(&services);
	find_trouble(view, row, &trouble);
	if (trouble.n > 0)
		row->trouble = text_take(&trouble);
	text_done(&services);
	text_done(&trouble);
}

void who_of(const struct view *view, const struct target *target, struct who *out_who)
{
	struct ip *all = NULL;
	size_t n = target ? target->n_ip : 0;
	const struct ip *ip = target ? target->ip : NULL;

	if (!target)
		ip = all = together_addresses(view, &n);
	*out_who = (struct who){ .row = mem_new(n + 1, sizeof(*out_who->row)) };
	for (size_t i = 0; i < n; i++)
		add_row(out_who, view, &ip[i]);
	free(all);
}

void who_done(struct who *who)
{
	for (size_t i = 0; i < who->n; i++) {
		free(who->row[i].services);
		free(who->row[i].trouble);
	}
	free(who->row);
	*who = (struct who){ 0 };
}

bool who_is_well(const struct who *who)
{
	for (size_t i = 0; i < who->n; i++)
		if (who->row[i].trouble)
			return false;
	return true;
}

static void add_owner(struct grid *g, const struct who_row *row)
{
	enum grid_style style = row->trouble ? GRID_BAD : row->is_hearsay ? GRID_DOUBTFUL : GRID_GOOD;

	grid_add(g, row->owner ? row->owner : row->t.n_read > 0 ? "nobody" : "not known", style);
}

static void add_to_grid(struct grid *g, const struct who_row *row, int64_t now_us)
{
	const struct view_address *own = row->t.own;
	char ip[IP_TEXT_MAX], age[AGE_MAX];
	struct text names, macs;

	text_init(&names, TEXT_MAX_BYTES);
	text_init(&macs, TEXT_MAX_BYTES);
	together_interfaces(&row->t, &names, &macs);
	grid_add(g, ip_format(&row->t.ip, ip), GRID_STRONG);
	grid_add(g, row->services, GRID_PLAIN);
	add_owner(g, row);
	grid_add(g, names.s, GRID_PLAIN);
	grid_add(g, macs.s, GRID_PLAIN);
	grid_add(g, own && own->since_us > 0 ? age_format(now_us - own->since_us, age) : NULL,
		 GRID_PLAIN);
	grid_add(g, row->t.any ? row->t.any->next : NULL, GRID_PLAIN);
	text_done(&names);
	text_done(&macs);
}

static void add_note(const struct who_row *row, bool colour, struct text *out)
{
	char ip[IP_TEXT_MAX];
	struct text note;

	ip_format(&row->t.ip, ip);
	text_init(&note, TEXT_MAX_BYTES);
	if (row->trouble)
		text_addf(&note, "%s: %s (tinlb why %s)\n", ip, row->trouble, ip);
	else if (row->is_hearsay)
		text_addf(&note, "%s: the others say so; the page of %s was not read\n", ip,
			  row->owner);
	grid_paint(out, note.s, row->trouble ? GRID_BAD : GRID_DOUBTFUL, colour);
	text_done(&note);
}

void who_format(const struct who *who, int64_t now_us, bool colour, struct text *out_text)
{
	static const char *const head[] = { "ADDRESS", "SERVICE", "NODE", "INTERFACE", "MAC", "SINCE",
					    "NEXT" };
	struct grid grid;

	if (who->n == 0) {
		text_add(out_text, "no service has an address\n");
		return;
	}
	grid_init(&grid, ARRAY_LEN(head));
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		grid_add(&grid, head[i], GRID_FAINT);
	for (size_t i = 0; i < who->n; i++)
		add_to_grid(&grid, &who->row[i], now_us);
	grid_format(&grid, colour, out_text);
	for (size_t i = 0; i < who->n; i++)
		if (who->row[i].trouble || who->row[i].is_hearsay)
			add_note(&who->row[i], colour, out_text);
	grid_done(&grid);
}
