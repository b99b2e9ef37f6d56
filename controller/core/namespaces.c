/* namespaces - see namespaces.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/namespaces.h"

#include <string.h>

void namespaces_done(struct namespaces *n)
{
	const char *name;
	void *ns;

	for (size_t at = 0; strmap_next(&n->by_name, &at, &name, &ns);)
		kube_namespace_free(ns);
	strmap_done(&n->by_name);
}

static bool same_labels(const struct kube_labels *a, const struct kube_labels *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i].key, b->at[i].key) != 0 ||
		    strcmp(a->at[i].value, b->at[i].value) != 0)
			return false;
	return true;
}

bool namespaces_put(struct namespaces *n, struct kube_namespace *ns)
{
	struct kube_namespace *before = strmap_put(&n->by_name, ns->meta.name, ns);
	bool differs = !before || !same_labels(&before->labels, &ns->labels);

	kube_namespace_free(before);
	return differs;
}

void namespaces_remove(struct namespaces *n, const char *name)
{
	kube_namespace_free(strmap_remove(&n->by_name, name));
}

const struct kube_labels *namespaces_labels(const struct namespaces *n, const char *name)
{
	const struct kube_namespace *ns = strmap_get(&n->by_name, name);

	return ns ? &ns->labels : NULL;
}

bool namespaces_awaits(const struct namespaces *n, const char *name)
{
	return !n->denied && !namespaces_labels(n, name);
}
