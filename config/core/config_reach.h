/*
 * config_reach - where the address of a service is announced
 *
 * Core: no sockets, no clock, no logging. Questions to a checked configuration;
 * nothing is kept between calls, so the labels of services and nodes may change
 * between them.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_REACH_H
#define TINLB_CONFIG_CORE_CONFIG_REACH_H

#include "config/core/config.h"

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
