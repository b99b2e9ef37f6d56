/* doctor_speakers - see doctor_rules.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/core/doctor_rules.h"

#define EXCLUDE_LABEL "node.kubernetes.io/exclude-from-external-load-balancers"
#define OS_LABEL "kubernetes.io/os"
#define CONTROL_PLANE_LABEL "node-role.kubernetes.io/control-plane" /* kubeadm excludes these on purpose */

/* ---- speakers ---- */

/* Another speaker still sees it in the ring. */
static bool is_seen(const struct view *view, const char *node)
{
	for (size_t i = 0; i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_status *s = view->daemon[VIEW_SPEAKER].at[i].status;

		if (s && node && view_sees(s, node))
			return true;
	}
	return false;
}

static void look_at_speaker(const struct view *view, struct doctor *d,
			    const struct view_daemon *daemon)
{
	const char *place = view_place(daemon);

	if (daemon->status)
		return;
	if (daemon->pod_trouble)
		doctor_add(d, DOCTOR_SPEAKER_MISSING, (struct doctor_about){ place, daemon->node, NULL },
			   "no speaker runs on %s: its pod %s is in %s", place, daemon->name,
			   daemon->pod_trouble);
	else
		doctor_add(d, DOCTOR_SPEAKER_SILENT, (struct doctor_about){ place, daemon->node, NULL },
			   "the speaker on %s does not answer (%s)%s", place, daemon->error,
			   is_seen(view, daemon->node) ?
				   "; the others still hear its announcer, so its addresses are served" :
				   "; the others do not hear it either");
}

static bool may_run_a_speaker(const struct kube_node *node)
{
	const char *os = kube_label_find(&node->labels, OS_LABEL);

	return !os || strcmp(os, "linux") == 0;
}

static void look_for_speaker(const struct view *view, struct doctor *d, const struct kube_node *node)
{
	const char *name = node->meta.name;

	if (view_was_read(view, VIEW_PODS) && may_run_a_speaker(node) && !view_speaker_on(view, name))
		doctor_add(d, DOCTOR_SPEAKER_MISSING, (struct doctor_about){ name, name, NULL },
			   "no speaker runs on %s, so it can announce nothing", name);
}

/* ---- nodes, as the API tells of them ---- */

static bool is_excluded(const struct kube_node *node)
{
	return kube_label_find(&node->labels, EXCLUDE_LABEL) != NULL;
}

static size_t count_excluded(const struct view *view)
{
	size_t n = 0;

	for (size_t i = 0; i < view->n_node; i++)
		n += is_excluded(view->node[i]);
	return n;
}

static void look_at_node(const struct view *view, struct doctor *d, const struct kube_node *node,
			 bool all_excluded)
{
	const struct doctor_about about = { node->meta.name, node->meta.name, NULL };

	look_for_speaker(view, d, node);
	if (!node->ready)
		doctor_add(d, DOCTOR_NODE_NOT_READY, about,
			   "node %s is not Ready: its pods count for no service", node->meta.name);
	if (node->network_unavailable)
		doctor_add(d, DOCTOR_NODE_UNAVAILABLE, about,
			   "node %s has the condition NetworkUnavailable: it announces nothing",
			   node->meta.name);
	if (is_excluded(node) && !all_excluded && !kube_label_find(&node->labels, CONTROL_PLANE_LABEL))
		doctor_add(d, DOCTOR_NODE_EXCLUDED, about,
			   "node %s carries the exclude label: it answers only if no other node can",
			   node->meta.name);
}

static void look_at_nodes(const struct view *view, struct doctor *d)
{
	bool all_excluded = view->n_node > 0 && count_excluded(view) == view->n_node;

	if (all_excluded)
		doctor_add(d, DOCTOR_ALL_EXCLUDED, (struct doctor_about){ .subject = "nodes" },
			   "every node carries the exclude label, so all of them announce as if none did");
	for (size_t i = 0; i < view->n_node; i++)
		look_at_node(view, d, view->node[i], all_excluded);
}

/* ---- kernels ---- */

static void look_at_host(struct doctor *d, const struct view_daemon *daemon)
{
	const struct doctor_about about = { daemon->node, daemon->node, NULL };
	const struct view_words *troubles = &daemon->status->host_trouble;

	if (view_words_has(troubles, doctor_word(DOCTOR_IPVS_LOOSE)))
		doctor_add(d, DOCTOR_IPVS_LOOSE, about,
			   "kube-proxy on %s is in IPVS mode without strictARP: the kernel of that node "
			   "answers ARP for every service, whoever announces it", daemon->node);
	if (view_words_has(troubles, doctor_word(DOCTOR_PATH_FILTER)))
		doctor_add(d, DOCTOR_PATH_FILTER, about,
			   "rp_filter is strict on %s, on an interface that announces and that the "
			   "default route does not leave by: clients behind a router are dropped",
			   daemon->node);
}

void doctor_speakers(const struct view *view, struct doctor *d)
{
	for (size_t i = 0; i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_daemon *at = &view->daemon[VIEW_SPEAKER].at[i];

		look_at_speaker(view, d, at);
		if (at->status && at->node)
			look_at_host(d, at);
	}
	look_at_nodes(view, d);
}
