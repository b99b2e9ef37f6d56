/*
 * snapshot - the cluster as the last events left it, and what each address touches
 *
 * Core: no sockets, no clock, no logging. Keeps of every object only what an
 * election needs. Services that are no load balancers of ours leave nothing
 * behind but their endpoints.
 *
 * Always true: but for the order of holds and what marks of work to do say,
 * the snapshot is a function of the objects that exist, not of the order of
 * events; after an event every row whose decision it may change is dirty.
 *
 * A row stands for one address. Its holds are the services that have it; one
 * that was announced stays when it ends, with the reason, until its row was
 * worked on, and so does a row that plan knows when its last hold goes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_SNAPSHOT_H
#define TINLB_SPEAKER_AGENT_CORE_SNAPSHOT_H

#include "config/core/config.h"
#include "speaker/agent/core/nodes.h"
#include "speaker/agent/core/silence.h"

#define SNAPSHOT_KEY_MAX 512 /* bytes of "namespace/name" and NUL */
#define SNAPSHOT_MAX_SERVICES 100000
#define SNAPSHOT_MAX_SLICES 200000
#define SNAPSHOT_MAX_IPS 16 /* addresses of one service */

struct snapshot_slice { /* one EndpointSlice or Endpoints object */
	struct snapshot_service *service;
	struct snapshot_slice *next; /* of the same service */
	bool servable;   /* it has a servable endpoint */
	uint16_t n_node;
	uint16_t node[]; /* where its servable endpoints are, each once */
};

struct snapshot_service {
	struct snapshot_slice *slice;
	struct snapshot_row **row; /* in the order of status.loadBalancer.ingress */
	uint8_t n_row;
	uint32_t n_hold; /* rows that name it, ended holds too */
	bool present;    /* a load balancer of ours */
	bool local;      /* externalTrafficPolicy Local */
	bool invalid;    /* its status holds something that is no address */
	bool shares;     /* it has the annotation allow-shared-ip, whatever its value */
	struct kube_labels labels; /* packed */
	char uid[37];
	char key[];       /* namespace/name */
};

struct snapshot_hold {
	struct snapshot_service *service;
	const char *ended; /* NULL, or MetalLB's word for why the service gave the address up */
	bool announced;    /* plan's: the service is announced here on this address */
	struct silence silence; /* plan's */
};

struct snapshot_row {
	struct ip ip;
	bool dirty, touched;
	uint32_t n_hold;
	struct snapshot_hold *hold;
	struct snapshot_row *next_dirty, **dirty_link; /* while it is dirty */
	void *of_plan; /* plan's, freed with free() */
};

struct snapshot {
	struct nodes nodes;
	struct strmap service, slice;
	struct snapshot_row **row; /* sorted by address */
	size_t n_row, cap_row;
	struct snapshot_row *first_dirty, **last_dirty;
	const struct config *config; /* NULL: none was read yet */
	const char *self;            /* name of this node; NULL: not said */
	const char *class;           /* of the services to announce; "" or NULL: none */
	bool ignore_exclude;
	bool elect_by_name; /* the key of an election is namespace/name, as up to MetalLB v0.10 */
	uint64_t n_refused; /* objects beyond a limit */
};

void snapshot_init(struct snapshot *s);
void snapshot_done(struct snapshot *s);

/* Keys are "namespace/name"; what is not known is no error. */
void snapshot_on_service(struct snapshot *s, const struct kube_service *service);
void snapshot_on_service_gone(struct snapshot *s, const char *key);
void snapshot_on_endpoints(struct snapshot *s, const struct kube_endpoints *endpoints);
void snapshot_on_endpoints_gone(struct snapshot *s, const char *key);
void snapshot_on_node(struct snapshot *s, const struct kube_node *node);
void snapshot_on_node_gone(struct snapshot *s, const char *name);
void snapshot_on_config(struct snapshot *s, const struct config *config); /* borrowed */

struct snapshot_row *snapshot_find(const struct snapshot *s, const struct ip *ip); /* or NULL */

/* The next dirty row, no longer dirty then; NULL: none. */
struct snapshot_row *snapshot_next_dirty(struct snapshot *s) MUST_CHECK;

/* Forget ended holds; false: the row had no other and is gone. */
bool snapshot_settle(struct snapshot *s, struct snapshot_row *row) MUST_CHECK;

#endif
