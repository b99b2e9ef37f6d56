/*
 * why_reasons - what a speaker's reason says about: all nodes, one node, its link
 *
 * Core: no sockets, no clock, no logging. A word that is not known, of a newer
 * speaker, counts as something that is wrong with that one node.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_WHY_REASONS_H
#define TINLB_CLI_CORE_WHY_REASONS_H

#include "cli/core/view.h"

enum why_scope {
	WHY_SCOPE_NONE,      /* no reason: it answers */
	WHY_SCOPE_EVERYBODY, /* no node may answer */
	WHY_SCOPE_LINK,      /* this node's interfaces are in the way */
	WHY_SCOPE_NODE,      /* something else about this node is wrong, or not ready yet */
	WHY_SCOPE_FINE,      /* another node is to answer, and that is as wanted */
};

enum why_scope why_reasons_scope(const char *word);

/*
 * The entry that says best why nobody answers: one whose reason holds for all
 * nodes, else that of the node which is to answer, else the gravest one. NULL:
 * no speaker knows the address.
 */
const struct view_address *why_reasons_gravest(const struct view *view, const struct ip *ip,
					       const char *owner,
					       const struct view_daemon **out_speaker);

#endif
