/* controller - see controller.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/controller.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/files.h"
#include "common/io/log.h"
#include "controller/lead.h"
#include "controller/pool_status.h"
#include "controller/ring_secret.h"
#include "controller/writes.h"

#define GUARD_OFF_AFTER_MS 5000 /* an API server that starts refuses everybody until it has read the roles */

static void settle(struct controller *c)
{
	writes_pump(c);
	pool_status_touch(c->pool_status);
}

static void on_timer(void *ctx, instant now)
{
	(void)now;
	settle(ctx);
}

void controller_log_trouble(struct controller *c, const char *what, enum kube_trouble trouble,
			    const char *text)
{
	if (trouble == KUBE_TROUBLE_NONE)
		log_line(LOG_INFO, { "op", "watch" }, { "resource", what },
			 { "msg", "the API answers again" });
	else
		log_line(LOG_ERROR, { "op", "watch" }, { "resource", what }, { "error", text },
			 { "msg", trouble == KUBE_TROUBLE_OBJECT ? "an object is left out" :
				  trouble == KUBE_TROUBLE_DENIED ?
								   "the role does not allow it" :
								   "the API cannot be read" });
	c->state.update_errors += trouble != KUBE_TROUBLE_NONE;
	if (trouble != KUBE_TROUBLE_OBJECT)
		free(strmap_remove(&c->trouble, what));
	if (trouble != KUBE_TROUBLE_OBJECT && trouble != KUBE_TROUBLE_NONE)
		free(strmap_put(&c->trouble, what, mem_strdup(text)));
}

/* ---- services ---- */

static void on_service(void *ctx, void *object)
{
	struct controller *c = ctx;

	c->state.updates++;
	reconcile_on_service(c->reconcile, loop_now(c->loop), object);
	settle(c);
}

static void on_service_gone(void *ctx, const char *key)
{
	struct controller *c = ctx;

	c->state.updates++;
	log_line(LOG_INFO, { "event", "serviceDeleted" }, { "service", key },
		 { "msg", "deleted service" });
	reconcile_on_gone(c->reconcile, loop_now(c->loop), key);
	settle(c);
}

static void log_synced(struct controller *c)
{
	if (c->logged_synced || !reconcile_is_ready(c->reconcile))
		return;
	c->logged_synced = true;
	log_line(LOG_INFO, { "event", "stateSynced" },
		 { "msg", "controller synced, can allocate IPs now" });
}

static void tell_state(struct controller *c)
{
	struct config_source_state state = config_source_state(c->source);

	if (c->config_state)
		config_state_set(c->config_state, &state, lead_may_write(c));
}

/* Nothing is given before everything was read that decides, as it is stored since we lead. */
static void look_if_fresh(struct controller *c)
{
	if (c->leads && c->fresh_services && c->fresh_config && c->nodes_known)
		reconcile_on_all_services(c->reconcile, loop_now(c->loop));
	log_synced(c);
	tell_state(c);
	settle(c);
}

static void on_services_synced(void *ctx)
{
	struct controller *c = ctx;

	c->fresh_services = true;
	look_if_fresh(c);
}

static void on_services_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	controller_log_trouble(ctx, "services", trouble, text);
}

/* Addresses of nodes inside pools, each once when it begins. */
static void report_nodes(struct controller *c)
{
	struct ip inside[CONTROLLER_MAX_REPORTED];
	size_t n = reconcile_node_addresses(c->reconcile, inside, ARRAY_LEN(inside));
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < c->n_reported; k++)
			known |= ip_equal(&inside[i], &c->reported[k]);
		if (!known)
			log_line(LOG_WARN, { "event", "nodeAddressInPool" },
				 { "ip", ip_format(&inside[i], text) },
				 { "msg", "a pool contains an address that a node has: it is never given "
					  "to a service; take it out of the pool" });
	}
	memcpy(c->reported, inside, n * sizeof(*inside));
	c->n_reported = n;
}

/* ---- configuration ---- */

static void on_config(void *ctx, struct config *config)
{
	struct controller *c = ctx;

	reconcile_on_config(c->reconcile, loop_now(c->loop), config);
	report_nodes(c);
}

/* Those who wait are told of a configuration that is refused, and of its line. */
static void tell_refused(struct controller *c)
{
	struct config_source_state state = config_source_state(c->source);
	struct text t;

	if (!state.error || !(state.stale || !state.loaded)) {
		reconcile_on_refused(c->reconcile, loop_now(c->loop), NULL);
		return;
	}
	text_init(&t, 300);
	if (state.line > 0)
		text_addf(&t, "line %u: ", state.line);
	text_add_n(&t, state.error, strcspn(state.error, "\n"));
	reconcile_on_refused(c->reconcile, loop_now(c->loop), t.s);
	text_done(&t);
}

