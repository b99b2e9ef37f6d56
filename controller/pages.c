/* pages - see pages.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/pages.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/wire/exposition.h"
#include "common/api/wire/history_json.h"
#include "common/api/wire/status_page.h"
#include "common/core/json_text.h"
#include "controller/controller.h"

#define SCHEMA 1
#define PAGE_MAX_BYTES (256u * 1024 * 1024)

static int healthz(void *ctx, struct text *out, const char **type)
{
	(void)ctx;
	(void)type;
	text_add(out, "ok");
	return 200;
}

static int readyz(void *ctx, struct text *out, const char **type)
{
	const struct controller *c = ctx;
	bool ready = controller_is_ready(c);

	(void)type;
	text_add(out, ready ? "ok" : "services and configuration have not been read yet\n");
	return ready ? 200 : 503;
}

/* What it has: as decided, or as stored where nothing was; what cannot be read is no address. */
static size_t addresses_of(const struct service *s, struct ip out_ip[ALLOC_MAX_IPS])
{
	const struct ip *ip = s->keeps ? s->stored : s->ip;
	size_t n = s->keeps ? s->n_stored : s->n_ip, n_out = 0;

	for (size_t i = 0; i < n && i < ALLOC_MAX_IPS; i++)
		if (ip_is_set(&ip[i]))
			out_ip[n_out++] = ip[i];
	return n_out;
}

/* ---- /metrics ---- */

static void add_pool_metrics(struct counters *m, const struct controller *c)
{
	static const struct {
		const char *name, *help;
		uint8_t ip_len; /* 0: both */
		bool used;
	} family[] = {
		{ "metallb_allocator_addresses_total", "Number of usable IP addresses, per pool", 0, false },
		{ "metallb_allocator_addresses_in_use_total", "Number of IP addresses in use, per pool", 0,
		  true },
		{ "metallb_allocator_ipv4_addresses_total", "Number of usable IPv4 addresses, per pool",
		  IP_V4, false },
		{ "metallb_allocator_ipv4_addresses_in_use_total",
		  "Number of IPv4 addresses in use, per pool", IP_V4, true },
		{ "metallb_allocator_ipv6_addresses_total", "Number of usable IPv6 addresses, per pool",
		  IP_V6, false },
		{ "metallb_allocator_ipv6_addresses_in_use_total",
		  "Number of IPv6 addresses in use, per pool", IP_V6, true },
	};
	const struct config *config = reconcile_config(c->reconcile);
	const struct alloc *alloc = reconcile_alloc(c->reconcile);

	for (size_t i = 0; i < ARRAY_LEN(family); i++) {
		struct counters_family *f = counters_add(m, family[i].name, COUNTERS_GAUGE,
							 family[i].help);

		for (size_t k = 0; config && k < config->n_pool; k++) {
			const struct config_pool *pool = &config->pool[k];
			const struct counters_labels label = { "pool", pool->name };
			uint64_t v = family[i].used ?
					     (alloc ? alloc_n_used(alloc, pool, family[i].ip_len) : 0) :
				     family[i].ip_len ?
					     config_pool_size_family(pool, family[i].ip_len) :
					     config_pool_size(pool);

			counters_set(f, &label, 1, (double)v);
		}
	}
}

static void add_waiting_metrics(struct counters *m, const struct controller *c)
{
	struct counters_family *f =
		counters_add(m, "tinlb_controller_services_waiting", COUNTERS_GAUGE,
			     "Services that want an address and have none, or not all, per reason");
	const char *key;
	void *value;

	for (size_t at = 0; strmap_next(reconcile_services(c->reconcile), &at, &key, &value);) {
		const struct service *s = value;
		const struct counters_labels label = { "reason", reason_word((enum reason)s->reason) };

		if (reconcile_is_ours(c->reconcile, s) && s->reason != REASON_NONE)
			counters_increase(f, &label, 1, 1);
	}
}

