/* overview - see overview.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/overview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/core/doctor_text.h"
#include "cli/core/grid.h"
#include "cli/core/who.h"

#define TEXT_MAX_BYTES 65536
#define NUMBER_MAX 24
#define MAX_NAMES 6 /* in a cell */

int64_t overview_free(const struct view_pool *pool)
{
	return pool->size > pool->used ? pool->size - pool->used : 0;
}

static void take_speaker(const struct view *view, const struct view_daemon *d,
			 struct overview_speaker *out)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];
	const struct view_status *s = d->status;

	*out = (struct overview_speaker){ .daemon = d };
	if (!s)
		return;
	for (size_t i = 0; i < s->n_address; i++)
		out->n_announced += together_is_announced(&s->address[i]);
	for (size_t i = 0; i < s->n_member; i++)
		if (s->member[i].alive)
			view_words_add(&out->sees, s->member[i].name);
	if (str_equal(s->ring.state, "off") || str_equal(s->ring.state, "waiting"))
		return; /* its members are the API's nodes, or it listens to nobody yet */
	for (size_t i = 0; i < speakers->n; i++) {
		const struct view_daemon *other = &speakers->at[i];

		if (other->node && !other->pod_trouble && !view_sees(s, other->node))
			view_words_add(&out->misses, other->node);
	}
}

static void take_waiting(struct overview *o)
{
	const struct view_status *s = o->leader ? o->leader->status : NULL;

	if (!s)
		return;
	o->waiting = mem_new(s->n_service + 1, sizeof(struct view_service *));
	for (size_t i = 0; i < s->n_service; i++)
		if (s->service[i].reason)
			o->waiting[o->n_waiting++] = &s->service[i];
}

static void count_answered(struct overview *o)
{
	struct who who;

	who_of(o->view, NULL, &who);
	o->n_address = who.n;
	for (size_t i = 0; i < who.n; i++)
		o->n_answered += who.row[i].owner && who.row[i].t.n_announce <= 1;
	who_done(&who);
}

void overview_of(const struct view *view, int64_t now_us, struct overview *out_overview)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];
	struct overview o = { .view = view, .leader = view_leader(view) };

	take_waiting(&o);
	o.speaker = mem_new(speakers->n + 1, sizeof(*o.speaker));
	for (size_t i = 0; i < speakers->n; i++)
		take_speaker(view, &speakers->at[i], &o.speaker[o.n_speaker++]);
	count_answered(&o);
	doctor_examine(view, now_us, &o.doctor);
	doctor_drop(&o.doctor, DOCTOR_WAITING);
	*out_overview = o;
}

void overview_done(struct overview *o)
{
	for (size_t i = 0; i < o->n_speaker; i++) {
		view_words_done(&o->speaker[i].sees);
		view_words_done(&o->speaker[i].misses);
	}
	free(o->speaker);
	free(o->waiting);
	doctor_done(&o->doctor);
	*o = (struct overview){ 0 };
}

/* ---- for people ---- */

static void begin(struct grid *g, const char *const *head, size_t n)
{
	grid_init(g, n);
	for (size_t i = 0; i < n; i++)
		grid_add(g, head[i], GRID_FAINT);
}

static void end(struct grid *g, bool colour, struct text *out)
{
	text_add(out, "\n");
	grid_format(g, colour, out);
	grid_done(g);
}

static void add_number(struct grid *g, int64_t number, enum grid_style style)
{
	char text[NUMBER_MAX];

	if (number == INT64_MAX) {
		grid_add(g, "many", style);
		return;
	}
	snprintf(text, sizeof(text), "%lld", (long long)number);
	grid_add(g, text, style);
}

static void format_pools(const struct overview *o, bool colour, struct text *out)
{
	static const char *const head[] = { "POOL", "SIZE", "USED", "FREE" };
	const struct view_status *s = o->leader ? o->leader->status : NULL;
	struct grid g;

	if (!s || s->n_pool == 0)
		return;
	begin(&g, head, ARRAY_LEN(head));
	for (size_t i = 0; i < s->n_pool; i++) {
		const struct view_pool *pool = &s->pool[i];
		int64_t left = overview_free(pool);

		grid_add(&g, pool->name, GRID_STRONG);
		add_number(&g, pool->size, GRID_PLAIN);
		add_number(&g, pool->used, GRID_PLAIN);
		add_number(&g, pool->size == INT64_MAX ? INT64_MAX : left,
			   left == 0 ? GRID_BAD : GRID_PLAIN);
	}
	end(&g, colour, out);
}

