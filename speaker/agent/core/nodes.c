/* nodes - see nodes.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/nodes.h"

#include <stdlib.h>
#include <string.h>

#define EXCLUDE_LABEL "node.kubernetes.io/exclude-from-external-load-balancers"

static void release(struct nodes_node *node)
{
	free(node->name);
	free(node->ip);
	free(node->labels.at);
	*node = (struct nodes_node){ 0 };
}

void nodes_done(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->end; i++)
		release(&nodes->at[i]);
	strmap_done(&nodes->by_name);
	nodes->end = 0;
}

static uint16_t number_of(const struct nodes *nodes, const struct nodes_node *node)
{
	return (uint16_t)(node - nodes->at);
}

/* The node of that name, made when it is not there; NULL at a limit. */
static struct nodes_node *named(struct nodes *nodes, const char *name)
{
	struct nodes_node *node = strmap_get(&nodes->by_name, name);
	size_t n = strlen(name);

	if (node)
		return node;
	if (n == 0 || n >= TABLE_NODE_NAME_MAX || nodes->by_name.n == TABLE_MAX_NODES) {
		nodes->n_refused++;
		return NULL;
	}
	while (nodes->at[nodes->last].name)
		nodes->last = (nodes->last + 1) % TABLE_MAX_NODES;
	node = &nodes->at[nodes->last];
	nodes->last = (nodes->last + 1) % TABLE_MAX_NODES;
	node->name = mem_strdup(name);
	strmap_put(&nodes->by_name, name, node);
	if (number_of(nodes, node) >= nodes->end)
		nodes->end = number_of(nodes, node) + 1u;
	return node;
}

/* Give the number back when nobody needs it. */
static void drop_unused(struct nodes *nodes, struct nodes_node *node)
{
	if (node->known || node->n_refs > 0 || node->changed)
		return;
	strmap_remove(&nodes->by_name, node->name);
	release(node);
}

/* True: the addresses differ from those before. */
static bool take_ips(struct nodes_node *node, const struct kube_node *from)
{
	struct ip ip[NODES_MAX_IPS];
	size_t n = 0, bytes;

	for (size_t i = 0; i < from->n_internal_ip && n < NODES_MAX_IPS; i++)
		if (ip_parse(from->internal_ip[i], &ip[n]) == 0)
			n++;
	bytes = n * sizeof(ip[0]);
	if (n == node->n_ip && (n == 0 || memcmp(node->ip, ip, bytes) == 0))
		return false;
	node->ip = mem_resize(node->ip, n, sizeof(ip[0]));
	memcpy(node->ip, ip, bytes);
	node->n_ip = n;
	return true;
}

/* True: they differ from those before. */
static bool take_labels(struct nodes_node *node, const struct kube_node *from)
{
	if (kube_labels_equal(&node->labels, &from->labels))
		return false;
	free(node->labels.at);
	node->labels = kube_labels_pack(&from->labels);
	return true;
}

bool nodes_on_node(struct nodes *nodes, const struct kube_node *from)
{
	struct nodes_node *node = named(nodes, from->meta.name ? from->meta.name : "");
	bool excluded = kube_label_find(&from->labels, EXCLUDE_LABEL) != NULL;
	bool differs;

	if (!node)
		return false;
	differs = take_ips(node, from);
	differs |= take_labels(node, from);
	differs |= !node->known || node->ready != from->ready ||
		  node->excluded != excluded || node->unavailable != from->network_unavailable;
	if (!node->known || node->ready != from->ready)
		node->changed = nodes->any_changed = true;
	node->known = true;
	node->ready = from->ready;
	node->excluded = excluded;
	node->unavailable = from->network_unavailable;
	return differs;
}

bool nodes_on_gone(struct nodes *nodes, const char *name)
{
	struct nodes_node *node = strmap_get(&nodes->by_name, name);

	if (!node || !node->known)
		return false;
	free(node->ip);
	node->ip = NULL;
	node->n_ip = 0;
	free(node->labels.at);
	node->labels = (struct kube_labels){ 0 };
	node->known = node->ready = node->excluded = node->unavailable = false;
	node->changed = nodes->any_changed = true;
	return true;
}

uint16_t nodes_ref(struct nodes *nodes, const char *name)
{
	struct nodes_node *node = name ? named(nodes, name) : NULL;

	if (!node)
		return NODES_NONE;
	node->n_refs++;
	return number_of(nodes, node);
}

void nodes_unref(struct nodes *nodes, uint16_t number)
{
	if (number == NODES_NONE)
		return;
	CHECK(nodes->at[number].n_refs > 0);
	nodes->at[number].n_refs--;
	drop_unused(nodes, &nodes->at[number]);
}

uint16_t nodes_find(const struct nodes *nodes, const char *name)
{
	const struct nodes_node *node = strmap_get(&nodes->by_name, name);

	return node ? number_of(nodes, node) : NODES_NONE;
}

bool nodes_have_ip(const struct nodes *nodes, const struct ip *ip)
{
	for (size_t i = 0; i < nodes->end; i++)
		for (size_t k = 0; k < nodes->at[i].n_ip; k++)
			if (ip_equal(&nodes->at[i].ip[k], ip))
				return true;
	return false;
}

bool nodes_next_changed(struct nodes *nodes, struct table_node *out_node)
{
	for (size_t i = 0; nodes->any_changed && i < nodes->end; i++) {
		struct nodes_node *node = &nodes->at[i];

		if (!node->changed)
			continue;
		out_node->index = (uint16_t)i;
		out_node->alive = node->known && node->ready;
		memcpy(out_node->name, node->name, strlen(node->name) + 1);
		node->changed = false;
		drop_unused(nodes, node);
		return true;
	}
	nodes->any_changed = false;
	return false;
}
