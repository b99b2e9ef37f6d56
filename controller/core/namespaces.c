/* namespaces - see namespaces.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/namespaces.h"

void namespaces_done(struct namespaces *n)
{
	const char *name;
	void *ns;

	for (size_t at = 0; strmap_next(&n->by_name, &at, &name, &ns);)
		kube_namespace_free(ns);
	strmap_done(&n->by_name);
}

bool namespaces_put(struct namespaces *n, struct kube_namespace *ns)
{
	struct kube_namespace *before = strmap_put(&n->by_name, ns->meta.name, ns);
	bool differs = !before || !kube_labels_equal(&before->labels, &ns->labels);

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
	return n->state != NAMESPACES_DENIED && !namespaces_labels(n, name);
}
