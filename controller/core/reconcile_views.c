/* reconcile_views - what reconcile is asked; see reconcile.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/reconcile_state.h"

bool reconcile_is_ready(const struct reconcile *r)
{
	return r->sight == RECONCILE_READ && (r->config || r->no_config);
}

const struct config *reconcile_config(const struct reconcile *r)
{
	return r->config;
}

const struct alloc *reconcile_alloc(const struct reconcile *r)
{
	return r->alloc;
}

const struct service *reconcile_find(const struct reconcile *r, const char *key)
{
	return strmap_get(&r->services, key);
}

const struct strmap *reconcile_services(const struct reconcile *r)
{
	return &r->services;
}

size_t reconcile_n_due(const struct reconcile *r)
{
	return r->writes.n;
}

size_t reconcile_node_addresses(const struct reconcile *r, struct ip *out_ip, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; r->config && i < r->n_node_ip && n < max; i++)
		if (config_pool_of(r->config, &r->node_ip[i]))
			out_ip[n++] = r->node_ip[i];
	return n;
}
