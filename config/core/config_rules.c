/* config_rules - see config_rules.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_rules.h"

#include <stdlib.h>
#include <string.h>

static bool names_namespace(const struct config_scope *scope, const struct config_client *client)
{
	for (size_t i = 0; i < scope->namespace.n; i++)
		if (strcmp(scope->namespace.at[i], client->namespace) == 0)
			return true;
	return client->namespace_labels &&
	       selectors_match(&scope->namespace_selectors, client->namespace_labels);
}

enum config_admission config_pool_admission(const struct config_pool *pool,
					    const struct config_client *client)
{
	const struct config_scope *scope = &pool->scope;
	bool any_namespace = scope->namespace.n == 0 && scope->namespace_selectors.n == 0;

	if (!any_namespace && !names_namespace(scope, client))
		return client->namespace_labels || scope->namespace_selectors.n == 0 ?
			       CONFIG_OTHER_NAMESPACE :
			       CONFIG_UNKNOWN_NAMESPACE;
	if (scope->service_selectors.n > 0 &&
	    !selectors_match(&scope->service_selectors, client->labels))
		return CONFIG_OTHER_LABELS;
	return CONFIG_ADMITTED;
}

bool config_selects_namespaces(const struct config *config)
{
	for (size_t i = 0; i < config->n_pool; i++)
		if (config->pool[i].scope.namespace_selectors.n > 0)
			return true;
	return false;
}

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
