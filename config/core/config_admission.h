/*
 * config_admission - who may have an address of a pool
 *
 * Core: no sockets, no clock, no logging. Questions to a checked configuration;
 * nothing is kept between calls, so the labels of services and namespaces may
 * change between them.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_ADMISSION_H
#define TINLB_CONFIG_CORE_CONFIG_ADMISSION_H

#include "config/core/config.h"

struct config_client { /* a service, as a pool sees it */
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

#endif