static void on_config_update(void *ctx, bool failed)
{
	struct controller *c = ctx;

	c->state.updates++;
	c->state.update_errors += failed;
	tell_refused(c);
	settle(c);
}

static void on_config_settled(void *ctx)
{
	struct controller *c = ctx;

	if (!config_source_state(c->source).loaded)
		reconcile_on_no_config(c->reconcile, loop_now(c->loop));
	c->fresh_config = true;
	look_if_fresh(c);
}

static void on_config_doubled(void *ctx)
{
	struct controller *c = ctx;

	c->tell_doubled = true;
}

static void on_config_trouble(void *ctx, const char *what, enum kube_trouble trouble,
			      const char *text)
{
	controller_log_trouble(ctx, what, trouble, text);
}

static void on_pool(void *ctx, const char *name, const char *json)
{
	struct controller *c = ctx;

	pool_status_on_object(c->pool_status, name, json);
}

static void on_self_known(void *ctx)
{
	struct controller *c = ctx;

	config_state_on_self(c->config_state);
}

/* ---- nodes: their own addresses are never given away ---- */

static void publish_nodes(struct controller *c)
{
	const char **name;
	struct ip *ip = NULL;
	size_t n = 0, cap = 0;

	if (!kube_feed_is_synced(c->nodes))
		return; /* more are to come */
	name = strmap_sorted_keys(&c->node_ips);
	for (size_t i = 0; i < c->node_ips.n; i++) {
		const struct kube_node *node = strmap_get(&c->node_ips, name[i]);

		for (size_t k = 0; k < node->n_internal_ip; k++) {
			ip = mem_grow(ip, n, &cap, sizeof(*ip));
			memset(&ip[n], 0, sizeof(*ip));
			n += ip_parse(node->internal_ip[k], &ip[n]) == 0;
		}
	}
	free(name);
	reconcile_on_nodes(c->reconcile, loop_now(c->loop), ip, n);
	free(ip);
	report_nodes(c);
	settle(c);
}

static void on_node(void *ctx, void *object)
{
	struct controller *c = ctx;
	struct kube_node *node = object;

	kube_node_free(strmap_put(&c->node_ips, node->meta.name, node));
	publish_nodes(c);
}

static void on_node_gone(void *ctx, const char *key)
{
	struct controller *c = ctx;

	kube_node_free(strmap_remove(&c->node_ips, key));
	publish_nodes(c);
}

static void on_nodes_synced(void *ctx)
{
	struct controller *c = ctx;

	c->state.guard_off = false;
	c->nodes_known = true;
	publish_nodes(c);
	look_if_fresh(c);
}

static void on_nodes_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct controller *c = ctx;

	if (trouble != KUBE_TROUBLE_DENIED) {
		loop_timer_set(c->guard_timer, INSTANT_NEVER);
		controller_log_trouble(c, "nodes", trouble, text);
		return;
	}
	if (kube_feed_is_synced(c->nodes)) { /* LIST is allowed and WATCH is not */
		log_line(LOG_INFO, { "op", "watch" }, { "resource", "nodes" }, { "error", text },
			 { "msg", "the role does not allow it: they are listed each minute" });
		return;
	}
	mem_replace(&c->no_nodes, text);
	loop_timer_set(c->guard_timer, instant_add_ms(loop_now(c->loop), GUARD_OFF_AFTER_MS));
}

static void on_guard_timer(void *ctx, instant now)
{
	struct controller *c = ctx;

	(void)now;
	if (c->nodes_known)
		return;
	c->nodes_known = true;
	c->state.guard_off = true;
	look_if_fresh(c);
	log_line(LOG_WARN, { "op", "watch" }, { "resource", "nodes" }, { "error", c->no_nodes },
		 { "msg", "the role does not let nodes be listed: addresses of nodes inside a pool are "
			  "not kept from services" });
}

/* ---- namespaces: their labels count for pools that select by them ---- */

static void on_namespace(void *ctx, void *object)
{
	struct controller *c = ctx;

	reconcile_on_namespace(c->reconcile, loop_now(c->loop), object);
	settle(c);
}

static void on_namespace_gone(void *ctx, const char *key)
{
	struct controller *c = ctx;

	reconcile_on_namespace_gone(c->reconcile, key);
}

static void on_namespaces_synced(void *ctx)
{
	struct controller *c = ctx;

	reconcile_on_namespaces_read(c->reconcile, loop_now(c->loop));
	settle(c);
}

