/* config_admission - see config_admission.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_admission.h"

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