/* Load balancers of a class that is not ours, and that nobody has given an address. */
static double n_unserved(const struct controller *c)
{
	size_t n = 0;
	const char *key;
	void *value;

	for (size_t at = 0; strmap_next(reconcile_services(c->reconcile), &at, &key, &value);) {
		const struct service *s = value;

		n += s->is_load_balancer && s->n_stored == 0 && !reconcile_is_ours(c->reconcile, s);
	}
	return (double)n;
}

static double n_overwritten(const struct controller *c)
{
	uint64_t n = 0;
	const char *key;
	void *value;

	for (size_t at = 0; strmap_next(reconcile_services(c->reconcile), &at, &key, &value);)
		n += ((const struct service *)value)->n_overwritten;
	return (double)n;
}

static void add_assigned_metrics(struct text *out, const struct controller *c)
{
	static const char name[] = "tinlb_controller_address_assigned";
	const char *key;
	void *value;

	exposition_head(out, name, "gauge", "1 for each address that a service has");
	for (size_t at = 0; strmap_next(reconcile_services(c->reconcile), &at, &key, &value);) {
		const struct service *s = value;
		char text[IP_TEXT_MAX];
		struct ip ip[ALLOC_MAX_IPS];
		size_t n = addresses_of(s, ip);

		for (size_t i = 0; i < n && reconcile_is_ours(c->reconcile, s); i++)
			text_addf(out, "%s{service=\"%s\",ip=\"%s\"} 1\n", name, key, ip_format(&ip[i], text));
	}
}

static void add_one(struct counters *m, const char *name, enum counters_type type, double value,
		    const char *help)
{
	counters_set(counters_add(m, name, type, help), NULL, 0, value);
}

static int metrics(void *ctx, struct text *out, const char **type)
{
	const struct controller *c = ctx;
	struct config_source_state config = config_source_state(c->source);
	struct counters m = { 0 };

	*type = EXPOSITION_CONTENT_TYPE;
	add_pool_metrics(&m, c);
	add_one(&m, "metallb_k8s_client_updates_total", COUNTERS_COUNTER, (double)c->state.updates,
		"Number of k8s object updates that have been processed");
	add_one(&m, "metallb_k8s_client_update_errors_total", COUNTERS_COUNTER,
		(double)c->state.update_errors, "Number of k8s object updates that failed");
	add_one(&m, "metallb_k8s_client_config_loaded_bool", COUNTERS_GAUGE, config.loaded,
		"1 if a configuration was successfully loaded at least once");
	add_one(&m, "metallb_k8s_client_config_stale_bool", COUNTERS_GAUGE, config.stale,
		"1 if running on a stale configuration, because the latest one is not usable");
	add_one(&m, "tinlb_controller_status_writes_total", COUNTERS_COUNTER, (double)c->state.writes,
		"Number of service status updates written");
	add_one(&m, "tinlb_controller_status_conflicts_total", COUNTERS_COUNTER,
		(double)c->state.conflicts, "Number of service status updates that met a newer object");
	add_one(&m, "tinlb_controller_services_unserved", COUNTERS_GAUGE, n_unserved(c),
		"Load balancer services of another class that have no address");
	add_one(&m, "tinlb_controller_status_overwritten", COUNTERS_GAUGE, n_overwritten(c),
		"Times that somebody else changed the addresses of services that are there");
	add_one(&m, "tinlb_controller_events_total", COUNTERS_COUNTER, (double)c->state.events,
		"Number of Events written");
	add_one(&m, "tinlb_controller_leads", COUNTERS_GAUGE, c->leads,
		"1 if this controller gives addresses, 0 if it stands by");
	add_one(&m, "tinlb_controller_writes_in_flight", COUNTERS_GAUGE, (double)c->n_writes,
		"Number of service status updates under way");
	add_one(&m, "tinlb_controller_writes_waiting", COUNTERS_GAUGE, (double)reconcile_n_due(c->reconcile),
		"Number of service status updates that wait for their turn");
	add_waiting_metrics(&m, c);
	exposition_add(out, &m);
	add_assigned_metrics(out, c);
	counters_done(&m);
	return 200;
}

