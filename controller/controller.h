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
#include "common/core/history.h"
#include "config/config_source.h"
#include "config/config_state.h"
#include "controller/core/leader.h"
#include "controller/core/reconcile.h"

#define CONTROLLER_MAX_WRITES 32 /* status updates under way at once; with Events fewer than connections */
#define CONTROLLER_MAX_EVENTS 32
#define CONTROLLER_MAX_REPORTED 32
#define CONTROLLER_LEASE "tinlb-controller"

struct controller_config {
	const char *namespace, *config_map, *class;
	const char *pod; /* its name, or NULL */
	const char *ring_secret; /* name of the Secret to make, or "" */
	int64_t lease_s;
	bool guard;           /* keep nodes' own addresses from services */
};

struct controller_state { /* what the pages show of the API */
	uint64_t updates, update_errors, writes, conflicts, events;
	bool guard_off; /* the role does not let nodes be read */
};

struct job;

struct controller {
	struct loop *loop;
	struct kube_client *client;
	struct kube_group *group; /* of custom resources */
	struct controller_config config;
	struct controller_state state;
	struct history history;
	struct reconcile *reconcile;
	struct kube_feed *services, *nodes, *namespaces;
	struct config_source *source;
	struct config_state *config_state;
	struct ring_secret *ring_secret;
	struct pool_status *pool_status;
	struct kube_self *self; /* its pod */
	struct ip reported[CONTROLLER_MAX_REPORTED]; /* nodes' addresses inside pools */
	size_t n_reported;
	struct strmap node_ips; /* name -> struct kube_node */
	struct loop_timer *guard_timer;
	char *no_nodes; /* why they could not be listed, or NULL */
	struct strmap trouble;  /* kind of object -> why it cannot be read now, a sentence */
	struct loop_timer *timer;
	struct job *jobs; /* status updates under way */
	size_t n_writes, n_events;
	instant pause_until; /* the server asked for it */
	bool logged_synced;
	bool tell_doubled; /* an Event is due: both sources are there */
	/* who leads: see lead.h */
	struct leader *leader;
	struct kube_feed *leases;
	struct loop_timer *lead_timer;
	struct http_request *lease_request;
	struct text lease_path;
	enum leader_role role;
	bool lease_seen;
	bool leads;          /* between controller_begin() and controller_end() */
	bool fresh_services, fresh_config, nodes_known; /* read since it leads */
	instant leave_by;    /* 0: it stays */
};

void controller_start(struct controller *c);
void controller_stop(struct controller *c);

/* For lead: keep a store of everything; decide and write from now on, or no more. */
void controller_watch(struct controller *c);
void controller_begin(struct controller *c);
void controller_end(struct controller *c);

bool controller_is_ready(const struct controller *c); /* everything was read, leading or not */
void controller_log_trouble(struct controller *c, const char *what, enum kube_trouble trouble,
			    const char *text);

#endif
