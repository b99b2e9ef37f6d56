/* gaps - see gaps.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/gaps.h"

#include <string.h>

#include "common/core/text.h"

#define SENTENCE_MAX_BYTES 8192

static void add_part(const struct view *view, enum view_part part, struct view_words *out)
{
	static const char *const what[VIEW_N_PARTS] = {
		[VIEW_PODS] = "the pods of TinLB", [VIEW_STATUS] = "the pages of the daemons",
		[VIEW_SERVICES] = "the services",  [VIEW_NODES] = "the nodes",
		[VIEW_CONFIG] = "the configuration", [VIEW_ENDPOINTS] = "the endpoints",
	};
	struct text t;

	if (!view->error[part])
		return;
	text_init(&t, SENTENCE_MAX_BYTES);
	text_addf(&t, "%s could not be read: %s", what[part], view->error[part]);
	view_words_add(out, t.s);
	text_done(&t);
}

static void add_daemon(const struct view *view, const struct view_daemon *d, struct view_words *out)
{
	struct text t;

	if (d->status)
		return;
	text_init(&t, SENTENCE_MAX_BYTES);
	text_add(&t, d->name);
	if (d->node)
		text_addf(&t, " on %s", d->node);
	if (d->pod_trouble)
		text_addf(&t, " does not run (%s): kubectl describe pod -n %s %s says why",
			  d->pod_trouble, view->namespace, d->name);
	else
		text_addf(&t, " could not be read: %s", d->error ? d->error : "it was not asked");
	view_words_add(out, t.s);
	text_done(&t);
}

static void add_absence(const struct view *view, enum view_component component,
			struct view_words *out)
{
	struct text t;

	if (!view_was_read(view, VIEW_PODS) || view->daemon[component].n > 0)
		return;
	text_init(&t, SENTENCE_MAX_BYTES);
	text_addf(&t, "namespace %s has no %s pods: install TinLB, or name its namespace with --namespace",
		  view->namespace, view_component_word(component));
	view_words_add(out, t.s);
	text_done(&t);
}

void gaps_of(const struct view *view, struct view_words *out_sentences)
{
	/* One API server that does not answer is one gap. */
	const char *first = view->error[VIEW_PODS];

	for (enum view_part i = 0; i < VIEW_N_PARTS; i++)
		if (i == VIEW_PODS || !str_equal(view->error[i], first))
			add_part(view, i, out_sentences);
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++) {
		add_absence(view, i, out_sentences);
		for (size_t k = 0; k < view->daemon[i].n; k++)
			add_daemon(view, &view->daemon[i].at[k], out_sentences);
	}
}

bool gaps_has_page(const struct view *view, enum view_component component)
{
	for (size_t i = 0; i < view->daemon[component].n; i++)
		if (view->daemon[component].at[i].status)
			return true;
	return false;
}