/* ---- /status ---- */

static void add_config(struct text *out, const struct controller *c)
{
	struct config_source_state config = config_source_state(c->source);

	json_text_open(out, "config", '{');
	json_text_string(out, "source", config.source);
	json_text_bool(out, "loaded", config.loaded);
	json_text_bool(out, "stale", config.stale);
	json_text_string(out, "hash", config.hash);
	json_text_string(out, "error", config.error);
	if (config.line > 0)
		json_text_number(out, "line", config.line);
	else
		json_text_null(out, "line");
	json_text_close(out, '}');
}

static void add_pools(struct text *out, const struct controller *c)
{
	const struct config *config = reconcile_config(c->reconcile);
	const struct alloc *alloc = reconcile_alloc(c->reconcile);

	json_text_open(out, "pools", '[');
	for (size_t i = 0; config && i < config->n_pool; i++) {
		uint64_t size = config_pool_size(&config->pool[i]);

		json_text_open(out, NULL, '{');
		json_text_string(out, "name", config->pool[i].name);
		json_text_number(out, "size", size > INT64_MAX ? INT64_MAX : (int64_t)size);
		json_text_number(out, "used",
				 alloc ? (int64_t)alloc_n_used(alloc, &config->pool[i], 0) : 0);
		json_text_close(out, '}');
	}
	json_text_close(out, ']');
}

/* One entry per address, with everybody who shares it. */
static void add_addresses(struct text *out, const struct controller *c, const char *const *key,
			  size_t n)
{
	struct strmap by_ip = { 0 }; /* address -> list of services as JSON */
	const char **ip;

	for (size_t i = 0; i < n; i++) {
		const struct service *s = reconcile_find(c->reconcile, key[i]);
		char text[IP_TEXT_MAX];
		struct ip has[ALLOC_MAX_IPS];
		size_t n_ip = addresses_of(s, has);

		if (!reconcile_is_ours(c->reconcile, s))
			continue;
		for (size_t k = 0; k < n_ip; k++) {
			struct text *list = strmap_get(&by_ip, ip_format(&has[k], text));

			if (!list) {
				list = mem_new(1, sizeof(*list));
				text_init(list, PAGE_MAX_BYTES);
				json_text_open(list, NULL, '{');
				json_text_string(list, "ip", text);
				json_text_string(list, "pool", s->keeps ? s->note : s->pool);
				json_text_string(list, "state", "assigned");
				json_text_open(list, "services", '[');
				strmap_put(&by_ip, text, list);
			}
			json_text_string(list, NULL, s->key);
		}
	}
	json_text_open(out, "addresses", '[');
	ip = strmap_sorted_keys(&by_ip);
	for (size_t i = 0; i < by_ip.n; i++) {
		struct text *list = strmap_get(&by_ip, ip[i]);

		json_text_close(list, ']');
		json_text_close(list, '}');
		json_text_raw(out, NULL, list->s);
		text_done(list);
		free(list);
	}
	json_text_close(out, ']');
	free(ip);
	strmap_done(&by_ip);
}

/* How often somebody else changed its status, and how long ago last. */
static void add_overwritten(struct text *out, const struct controller *c, const struct service *s)
{
	int64_t ago_ms = (loop_now(c->loop) - s->overwritten) / NS_PER_MS;

	json_text_number(out, "overwritten", (int64_t)s->n_overwritten);
	if (s->n_overwritten > 0)
		json_text_number(out, "overwrittenAgoMs", ago_ms);
	else
		json_text_null(out, "overwrittenAgoMs");
}

