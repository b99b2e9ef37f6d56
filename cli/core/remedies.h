/*
 * remedies - each reason of docs/reasons.md: what it means and what to do
 *
 * Core: a closed list, equal to the tables of that page and to the words of
 * the daemons (tests/lint/reasons.py holds the three together). A newer daemon
 * may say a word that is not here; its page has a sentence for it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_REMEDIES_H
#define TINLB_CLI_CORE_REMEDIES_H

#include "cli/core/view.h"

struct remedy {
	const char *word, *meaning;
	const char *advice;
};

/* NULL: the word is not known, or NULL. */
const struct remedy *remedies_find(enum view_component component, const char *word);

#endif
