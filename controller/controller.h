/*
 * controller - gives addresses to services
 *
 * Hallway: wires the API's feeds and requests to reconcile, and its notes to
 * the log and to Events. What is decided is decided in core/.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CONTROLLER_H
#define TINLB_CONTROLLER_CONTROLLER_H

#include "common/api/kube_feed.h"
#include "config/config_source.h"
#include "controller/core/reconcile.h"

#define CONTROLLER_MAX_WRITES 32 /* status updates under way at once */
#define CONTROLLER_MAX_EVENTS 32

struct controller_config {
	const char *namespace, *config_map, *class;
};

struct controller_state { /* what the pages show of the API */
	uint64_t updates, update_errors, writes, conflicts, events;
	bool guard_off; /* the role does not let nodes be read */
};

struct controller {
	struct loop *loop;
	struct kube_client *client;
	struct controller_config config;
	struct controller_state state;
	struct reconcile *reconcile;
	struct kube_feed *services, *nodes, *namespaces;
	struct config_source *source;
	struct strmap node_ips; /* name -> struct kube_node */
	struct loop_timer *timer;
	size_t n_writes, n_events;
	bool logged_synced;
	uint64_t event_number;
};

void controller_start(struct controller *c);
void controller_stop(struct controller *c);

#endif
