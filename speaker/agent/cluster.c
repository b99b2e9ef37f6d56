/* cluster - see cluster.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/cluster.h"

#include <stdlib.h>

struct cluster {
	struct kube_client *client;
	struct snapshot *snapshot;
	struct cluster_user user;
	struct kube_feed *services, *endpoints, *nodes;
	struct loop_timer *fallback; /* a feed must not be freed by its own callback */
	bool fell_back;
	uint64_t n_updates;
};

static void changed(struct cluster *c)
{
	c->n_updates++;
	c->user.on_change(c->user.ctx);
}

static void on_synced(void *ctx)
{
	struct cluster *c = ctx;

	c->user.on_change(c->user.ctx);
}

static void on_service(void *ctx, void *service)
{
	struct cluster *c = ctx;

	snapshot_on_service(c->snapshot, service);
	kube_service_free(service);
	changed(c);
}

static void on_service_gone(void *ctx, const char *key)
{
	struct cluster *c = ctx;

	snapshot_on_service_gone(c->snapshot, key);
	changed(c);
}

static void on_endpoints(void *ctx, void *endpoints)
{
	struct cluster *c = ctx;

	snapshot_on_endpoints(c->snapshot, endpoints);
	kube_endpoints_free(endpoints);
	changed(c);
}

static void on_endpoints_gone(void *ctx, const char *key)
{
	struct cluster *c = ctx;

	snapshot_on_endpoints_gone(c->snapshot, key);
	changed(c);
}

static void on_node(void *ctx, void *node)
{
	struct cluster *c = ctx;

	snapshot_on_node(c->snapshot, node);
	kube_node_free(node);
	changed(c);
}

static void on_node_gone(void *ctx, const char *key)
{
	struct cluster *c = ctx;

	snapshot_on_node_gone(c->snapshot, key);
	changed(c);
}

static void trouble_with(struct cluster *c, const char *what, enum kube_trouble trouble,
			 const char *text)
{
	c->user.on_trouble(c->user.ctx, what, trouble, text);
}

static void on_service_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	trouble_with(ctx, "services", trouble, text);
}

static void on_node_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	trouble_with(ctx, "nodes", trouble, text);
}

static void on_endpoints_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	trouble_with(ctx, "endpoints", trouble, text);
}

/* Before the first list only: later the slices that are known are better than nothing. */
static void on_slices_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct cluster *c = ctx;

	if ((trouble != KUBE_TROUBLE_DENIED && trouble != KUBE_TROUBLE_MISSING) ||
	    kube_feed_is_synced(c->endpoints)) {
		trouble_with(c, "endpointslices", trouble, text);
		return;
	}
	c->user.on_fallback(c->user.ctx, text);
	loop_timer_set(c->fallback, loop_now(kube_client_loop(c->client)));
}

static void fall_back(void *ctx, instant now)
{
	struct cluster *c = ctx;
	struct kube_feed_config config = {
		.kind = KUBE_ENDPOINTS, .path = "/api/v1/endpoints", .selectors = "",
		.user = { on_endpoints, on_endpoints_gone, on_synced, on_endpoints_trouble, c },
	};

	(void)now;
	if (c->fell_back)
		return;
	c->fell_back = true;
	kube_feed_free(c->endpoints);
	c->endpoints = kube_feed_new(c->client, &config);
}

struct cluster *cluster_new(struct kube_client *client, struct snapshot *snapshot,
			    const struct cluster_user *user)
{
	struct cluster *c = mem_new(1, sizeof(*c));
	struct kube_feed_config services = {
		.kind = KUBE_SERVICE, .path = "/api/v1/services", .selectors = "",
		.user = { on_service, on_service_gone, on_synced, on_service_trouble, c },
	};
	struct kube_feed_config slices = {
		.kind = KUBE_ENDPOINT_SLICE, .path = "/apis/discovery.k8s.io/v1/endpointslices",
		.selectors = "",
		.user = { on_endpoints, on_endpoints_gone, on_synced, on_slices_trouble, c },
	};
	struct kube_feed_config nodes = {
		.kind = KUBE_NODE, .path = "/api/v1/nodes", .selectors = "",
		.user = { on_node, on_node_gone, on_synced, on_node_trouble, c },
	};

	c->client = client;
	c->snapshot = snapshot;
	c->user = *user;
	c->fallback = loop_timer_new(kube_client_loop(client), fall_back, c);
	c->services = kube_feed_new(client, &services);
	c->endpoints = kube_feed_new(client, &slices);
	c->nodes = kube_feed_new(client, &nodes);
	return c;
}

void cluster_free(struct cluster *c)
{
	if (!c)
		return;
	kube_feed_free(c->services);
	kube_feed_free(c->endpoints);
	kube_feed_free(c->nodes);
	loop_timer_free(c->fallback);
	free(c);
}

bool cluster_is_synced(const struct cluster *c)
{
	return kube_feed_is_synced(c->services) && kube_feed_is_synced(c->endpoints) &&
	       kube_feed_is_synced(c->nodes);
}

uint64_t cluster_n_updates(const struct cluster *c)
{
	return c->n_updates;
}
