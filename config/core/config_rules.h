/*
 * config_rules - who may have an address of a pool, and where it is announced
 *
 * Core: no sockets, no clock, no logging. Questions to a checked configuration;
 * nothing is kept between calls, so the labels of services, namespaces and
 * nodes may change between them.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_RULES_H
#define TINLB_CONFIG_CORE_CONFIG_RULES_H

#include "config/core/config.h"

struct config_client { /* a service, as the rules see it */
	const char *namespace;
	const struct kube_labels *namespace_labels; /* NULL: not known */
	const struct kube_labels *labels;
};

enum config_admission {
	CONFIG_ADMITTED,
	CONFIG_OTHER_NAMESPACE, /* the pool is for services of other namespaces */
	CONFIG_UNKNOWN_NAMESPACE, /* a selector could match, were the namespace's labels known */
	CONFIG_OTHER_LABELS,    /* the pool is for services with other labels */
};

/*
 * May the service have an address of this pool, whether it asks for it or not?
 * namespaces and namespaceSelectors are alternatives; selectors that match no
 * namespace leave the pool to none. auto_assign is not asked.
 */
enum config_admission config_pool_admission(const struct config_pool *pool,
					    const struct config_client *client);

bool config_selects_namespaces(const struct config *config); /* some pool does, by labels */

static inline bool config_pool_admits(const struct config_pool *pool,
				      const struct config_client *client)
{
	return config_pool_admission(pool, client) == CONFIG_ADMITTED;
}

/*
 * Whatever the node: is an advertisement for this service on this pool? And does
 * one of them choose services, so that who shares its address may have others?
 */
bool config_is_advertised(const struct config *config, const struct config_pool *pool,
			  const struct kube_labels *service, bool *out_selects_services);

enum config_coverage {
	CONFIG_COVERED,
	CONFIG_NO_ADVERTISEMENT, /* no advertisement is for this pool: nobody announces it */
	CONFIG_OTHER_SERVICES,   /* those of the pool are for services with other labels */
	CONFIG_OTHER_NODES,      /* those for the service are for other nodes */
};

/*
 * How a node announces a service: what the advertisements of the pool that are
 * for the service and for the node say together. Zeroed once, then used for one
 * question after another without new memory; config_reach_done() at the end.
 */
struct config_reach {
	unsigned weight; /* sum of the preferences the node meets; higher ones go first */
	bool every_interface;
	const char **interface; /* else these: sorted, each once, owned by the config */
	size_t n_interface, cap_interface;
};

/*
 * Of a node only its labels count. On anything but CONFIG_COVERED, weight and
 * interfaces are none.
 */
enum config_coverage config_advertises(const struct config *config, const struct config_pool *pool,
				       const struct kube_labels *service,
				       const struct kube_labels *node,
				       struct config_reach *inout_reach);
void config_reach_done(struct config_reach *reach);

#endif
