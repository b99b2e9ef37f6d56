/*
 * nodes - the nodes of the cluster, each under a small number
 *
 * Core: no sockets, no clock, no logging. A node has a number as long as the
 * API knows it or an endpoint names it. Numbers that became free are given out
 * again as late as possible.
 *
 * Always true: two nodes with a number at one time have different numbers;
 * nodes_next_changed() gives every node whose name or readiness differs from
 * what it gave last, once.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_NODES_H
#define TINLB_SPEAKER_AGENT_CORE_NODES_H

#include "common/api/core/kube_types.h"
#include "common/core/strmap.h"
#include "speaker/table/core/table.h"

#define NODES_NONE UINT16_MAX
#define NODES_MAX_IPS 16 /* addresses of one node that are looked at */

struct nodes_node {
	char *name;    /* NULL: the number is free */
	struct ip *ip; /* InternalIPs */
	size_t n_ip;
	struct kube_labels labels; /* packed */
	uint32_t n_refs; /* endpoints that name it */
	bool known;      /* the API has it */
	bool ready, excluded, unavailable; /* condition Ready, label, NetworkUnavailable */
	bool changed;
};

struct nodes {
	struct nodes_node at[TABLE_MAX_NODES];
	struct strmap by_name;
	size_t end;  /* one more than the largest number ever given out */
	size_t last; /* where the search for a free number goes on */
	bool any_changed;
	uint64_t n_refused; /* names too long or too many */
};

void nodes_done(struct nodes *nodes);

/* What the API says. True: it may change an election (a heartbeat does not). */
bool nodes_on_node(struct nodes *nodes, const struct kube_node *node);
bool nodes_on_gone(struct nodes *nodes, const char *name);

/* The number of a node that an endpoint names, or NODES_NONE (no name, or a limit). */
uint16_t nodes_ref(struct nodes *nodes, const char *name);
void nodes_unref(struct nodes *nodes, uint16_t number);

uint16_t nodes_find(const struct nodes *nodes, const char *name); /* or NODES_NONE */
bool nodes_have_ip(const struct nodes *nodes, const struct ip *ip);

/* The next node that the announcer must hear of. */
bool nodes_next_changed(struct nodes *nodes, struct table_node *out_node) MUST_CHECK;

#endif
