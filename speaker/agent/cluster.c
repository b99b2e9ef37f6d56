/* cluster - see cluster.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/cluster.h"

#include <stdlib.h>

#define TURN_MS 5000 /* of each of the two kinds of endpoints, after the first */

struct cluster {
	struct kube_client *client;
	struct snapshot *snapshot;
	struct cluster_user user;
	struct kube_feed *services, *endpoints, *nodes;
	struct loop_timer *turn; /* a feed must not be freed by its own callback */
	bool slices;     /* of them `endpoints` is; else of Endpoints */
	char *no_slices; /* why, since they were refused; or NULL */
	enum kube_trouble why_no_slices;
	bool found;      /* an object of the present kind */
	bool told[2];    /* a trouble of Endpoints, of slices */
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

	c->found = true;
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

/* ---- EndpointSlices, or Endpoints ---- */

/* What is known of one kind is better than nothing, and the other would come on top of it. */
static bool is_settled(const struct cluster *c)
{
	return c->found || kube_feed_is_synced(c->endpoints);
}

/* True: it cannot be read, and the other kind has its turn. */
static bool turn_from(struct cluster *c, enum kube_trouble trouble)
{
	bool first = c->no_slices == NULL;

	if ((trouble != KUBE_TROUBLE_DENIED && trouble != KUBE_TROUBLE_MISSING) || is_settled(c))
		return false;
	loop_timer_set(c->turn, instant_add_ms(loop_now(kube_client_loop(c->client)),
					       first ? 0 : TURN_MS));
	return true;
}

static void tell(struct cluster *c, bool slices, enum kube_trouble trouble, const char *text)
{
	if (trouble != KUBE_TROUBLE_OBJECT)
		c->told[slices] = trouble != KUBE_TROUBLE_NONE;
	trouble_with(c, slices ? "endpointslices" : "endpoints", trouble, text);
}

/* That slices are refused is no trouble as long as Endpoints may not be. */
static void on_endpoints_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct cluster *c = ctx;
	bool refused = turn_from(c, trouble);

	if (refused && c->slices) {
		mem_replace(&c->no_slices, text);
		c->why_no_slices = trouble;
		return;
	}
	if (refused && c->told[false])
		return;
	if (refused)
		tell(c, true, c->why_no_slices, c->no_slices);
	tell(c, c->slices, trouble, text);
}

static void on_endpoints_synced(void *ctx)
{
	struct cluster *c = ctx;

	for (size_t i = 0; i < ARRAY_LEN(c->told); i++)
		if (c->told[i])
			tell(c, i, KUBE_TROUBLE_NONE, "");
	if (c->no_slices && !c->slices)
		c->user.on_fallback(c->user.ctx, c->no_slices);
	mem_replace(&c->no_slices, NULL);
	on_synced(c);
}

static void read_endpoints(struct cluster *c, bool slices)
{
	const struct kube_feed_config config = {
		.kind = slices ? KUBE_ENDPOINT_SLICE : KUBE_ENDPOINTS,
		.path = slices ? "/apis/discovery.k8s.io/v1/endpointslices" : "/api/v1/endpoints",
		.selectors = "",
		.user = { on_endpoints, on_endpoints_gone, on_endpoints_synced, on_endpoints_trouble, c },
	};

	c->slices = slices;
	c->endpoints = kube_feed_new(c->client, &config);
}

static void on_turn(void *ctx, instant now)
{
	struct cluster *c = ctx;

	(void)now;
	if (is_settled(c))
		return;
	kube_feed_free(c->endpoints);
	read_endpoints(c, !c->slices);
}

struct cluster *cluster_new(struct kube_client *client, struct snapshot *snapshot,
			    const struct cluster_user *user)
{
	struct cluster *c = mem_new(1, sizeof(*c));
	struct kube_feed_config services = {
		.kind = KUBE_SERVICE, .path = "/api/v1/services", .selectors = "",
		.user = { on_service, on_service_gone, on_synced, on_service_trouble, c },
	};
	struct kube_feed_config nodes = {
		.kind = KUBE_NODE, .path = "/api/v1/nodes", .selectors = "",
		.user = { on_node, on_node_gone, on_synced, on_node_trouble, c },
	};

	c->client = client;
	c->snapshot = snapshot;
	c->user = *user;
	c->turn = loop_timer_new(kube_client_loop(client), on_turn, c);
	c->services = kube_feed_new(client, &services);
	read_endpoints(c, true);
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
	loop_timer_free(c->turn);
	free(c->no_slices);
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
