/* doctor_text - see doctor_text.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/doctor_text.h"

#include <stdlib.h>

#include "cli/core/grid.h"
#include "cli/core/together.h"

#define REMEDY_MAX_BYTES 1024

static size_t n_pages(const struct view *view, enum view_component component)
{
	size_t n = 0;

	for (size_t i = 0; i < view->daemon[component].n; i++)
		n += view->daemon[component].at[i].status != NULL;
	return n;
}

static void add_count(const struct view *view, enum view_component component, struct text *out)
{
	text_addf(out, "%zu of %zu %s%s", n_pages(view, component), view->daemon[component].n,
		  view_component_word(component), view->daemon[component].n == 1 ? "" : "s");
}

static void format_healthy(const struct view *view, bool colour, struct text *out)
{
	size_t n_addresses;

	free(together_addresses(view, &n_addresses));
	grid_paint(out, "healthy", GRID_GOOD, colour);
	text_add(out, ": ");
	if (view->daemon[VIEW_CONTROLLER].n > 0) { /* else it was not asked for one */
		add_count(view, VIEW_CONTROLLER, out);
		text_add(out, " and ");
	}
	add_count(view, VIEW_SPEAKER, out);
	text_addf(out, " answered, %zu address%s, nothing is wrong\n", n_addresses,
		  n_addresses == 1 ? "" : "es");
}

void doctor_format_finding(const struct doctor_finding *finding, bool colour, struct text *out)
{
	static const enum grid_style style[] = { [DOCTOR_ERROR] = GRID_BAD,
						 [DOCTOR_WARNING] = GRID_DOUBTFUL,
						 [DOCTOR_NOTE] = GRID_PLAIN };

	text_addf(out, "%s ", doctor_severity_word(finding->severity));
	grid_paint(out, doctor_word(finding->word), style[finding->severity], colour);
	if (finding->reason) {
		text_add(out, " (");
		grid_paint(out, finding->reason, GRID_PLAIN, colour);
		text_add(out, ")");
	}
	text_add(out, ": ");
	grid_paint(out, finding->sentence, GRID_PLAIN, colour);
	text_add(out, "\n");
}

void doctor_format(const struct doctor *doctor, const struct view *view, bool colour,
		   struct text *out)
{
	struct text remedy;

	for (size_t i = 0; i < doctor->n; i++) {
		doctor_format_finding(&doctor->at[i], colour, out);
		text_init(&remedy, REMEDY_MAX_BYTES);
		doctor_add_remedy(&doctor->at[i], &remedy);
		text_add(out, "    ");
		grid_paint(out, remedy.s, GRID_FAINT, colour);
		text_add(out, "\n");
		text_done(&remedy);
	}
	if (doctor_is_healthy(doctor))
		format_healthy(view, colour, out);
}
