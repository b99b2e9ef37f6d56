/* controller - see controller.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/controller.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/files.h"
#include "common/io/log.h"
#include "config/wire/config_yaml.h"
#include "controller/lead.h"
#include "controller/writes.h"

static void settle(struct controller *c)
{
	writes_pump(c);
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

/* Nothing is given before everything was read that decides, as it is stored since we lead. */
static void look_if_fresh(struct controller *c)
{
	if (c->leads && c->fresh_services && c->fresh_config && c->nodes_known)
		reconcile_on_all_services(c->reconcile, loop_now(c->loop));
	log_synced(c);
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

/* ---- configuration ---- */

static void set_stale(struct controller *c, unsigned line, const char *error)
{
	c->state.stale = true;
	c->state.line = line;
	c->state.update_errors++;
	snprintf(c->state.error, sizeof(c->state.error), "%s", error);
	log_line(LOG_ERROR, { "event", "configStale" }, { "configmap", c->config.config_map },
		 { "error", error },
		 { "msg", c->state.loaded ?
				  "config (re)load failed, config marked stale: the last good one stays" :
				  "config load failed: no configuration is in force" });
}

static void take_document(struct controller *c, const char *document)
{
	struct config_errors errors = { 0 };
	struct config *config;
	struct text t;

	if (config_from_yaml(document, strlen(document), &config, &errors) == 0) {
		c->state.loaded = true;
		c->state.stale = false;
		c->state.error[0] = '\0';
		c->state.line = 0;
		log_line(LOG_INFO, { "event", "configLoaded" }, { "hash", config->hash },
			 { "msg", "config (re)loaded" });
		reconcile_on_config(c->reconcile, loop_now(c->loop), config);
	} else {
		text_init(&t, sizeof(c->state.error) - 1);
		config_errors_format(&errors, &t);
		set_stale(c, errors.at[0].line, t.s);
		text_done(&t);
	}
	config_errors_done(&errors);
}

static void on_config_map(void *ctx, void *object)
{
	struct controller *c = ctx;
	struct kube_config_map *map = object;
	const char *document = kube_label_find(&map->data, "config");

	c->state.updates++;
	c->config_seen = true;
	take_document(c, document ? document : "");
	kube_config_map_free(map);
	log_synced(c);
	settle(c);
}

static void on_config_map_gone(void *ctx, const char *key)
{
	struct controller *c = ctx;

	(void)key;
	c->config_seen = false;
	set_stale(c, 0, "the ConfigMap was deleted: the last good configuration stays in force");
	settle(c);
}

static void on_config_maps_synced(void *ctx)
{
	struct controller *c = ctx;

	if (!c->config_seen) {
		log_line(LOG_WARN, { "event", "noConfig" }, { "configmap", c->config.config_map },
			 { "msg", "there is no configuration yet: nothing is given and nothing taken" });
		reconcile_on_no_config(c->reconcile, loop_now(c->loop));
	} else if (!c->state.loaded) {
		reconcile_on_no_config(c->reconcile, loop_now(c->loop));
	}
	c->fresh_config = true;
	look_if_fresh(c);
}

static void on_config_maps_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	controller_log_trouble(ctx, "configmaps", trouble, text);
}

/* ---- nodes: their own addresses are never given away ---- */

static void publish_nodes(struct controller *c)
{
	const char **name = strmap_sorted_keys(&c->node_ips);
	struct ip *ip = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < c->node_ips.n; i++) {
		const struct kube_node *node = strmap_get(&c->node_ips, name[i]);

		for (size_t k = 0; k < node->n_internal_ip; k++) {
			ip = mem_grow(ip, n, &cap, sizeof(*ip));
			memset(&ip[n], 0, sizeof(*ip));
			n += ip_parse(node->internal_ip[k], &ip[n]) == 0;
		}
	}
	free(name);
	if (kube_feed_is_synced(c->nodes))
		reconcile_on_nodes(c->reconcile, loop_now(c->loop), ip, n);
	free(ip);
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
	struct ip inside[8];
	size_t n;

	c->state.guard_off = false;
	c->nodes_known = true;
	publish_nodes(c);
	look_if_fresh(c);
	n = reconcile_node_addresses(c->reconcile, inside, ARRAY_LEN(inside));
	for (size_t i = 0; i < n; i++) {
		char text[IP_TEXT_MAX];

		log_line(LOG_WARN, { "event", "nodeAddressInPool" },
			 { "ip", ip_format(&inside[i], text) },
			 { "msg", "a pool contains an address that a node has: it is never given to a "
				  "service; take it out of the pool" });
	}
}

static void on_nodes_trouble(void *ctx, enum kube_trouble trouble, const char *text)
{
	struct controller *c = ctx;

	if (trouble != KUBE_TROUBLE_DENIED) {
		controller_log_trouble(c, "nodes", trouble, text);
		return;
	}
	if (kube_feed_is_synced(c->nodes))
		return; /* LIST is allowed and WATCH is not: it is listed again each minute */
	c->nodes_known = true;
	c->state.guard_off = true;
	look_if_fresh(c);
	log_line(LOG_WARN, { "op", "watch" }, { "resource", "nodes" }, { "error", text },
		 { "msg", "the role does not let nodes be listed: addresses of nodes inside a pool are "
			  "not kept from services" });
}

/* ---- start and stop ---- */

static void watch_config(struct controller *c)
{
	struct kube_feed_config config_maps = {
		KUBE_CONFIG_MAP, c->config_path.s, c->config_selectors.s,
		{ on_config_map, on_config_map_gone, on_config_maps_synced, on_config_maps_trouble, c }
	};

	c->config_maps = kube_feed_new(c->client, &config_maps);
}

static void watch_nodes(struct controller *c)
{
	const struct kube_feed_config nodes = {
		KUBE_NODE, "/api/v1/nodes", "",
		{ on_node, on_node_gone, on_nodes_synced, on_nodes_trouble, c }
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
		{ on_service, on_service_gone, on_services_synced, on_services_trouble, c }
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
	kube_feed_relist(c->config_maps);
	kube_feed_relist(c->services);
}

void controller_end(struct controller *c)
{
	writes_cancel(c);
	reconcile_on_standby(c->reconcile);
	c->logged_synced = false;
}

bool controller_is_ready(const struct controller *c)
{
	return c->services && kube_feed_is_synced(c->services) && kube_feed_is_synced(c->config_maps);
}

void controller_start(struct controller *c)
{
	uint64_t seed;

	files_random(&seed, sizeof(seed));
	c->reconcile = reconcile_new(c->config.class, seed);
	c->timer = loop_timer_new(c->loop, on_timer, c);
	text_init(&c->config_path, 1024);
	text_addf(&c->config_path, "/api/v1/namespaces/%s/configmaps", c->config.namespace);
	text_init(&c->config_selectors, 1024);
	text_addf(&c->config_selectors, "fieldSelector=metadata.name%%3D%s", c->config.config_map);
	lead_start(c);
}

void controller_stop(struct controller *c)
{
	const char *name;
	void *node;

	lead_stop(c);
	writes_cancel(c);
	kube_feed_free(c->services);
	kube_feed_free(c->nodes);
	kube_feed_free(c->config_maps);
	loop_timer_free(c->timer);
	reconcile_free(c->reconcile);
	for (size_t at = 0; strmap_next(&c->node_ips, &at, &name, &node);)
		kube_node_free(node);
	strmap_done(&c->node_ips);
	text_done(&c->config_path);
	text_done(&c->config_selectors);
}