static void add_services(struct text *out, const struct controller *c, const char *const *key,
			 size_t n)
{
	char text[IP_TEXT_MAX];

	json_text_open(out, "services", '[');
	for (size_t i = 0; i < n; i++) {
		const struct service *s = reconcile_find(c->reconcile, key[i]);
		struct ip ip[ALLOC_MAX_IPS];
		size_t n_ip = addresses_of(s, ip);

		if (!reconcile_is_ours(c->reconcile, s))
			continue;
		json_text_open(out, NULL, '{');
		json_text_string(out, "service", s->key);
		json_text_open(out, "addresses", '[');
		for (size_t k = 0; k < n_ip; k++)
			json_text_string(out, NULL, ip_format(&ip[k], text));
		json_text_close(out, ']');
		json_text_string(out, "reason",
				 s->reason ? reason_word((enum reason)s->reason) : NULL);
		json_text_string(out, "message", s->message);
		add_overwritten(out, c, s);
		json_text_close(out, '}');
	}
	json_text_close(out, ']');
}

static void add_notes(struct text *out, const struct controller *c)
{
	struct ip inside[32];
	char text[IP_TEXT_MAX];
	size_t n = reconcile_node_addresses(c->reconcile, inside, ARRAY_LEN(inside));

	json_text_open(out, "notes", '[');
	if (config_source_state(c->source).doubled)
		json_text_string(out, NULL, config_source_state(c->source).doubled);
	if (c->state.guard_off)
		json_text_string(out, NULL,
				 "the role does not let nodes be listed: addresses of nodes inside a "
				 "pool are not kept from services");
	for (size_t i = 0; i < n; i++) {
		struct text t;

		text_init(&t, 160);
		text_addf(&t, "%s is in a pool and is a node's own address: it is never given away",
			  ip_format(&inside[i], text));
		json_text_string(out, NULL, t.s);
		text_done(&t);
	}
	json_text_close(out, ']');
}

static void add_api(struct text *out, const struct controller *c)
{
	const char *resource, *sentence;
	size_t at = 0;
	void *trouble = NULL;

	if (!strmap_next(&c->trouble, &at, &resource, &trouble))
		trouble = NULL;
	json_text_open(out, "api", '{');
	json_text_string(out, "server", kube_client_server(c->client));
	json_text_string(out, "trouble", trouble);
	json_text_open(out, "denied", '[');
	at = 0;
	while ((sentence = kube_client_denied(c->client, &at)) != NULL)
		json_text_string(out, NULL, sentence);
	json_text_close(out, ']');
	json_text_close(out, '}');
}

static int status(void *ctx, struct text *out, const char **type)
{
	const struct controller *c = ctx;
	const struct strmap *services = reconcile_services(c->reconcile);
	const char **key = strmap_sorted_keys(services);

	*type = "application/json";
	json_text_open(out, NULL, '{');
	json_text_number(out, "schema", SCHEMA);
	json_text_string(out, "component", "controller");
	json_text_string(out, "version", TINLB_VERSION);
	json_text_bool(out, "ready", controller_is_ready(c));
	json_text_string(out, "role", leader_role_word(c->role));
	json_text_string(out, "leader", leader_holder(c->leader));
	add_notes(out, c);
	add_config(out, c);
	add_api(out, c);
	add_pools(out, c);
	add_addresses(out, c, key, services->n);
	add_services(out, c, key, services->n);
	history_json_write(out, &c->history);
	json_text_close(out, '}');
	text_add(out, "\n");
	free(key);
	return 200;
}

static int page(void *ctx, struct text *out, const char **type)
{
	struct text json;
	int rc;

	text_init(&json, PAGE_MAX_BYTES);
	(void)status(ctx, &json, type);
	*type = STATUS_PAGE_CONTENT_TYPE;
	rc = status_page_write(json.s, json.n, out);
	text_done(&json);
	return rc == 0 ? 200 : 500;
}

const struct serve_page controller_pages[] = {
	{ "/healthz", healthz, NULL },
	{ "/readyz", readyz, NULL },
	{ "/metrics", metrics, NULL },
	{ "/status", status, NULL },
	{ "/", page, STATUS_PAGE_POLICY },
	{ "/status.html", page, STATUS_PAGE_POLICY },
};
const size_t controller_n_pages = ARRAY_LEN(controller_pages);
const size_t controller_n_health_pages = 2;
