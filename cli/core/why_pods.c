/* why_pods - see why_steps.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/why_steps.h"

#include <string.h>

#define SENTENCE_MAX_BYTES 4096

static const char *const advice =
	"Connections to a pod of a node that is down hang until Kubernetes takes its endpoints out, "
	"most of a minute after the node's end: look at the node (kubectl describe node), and spread "
	"the pods over several nodes";

struct pods { /* those that can take connections, by their nodes */
	struct view_words up, down; /* names, without what is said of them in brackets */
	struct text said;           /* of those that are down */
};

/* Some speaker knows it and none says that it lives, itself included. */
static bool is_buried(const struct view *view, const char *node)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];
	bool known = false;

	for (size_t i = 0; i < speakers->n; i++) {
		const struct view_member *member =
			speakers->at[i].status ? view_find_member(speakers->at[i].status, node) : NULL;

		known |= member != NULL;
		if (member && member->alive)
			return false;
	}
	return known;
}

/* NULL: as far as is known it is up. */
static const char *trouble_of(const struct view *view, const char *node)
{
	for (size_t i = 0; i < view->n_node; i++)
		if (strcmp(view->node[i]->meta.name, node) == 0 && !view->node[i]->ready)
			return "not Ready";
	return is_buried(view, node) ? "its speaker is dead" : NULL;
}

static void take_node(const struct view *view, const char *node, struct pods *pods)
{
	const char *trouble = trouble_of(view, node);
	struct view_words *words = trouble ? &pods->down : &pods->up;

	if (view_words_has(words, node))
		return;
	view_words_add(words, node);
	if (trouble)
		text_addf(&pods->said, "%s%s (%s)", pods->said.n > 0 ? ", " : "", node, trouble);
}

/* With policy Local the node that answers passes on to its own pods only. */
static void take_service(const struct why_work *w, const struct kube_service *service,
			 struct pods *pods)
{
	for (size_t i = 0; i < w->view->n_slice; i++) {
		const struct kube_endpoints *slice = w->view->slice[i];

		if (!str_equal(slice->meta.namespace, service->meta.namespace) ||
		    !str_equal(slice->service, service->meta.name))
			continue;
		for (size_t k = 0; k < slice->n; k++)
			if (slice->at[k].servable && slice->at[k].node &&
			    (!service->local_policy || strcmp(slice->at[k].node, w->owner) == 0))
				take_node(w->view, slice->at[k].node, pods);
	}
}

static bool is_asked_about(const struct why_work *w, const struct kube_service *service)
{
	char ip[IP_TEXT_MAX];

	if (w->q->service)
		return service == w->q->object;
	ip_format(w->q->ip, ip);
	for (size_t i = 0; i < service->n_ingress; i++)
		if (strcmp(service->ingress[i], ip) == 0)
			return true;
	return false;
}

static void judge(struct why_step *step, const struct pods *pods)
{
	struct text t;

	text_init(&t, SENTENCE_MAX_BYTES);
	if (pods->down.n == 0)
		text_add(&t, "on nodes that live");
	else
		text_addf(&t, "%s behind it %s on a node that is down: %s",
			  pods->up.n > 0 ? "some pods" : "every pod", pods->up.n > 0 ? "are" : "is",
			  pods->said.s);
	step->state = pods->down.n == 0 ? WHY_OK : pods->up.n > 0 ? WHY_DOUBTFUL : WHY_BROKEN;
	step->sentence = text_take(&t);
	step->advice = pods->down.n > 0 ? mem_strdup(advice) : NULL;
}

void why_steps_pods(struct why_work *w)
{
	struct pods pods = { 0 };

	if (!w->owner)
		return;
	text_init(&pods.said, SENTENCE_MAX_BYTES);
	for (size_t i = 0; i < w->view->n_service; i++)
		if (is_asked_about(w, w->view->service[i]))
			take_service(w, w->view->service[i], &pods);
	if (pods.up.n + pods.down.n > 0)
		judge(&w->why->step[WHY_PODS], &pods);
	view_words_done(&pods.up);
	view_words_done(&pods.down);
	text_done(&pods.said);
}
