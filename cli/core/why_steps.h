/*
 * why_steps - the steps of why, one function each
 *
 * Core: no sockets, no clock, no logging. Used by why.c only; steps are taken
 * in the order of enum why_link and may look at those before them.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_WHY_STEPS_H
#define TINLB_CLI_CORE_WHY_STEPS_H

#include "cli/core/why.h"

struct why_work {
	const struct view *view;
	const struct why_question *q;
	struct together t;      /* empty without an address */
	const char *owner;      /* NULL: nobody answers */
	bool is_hearsay;        /* see who_owner() */
	struct text services;   /* by commas; empty: none is known */
	struct why *why;
};

void why_steps_service(struct why_work *w);
void why_steps_config(struct why_work *w);
void why_steps_address(struct why_work *w);
void why_steps_candidates(struct why_work *w);
void why_steps_owner(struct why_work *w);
void why_steps_interface(struct why_work *w);
void why_steps_alone(struct why_work *w);
void why_steps_pods(struct why_work *w);
void why_steps_node(struct why_work *w);

#endif
