/* config_reach - see config_reach.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_reach.h"

#include <stdlib.h>
#include <string.h>

/* An empty list of an advertisement excludes nothing. */
static bool allows(const struct selectors *selectors, const struct kube_labels *labels)
{
	return selectors->n == 0 || selectors_match(selectors, labels);
}

static void add_interface(struct config_reach *reach, const char *name)
{
	size_t at = 0;

	while (at < reach->n_interface && strcmp(reach->interface[at], name) < 0)
		at++;
	if (at < reach->n_interface && strcmp(reach->interface[at], name) == 0)
		return;
	reach->interface = mem_grow(reach->interface, reach->n_interface, &reach->cap_interface,
				    sizeof(*reach->interface));
	memmove(&reach->interface[at + 1], &reach->interface[at],
		(reach->n_interface - at) * sizeof(*reach->interface));
	reach->interface[at] = name;
	reach->n_interface++;
}

static void add_advert(struct config_reach *reach, const struct config_advert *advert,
		       const struct kube_labels *node)
{
	for (size_t i = 0; i < advert->n_preference; i++)
		if (selector_matches(&advert->preference[i].selector, node))
			reach->weight += advert->preference[i].weight;
	if (advert->interface.n == 0)
		reach->every_interface = true;
	for (size_t i = 0; i < advert->interface.n; i++)
		add_interface(reach, advert->interface.at[i]);
}

bool config_is_advertised(const struct config *config, const struct config_pool *pool,
			  const struct kube_labels *service, bool *out_selects_services)
{
	bool found = false;

	*out_selects_services = false;
	for (size_t i = 0; i < pool->n_advert; i++) {
		const struct config_advert *advert = &config->advert[pool->advert[i]];

		if (!allows(&advert->service_selectors, service))
			continue;
		found = true;
		*out_selects_services |= advert->service_selectors.n > 0;
	}
	return found;
}

enum config_coverage config_advertises(const struct config *config, const struct config_pool *pool,
				       const struct kube_labels *service,
				       const struct kube_labels *node,
				       struct config_reach *inout_reach)
{
	enum config_coverage coverage = pool->n_advert ? CONFIG_OTHER_SERVICES :
							 CONFIG_NO_ADVERTISEMENT;

	inout_reach->weight = 0;
	inout_reach->every_interface = false;
	inout_reach->n_interface = 0;
	for (size_t i = 0; i < pool->n_advert; i++) {
		const struct config_advert *advert = &config->advert[pool->advert[i]];

		if (!allows(&advert->service_selectors, service))
			continue;
		if (allows(&advert->node_selectors, node)) {
			add_advert(inout_reach, advert, node);
			coverage = CONFIG_COVERED;
		} else if (coverage != CONFIG_COVERED) {
			coverage = CONFIG_OTHER_NODES;
		}
	}
	if (inout_reach->every_interface)
		inout_reach->n_interface = 0;
	return coverage;
}

void config_reach_done(struct config_reach *reach)
{
	free(reach->interface);
	*reach = (struct config_reach){ 0 };
}