static void on_namespaces_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct controller *c = ctx;

	if (trouble == KUBE_TROUBLE_DENIED && !kube_feed_is_synced(c->namespaces)) {
		reconcile_on_namespaces_denied(c->reconcile, loop_now(c->loop));
		log_line(LOG_INFO, { "op", "watch" }, { "resource", "namespaces" }, { "error", text },
			 { "msg", "the role does not let namespaces be listed: namespaceSelectors of "
				  "pools match nothing new" });
	} else {
		controller_log_trouble(c, "namespaces", trouble, text);
	}
}

/* ---- start and stop ---- */

static void watch_config(struct controller *c)
{
	const struct config_source_user source = { on_config, on_config_update, on_config_settled,
						   on_config_doubled, on_config_trouble, on_pool, c };
	const struct config_state_config state = {
		.group = c->group, .namespace = c->config.namespace,
		.name = "controller", .component = "controller",
		.condition = "poolReconcilerValid", .manager = "poolReconciler",
	};
	const struct kube_feed_config namespaces = {
		KUBE_NAMESPACE, "/api/v1/namespaces", "",
		{ on_namespace, on_namespace_gone, on_namespaces_synced, on_namespaces_trouble, c }, NULL
	};

	c->self = kube_self_new(c->client, c->config.namespace, c->config.pod, on_self_known, c);
	c->config_state = config_state_new(c->client, c->self, &state);
	c->source = config_source_new(c->client, c->group, c->config.namespace, c->config.config_map,
				      &source);
	c->namespaces = kube_feed_new(c->client, &namespaces);
}

static void watch_nodes(struct controller *c)
{
	const struct kube_feed_config nodes = {
		KUBE_NODE, "/api/v1/nodes", "",
		{ on_node, on_node_gone, on_nodes_synced, on_nodes_trouble, c }, NULL
	};

	if (c->config.guard)
		c->nodes = kube_feed_new(c->client, &nodes);
	else
		c->nodes_known = true;
}

void controller_watch(struct controller *c)
{
	const struct kube_feed_config services = {
		KUBE_SERVICE, "/api/v1/services", "",
		{ on_service, on_service_gone, on_services_synced, on_services_trouble, c }, NULL
	};

	if (c->services)
		return;
	watch_config(c);
	watch_nodes(c);
	c->services = kube_feed_new(c->client, &services);
	if (c->role == LEADER_STANDBY)
		reconcile_on_standby(c->reconcile);
}

/* What the former leader wrote last may not have been told yet: read all of it again. */
void controller_begin(struct controller *c)
{
	if (!c->services) {
		controller_watch(c);
		return;
	}
	c->fresh_services = c->fresh_config = false;
	config_source_relist(c->source);
	kube_feed_relist(c->services);
}

void controller_end(struct controller *c)
{
	writes_cancel(c);
	pool_status_end(c->pool_status);
	reconcile_on_standby(c->reconcile);
	c->logged_synced = false;
	tell_state(c);
}

bool controller_is_ready(const struct controller *c)
{
	return c->services && kube_feed_is_synced(c->services) && config_source_state(c->source).settled;
}

void controller_start(struct controller *c)
{
	uint64_t seed;

	files_random(&seed, sizeof(seed));
	c->group = kube_group_new(c->client, CONFIG_SOURCE_GROUP, KUBE_GROUP_EVERY_MS);
	c->pool_status = pool_status_new(c);
	c->reconcile = reconcile_new(c->config.class, seed);
	c->timer = loop_timer_new(c->loop, on_timer, c);
	c->guard_timer = loop_timer_new(c->loop, on_guard_timer, c);
	if (*c->config.ring_secret)
		c->ring_secret = ring_secret_new(c->client, c->config.namespace, c->config.ring_secret);
	lead_start(c);
}

void controller_stop(struct controller *c)
{
	const char *name;
	void *node;

	lead_stop(c);
	ring_secret_free(c->ring_secret);
	writes_cancel(c);
	kube_feed_free(c->services);
	kube_feed_free(c->nodes);
	kube_feed_free(c->namespaces);
	config_source_free(c->source);
	config_state_free(c->config_state);
	kube_group_free(c->group);
	pool_status_free(c->pool_status);
	kube_self_free(c->self);
	loop_timer_free(c->timer);
	loop_timer_free(c->guard_timer);
	free(c->no_nodes);
	reconcile_free(c->reconcile);
	for (size_t at = 0; strmap_next(&c->node_ips, &at, &name, &node);)
		kube_node_free(node);
	strmap_done(&c->node_ips);
	strmap_done_values(&c->trouble);
	history_done(&c->history);
}