static void format_waiting(const struct overview *o, bool colour, struct text *out)
{
	static const char *const head[] = { "WAITING", "REASON", "MESSAGE" };
	struct grid g;

	if (o->n_waiting == 0)
		return;
	begin(&g, head, ARRAY_LEN(head));
	for (size_t i = 0; i < o->n_waiting; i++) {
		grid_add(&g, o->waiting[i]->key, GRID_STRONG);
		grid_add(&g, o->waiting[i]->reason, GRID_BAD);
		grid_add(&g, o->waiting[i]->message, GRID_PLAIN);
	}
	end(&g, colour, out);
}

/* Names while they are few, then how many. */
static void add_names(struct grid *g, const struct view_words *words, enum grid_style style)
{
	struct text t;

	if (words->n > MAX_NAMES) {
		add_number(g, (int64_t)words->n, style);
		return;
	}
	text_init(&t, TEXT_MAX_BYTES);
	for (size_t i = 0; i < words->n; i++)
		text_addf(&t, "%s%s", i > 0 ? " " : "", words->at[i]);
	grid_add(g, t.s, style);
	text_done(&t);
}

static void add_speaker(struct grid *g, const struct overview_speaker *s)
{
	const struct view_status *status = s->daemon->status;
	bool joined = status && (str_equal(status->ring.state, "joined") ||
				 str_equal(status->ring.state, "off"));

	grid_add(g, s->daemon->node ? s->daemon->node : s->daemon->name, GRID_STRONG);
	grid_add(g, !status ? "not read" : status->ready ? "yes" : "no",
		 !status ? GRID_DOUBTFUL : status->ready ? GRID_GOOD : GRID_BAD);
	if (status)
		add_number(g, (int64_t)s->n_announced, GRID_PLAIN);
	else
		grid_add(g, NULL, GRID_PLAIN);
	grid_add(g, status ? status->ring.state : NULL, joined ? GRID_PLAIN : GRID_BAD);
	add_names(g, &s->sees, GRID_PLAIN);
	add_names(g, &s->misses, s->misses.n > 0 ? GRID_BAD : GRID_PLAIN);
	grid_add(g, status ? status->config_hash : NULL, GRID_PLAIN);
}

static void format_speakers(const struct overview *o, bool colour, struct text *out)
{
	static const char *const head[] = { "SPEAKER", "READY", "ANSWERS", "RING", "SEES", "MISSES",
					    "CONFIG" };
	struct grid g;

	if (o->n_speaker == 0)
		return;
	begin(&g, head, ARRAY_LEN(head));
	for (size_t i = 0; i < o->n_speaker; i++)
		add_speaker(&g, &o->speaker[i]);
	end(&g, colour, out);
}

static void format_head(const struct overview *o, struct text *out)
{
	const struct view_status *s = o->leader ? o->leader->status : NULL;

	text_addf(out, "TinLB%s%s", o->view->server ? " in namespace " : "",
		  o->view->server ? o->view->namespace : "");
	if (s && s->leader)
		text_addf(out, ", controller %s leads", s->leader);
	if (s && s->config_source)
		text_addf(out, ", %s%s", s->config_source, s->config_stale ? " (stale)" : "");
	text_addf(out, ": %zu of %zu addresses answered\n", o->n_answered, o->n_address);
}

/* What the daemons think worth knowing; nothing is wrong about it. */
static void format_notes(const struct overview *o, bool colour, struct text *out)
{
	struct text t;

	text_init(&t, TEXT_MAX_BYTES);
	for (size_t c = 0; c < VIEW_N_COMPONENTS; c++) {
		for (size_t i = 0; i < o->view->daemon[c].n; i++) {
			const struct view_daemon *d = &o->view->daemon[c].at[i];

			for (size_t k = 0; d->status && k < d->status->note.n; k++)
				text_addf(&t, "%s says: %s\n", d->name, d->status->note.at[k]);
		}
	}
	text_add(out, t.n > 0 ? "\n" : "");
	grid_paint(out, t.s, GRID_FAINT, colour);
	text_done(&t);
}

static void format_findings(const struct doctor *doctor, bool colour, struct text *out)
{
	text_add(out, doctor->n > 0 ? "\n" : "");
	for (size_t i = 0; i < doctor->n; i++) {
		grid_paint(out, "! ", GRID_BAD, colour);
		doctor_format_finding(&doctor->at[i], colour, out);
	}
	if (doctor->n > 0)
		grid_paint(out, "  (tinlb doctor says what to do)\n", GRID_FAINT, colour);
}

void overview_format(const struct overview *o, bool colour, struct text *out_text)
{
	struct text head;

	text_init(&head, TEXT_MAX_BYTES);
	format_head(o, &head);
	grid_paint(out_text, head.s, GRID_PLAIN, colour);
	text_done(&head);
	format_pools(o, colour, out_text);
	format_waiting(o, colour, out_text);
	format_speakers(o, colour, out_text);
	format_notes(o, colour, out_text);
	format_findings(&o->doctor, colour, out_text);
}
