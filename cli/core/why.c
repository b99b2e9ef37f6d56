/* why - see why.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/why.h"

#include <stdlib.h>
#include <string.h>

#include "cli/core/grid.h"
#include "cli/core/who.h"
#include "cli/core/why_steps.h"

#define TEXT_MAX_BYTES 65536

const char *why_link_word(enum why_link link)
{
	static const char *const word[WHY_N_LINKS] = {
		"service", "configuration", "address", "candidates", "owner", "interface", "alone",
		"pods", "node",
	};

	CHECK(link < WHY_N_LINKS);
	return word[link];
}

const char *why_state_word(enum why_state state)
{
	static const char *const word[WHY_N_STATES] = { "ok", "doubtful", "broken", "unknown",
							"skipped" };

	CHECK(state < WHY_N_STATES);
	return word[state];
}

static bool has_state(const struct why *why, enum why_state state, enum why_link *out_link)
{
	for (enum why_link i = 0; i < WHY_N_LINKS; i++) {
		if (why->step[i].state == state) {
			*out_link = i;
			return true;
		}
	}
	return false;
}

enum why_state why_state(const struct why *why)
{
	static const enum why_state worst_first[] = { WHY_BROKEN, WHY_UNKNOWN, WHY_DOUBTFUL };
	enum why_link link;

	for (size_t i = 0; i < ARRAY_LEN(worst_first); i++)
		if (has_state(why, worst_first[i], &link))
			return worst_first[i];
	return WHY_OK;
}

static char *subject_of(const struct why_work *w)
{
	char ip[IP_TEXT_MAX];
	struct text t;

	text_init(&t, TEXT_MAX_BYTES);
	if (!w->q->ip)
		text_add(&t, w->q->service);
	else if (w->services.n > 0)
		text_addf(&t, "%s (%s)", ip_format(w->q->ip, ip), w->services.s);
	else
		text_add(&t, ip_format(w->q->ip, ip));
	return text_take(&t);
}

/* Who answers, and where. */
static void add_answer(const struct why_work *w, struct text *t)
{
	const struct why_step *interface = &w->why->step[WHY_INTERFACE];

	text_addf(t, "%s answers", w->owner);
	if (interface->state == WHY_OK)
		text_addf(t, " on %s", interface->sentence);
}

static void add_what_is_broken(const struct why_work *w, enum why_link link, struct text *t)
{
	if (link == WHY_CONFIG || link == WHY_ADDRESS)
		text_add(t, w->q->ip ? "" : "no address: ");
	else if ((link == WHY_CANDIDATES || link == WHY_OWNER || link == WHY_INTERFACE) &&
		 w->t.n_announce == 0)
		text_add(t, "nobody answers: ");
	text_add(t, w->why->step[link].sentence);
}

static char *verdict_of(const struct why_work *w)
{
	const struct why *why = w->why;
	enum why_link link;
	struct text t;

	text_init(&t, TEXT_MAX_BYTES);
	text_addf(&t, "%s: ", why->subject);
	if (why->step[WHY_NODE].state == WHY_OK && !has_state(why, WHY_BROKEN, &link)) {
		text_add(&t, why->step[WHY_NODE].sentence);
		if (w->owner && why->step[WHY_NODE].reason)
			text_addf(&t, "; %s answers", w->owner);
	} else if (has_state(why, WHY_BROKEN, &link)) {
		add_what_is_broken(w, link, &t);
	} else if (has_state(why, WHY_UNKNOWN, &link)) {
		text_addf(&t, "not known: %s", why->step[link].sentence);
	} else if (why->step[WHY_OWNER].state == WHY_DOUBTFUL) {
		text_add(&t, why->step[WHY_OWNER].sentence);
	} else if (w->owner) {
		add_answer(w, &t);
		if (has_state(why, WHY_DOUBTFUL, &link))
			text_addf(&t, ", but: %s", why->step[link].sentence);
		else
			text_add(&t, ", nothing is wrong");
	}
	return text_take(&t);
}

void why_of(const struct view *view, const struct why_question *question, struct why *out_why)
{
	struct why_work w = { .view = view, .q = question, .why = out_why };

	*out_why = (struct why){ 0 };
	for (size_t i = 0; i < WHY_N_LINKS; i++)
		out_why->step[i].state = WHY_SKIPPED;
	text_init(&w.services, TEXT_MAX_BYTES);
	if (question->ip) {
		together_of(view, question->ip, &w.t);
		w.owner = who_owner(view, &w.t, &w.is_hearsay);
		(void)together_services(view, &w.t, &w.services);
	}
	out_why->subject = subject_of(&w);
	why_steps_service(&w);
	why_steps_config(&w);
	why_steps_address(&w);
	why_steps_candidates(&w);
	why_steps_owner(&w);
	why_steps_interface(&w);
	why_steps_alone(&w);
	why_steps_pods(&w);
	why_steps_node(&w);
	out_why->verdict = verdict_of(&w);
	text_done(&w.services);
}

void why_done(struct why *why)
{
	for (size_t i = 0; i < WHY_N_LINKS; i++) {
		free(why->step[i].sentence);
		free(why->step[i].advice);
	}
	free(why->subject);
	free(why->verdict);
	*why = (struct why){ 0 };
}

/* ---- for people ---- */

static void add_step(struct grid *g, enum why_link link, const struct why_step *step, bool is_first)
{
	static const enum grid_style style[WHY_N_STATES] = { GRID_GOOD, GRID_DOUBTFUL, GRID_BAD,
							     GRID_DOUBTFUL, GRID_FAINT };
	bool strong = step->state == WHY_BROKEN;

	grid_add(g, is_first ? "->" : "  ", GRID_BAD);
	grid_add(g, why_link_word(link), step->state == WHY_SKIPPED ? GRID_FAINT : GRID_PLAIN);
	grid_add(g, why_state_word(step->state), style[step->state]);
	grid_add(g, step->sentence, strong ? GRID_STRONG : style[step->state] == GRID_FAINT ?
	      GRID_FAINT : GRID_PLAIN);
}

static void add_advice(const struct why *why, enum why_state state, bool colour, struct text *out)
{
	for (enum why_link i = 0; i < WHY_N_LINKS; i++) {
		struct text lead;

		if (!why->step[i].advice || why->step[i].state != state)
			continue;
		text_init(&lead, TEXT_MAX_BYTES);
		text_addf(&lead, "\nWhat to do (%s): ", why_link_word(i));
		grid_paint(out, lead.s, GRID_STRONG, colour);
		grid_paint(out, why->step[i].advice, GRID_PLAIN, colour);
		text_add(out, ".\n");
		text_done(&lead);
	}
}

void why_format(const struct why *why, bool colour, struct text *out_text)
{
	enum why_state state = why_state(why);
	struct grid grid;
	bool marked = false;

	grid_paint(out_text, why->verdict, state == WHY_OK	 ? GRID_GOOD :
					   state == WHY_BROKEN ? GRID_BAD :
								 GRID_DOUBTFUL, colour);
	text_add(out_text, "\n\n");
	grid_init(&grid, 4);
	for (enum why_link i = 0; i < WHY_N_LINKS; i++) {
		const struct why_step *step = &why->step[i];
		bool is_first = step->state == WHY_BROKEN && !marked;

		if (i == WHY_NODE && step->state == WHY_SKIPPED)
			continue;
		add_step(&grid, i, step, is_first);
		marked |= is_first;
	}
	grid_format(&grid, colour, out_text);
	grid_done(&grid);
	add_advice(why, WHY_BROKEN, colour, out_text);
	add_advice(why, WHY_DOUBTFUL, colour, out_text);
}
