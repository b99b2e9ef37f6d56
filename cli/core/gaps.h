/*
 * gaps - what could not be read, each as a sentence with what to do
 *
 * Core: no sockets, no clock, no logging.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_GAPS_H
#define TINLB_CLI_CORE_GAPS_H

#include "cli/core/view.h"

/* Adds a sentence for each part and each daemon that is missing. */
void gaps_of(const struct view *view, struct view_words *out_sentences);

/* Some page of that component was read. */
bool gaps_has_page(const struct view *view, enum view_component component);

#endif
