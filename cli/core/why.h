/*
 * why - why an address is answered or not: the chain from service to ARP answer and pods
 *
 * Core: no sockets, no clock, no logging. The chain is the same for every
 * question, and each step has a sentence of its own.
 *
 * Always true: a step that only fails because an earlier one does is skipped,
 * so that one cause is blamed once; two causes are both named. The verdict
 * names the first step that is broken.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_WHY_H
#define TINLB_CLI_CORE_WHY_H

#include "cli/core/target.h"
#include "cli/core/together.h"

enum why_link {
	WHY_SERVICE,    /* there is a load balancer */
	WHY_CONFIG,     /* a configuration is in force */
	WHY_ADDRESS,    /* the controller gave an address */
	WHY_CANDIDATES, /* some node may answer */
	WHY_OWNER,      /* exactly one says it does */
	WHY_INTERFACE,  /* it has an interface for it */
	WHY_ALONE,      /* no other machine answers too */
	WHY_PODS,       /* the pods behind it are on nodes that live */
	WHY_NODE,       /* what the node that was asked about says; only with --node */
	WHY_N_LINKS
};

enum why_state {
	WHY_OK,
	WHY_DOUBTFUL, /* it works, and something about it should be mended */
	WHY_BROKEN,
	WHY_UNKNOWN, /* what could say it was not read */
	WHY_SKIPPED, /* an earlier step is broken, or it was not asked for */
	WHY_N_STATES
};

struct why_step {
	enum why_state state;
	char *sentence; /* NULL when skipped */
	const char *reason; /* a word of docs/reasons.md, or NULL; borrowed */
	char *advice; /* NULL: none */
};

struct why_question {
	const char *service; /* namespace/name; NULL: only the address was asked about */
	const struct kube_service *object; /* NULL: not known */
	const struct ip *ip; /* NULL: the service has none */
	const char *node; /* --node, or NULL */
};

struct why {
	char *subject; /* 172.17.255.1 (default/web) */
	char *verdict; /* the first line, in one sentence */
	struct why_step step[WHY_N_LINKS];
};

void why_of(const struct view *view, const struct why_question *question, struct why *out_why);
void why_done(struct why *why);

/* The worst of its steps: WHY_OK, WHY_DOUBTFUL, WHY_BROKEN, else WHY_UNKNOWN. */
enum why_state why_state(const struct why *why);

const char *why_link_word(enum why_link link);   /* service, configuration, ... */
const char *why_state_word(enum why_state state); /* ok, doubtful, broken, unknown, skipped */

void why_format(const struct why *why, bool colour, struct text *out_text);

#endif
