/* why_reasons - see why_reasons.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/why_reasons.h"

#include <string.h>

enum why_scope why_reasons_scope(const char *word)
{
	static const struct {
		const char *word;
		enum why_scope scope;
	} known[] = {
		{ "invalidIP", WHY_SCOPE_EVERYBODY },
		{ "noConfig", WHY_SCOPE_EVERYBODY },
		{ "ipNotAllowed", WHY_SCOPE_EVERYBODY },
		{ "ipv6", WHY_SCOPE_EVERYBODY },
		{ "nodeAddress", WHY_SCOPE_EVERYBODY },
		{ "noMatchingAdvertisement", WHY_SCOPE_EVERYBODY },
		{ "sharedIPWithServiceSelector", WHY_SCOPE_EVERYBODY },
		{ "noEndpoints", WHY_SCOPE_EVERYBODY },
		{ "noLocalEndpoints", WHY_SCOPE_EVERYBODY },
		{ "noCandidate", WHY_SCOPE_EVERYBODY },
		{ "noInterface", WHY_SCOPE_LINK },
		{ "linkDown", WHY_SCOPE_LINK },
		{ "nodeExcluded", WHY_SCOPE_FINE },
		{ "notAdvertisedHere", WHY_SCOPE_FINE },
		{ "noLocalEndpointHere", WHY_SCOPE_FINE },
		{ "notOwner", WHY_SCOPE_FINE },
	};

	if (!word)
		return WHY_SCOPE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].word, word) == 0)
			return known[i].scope;
	return WHY_SCOPE_NODE;
}

/* Lower is graver. */
static unsigned rank_of(const struct view_daemon *speaker, const struct view_address *entry,
			const char *owner)
{
	enum why_scope scope = why_reasons_scope(entry->reason);

	if (scope == WHY_SCOPE_EVERYBODY)
		return 0;
	if (scope == WHY_SCOPE_NONE || scope == WHY_SCOPE_FINE)
		return 10;
	if (owner && str_equal(speaker->node, owner))
		return 1;
	return strcmp(entry->reason, "taking") == 0 ? 4 : scope == WHY_SCOPE_LINK ? 3 : 2;
}

const struct view_address *why_reasons_gravest(const struct view *view, const struct ip *ip,
					       const char *owner,
					       const struct view_daemon **out_speaker)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];
	const struct view_address *gravest = NULL;
	unsigned best = 0;

	for (size_t i = 0; i < speakers->n; i++) {
		const struct view_address *entry = view_find_address(speakers->at[i].status, ip);
		unsigned rank = entry ? rank_of(&speakers->at[i], entry, owner) : 0;

		if (!entry || (gravest && rank >= best))
			continue;
		gravest = entry;
		best = rank;
		*out_speaker = &speakers->at[i];
	}
	return gravest;
}
