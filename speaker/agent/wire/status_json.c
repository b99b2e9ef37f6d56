/* status_json - see status_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/status_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/history_json.h"
#include "common/api/wire/kube_time.h"
#include "common/core/json_text.h"
#include "speaker/agent/core/plan_view.h"
#include "speaker/agent/core/reasons.h"
#include "speaker/agent/wire/host_pages.h"

static void put_config(struct text *t, const struct status_facts *facts, const struct plan *plan)
{
	json_text_open(t, "config", '{');
	json_text_string(t, "source", facts->config_source);
	json_text_bool(t, "loaded", facts->config_loaded);
	json_text_bool(t, "stale", facts->config_stale);
	json_text_string(t, "hash", plan->cluster.config ? plan->cluster.config->hash : NULL);
	json_text_string(t, "error", facts->config_error);
	if (facts->config_line > 0)
		json_text_number(t, "line", facts->config_line);
	else
		json_text_null(t, "line");
	json_text_close(t, '}');
}

static void put_time(struct text *t, const char *key, int64_t ms)
{
	char text[KUBE_TIME_MAX];

	json_text_string(t, key, ms > 0 ? kube_time_format(ms * 1000, text) : NULL);
}

static void put_services(struct text *t, const struct snapshot_row *row)
{
	json_text_open(t, "services", '[');
	for (size_t i = 0; i < row->n_hold; i++)
		if (!row->hold[i].ended)
			json_text_string(t, NULL, row->hold[i].service->key);
	json_text_close(t, ']');
}

static void put_words(struct text *t, const char *key, const char *words)
{
	char word[TABLE_INTERFACE_NAME_MAX];

	json_text_open(t, key, '[');
	while (words && *words) {
		size_t n = strcspn(words, ",");

		snprintf(word, sizeof(word), "%.*s", (int)n, words);
		json_text_string(t, NULL, word);
		words += n + (words[n] == ',');
	}
	json_text_close(t, ']');
}

static void put_reason(struct text *t, enum table_reason reason)
{
	json_text_string(t, "reason", reason == TABLE_OK ? NULL : table_reason_word(reason));
	json_text_string(t, "message", reasons_sentence(reason));
}

static void put_address(struct text *t, const struct plan *plan, const struct snapshot_row *row)
{
	static const char *const state[] = { "announced", "notOwner", "withheld" };
	char ip[IP_TEXT_MAX];
	struct plan_view view;

	plan_view_row(plan, row, &view);
	json_text_open(t, NULL, '{');
	json_text_string(t, "ip", ip_format(&row->ip, ip));
	put_services(t, row);
	json_text_string(t, "pool", view.pool);
	json_text_string(t, "state", state[view.state]);
	json_text_string(t, "owner", view.owner);
	put_time(t, "since", view.since_ms);
	json_text_string(t, "next", view.next);
	put_reason(t, view.reason);
	put_words(t, "interfaces", view.interfaces);
	json_text_open(t, "claimants", '[');
	if (view.claimant)
		json_text_string(t, NULL, view.claimant);
	json_text_close(t, ']');
	json_text_bool(t, "excludeLabelIgnored", view.label_ignored);
	json_text_close(t, '}');
}

/* Services that are not announced for a reason of their own. */
static void put_service(struct text *t, const struct plan *plan,
			const struct snapshot_service *service)
{
	enum table_reason reason = decide_service(&plan->cluster, service);
	char ip[IP_TEXT_MAX];

	if (!service->present || reason == TABLE_OK || (service->n_row == 0 && !service->invalid))
		return;
	json_text_open(t, NULL, '{');
	json_text_string(t, "service", service->key);
	json_text_open(t, "addresses", '[');
	for (size_t i = 0; i < service->n_row; i++)
		json_text_string(t, NULL, ip_format(&service->row[i]->ip, ip));
	json_text_close(t, ']');
	put_reason(t, reason);
	json_text_close(t, '}');
}

static void put_rows(struct text *t, const struct plan *plan)
{
	const char **key = strmap_sorted_keys(&plan->cluster.service);

	json_text_open(t, "addresses", '[');
	for (size_t i = 0; i < plan->cluster.n_row; i++)
		put_address(t, plan, plan->cluster.row[i]);
	json_text_close(t, ']');
	json_text_open(t, "services", '[');
	for (size_t i = 0; i < plan->cluster.service.n; i++)
		put_service(t, plan, strmap_get(&plan->cluster.service, key[i]));
	json_text_close(t, ']');
	free(key);
}

static void put_member(struct text *t, const char *name, const struct plan_member *member,
		       int64_t now_ms)
{
	json_text_open(t, NULL, '{');
	json_text_string(t, "name", name);
	json_text_bool(t, "alive", member->alive);
	json_text_bool(t, "self", member->self);
	json_text_open(t, "returnsAgoMs", '[');
	for (size_t i = 0; i < PLAN_RETURNS && member->returned_ms[i] > 0; i++)
		json_text_number(t, NULL, now_ms - member->returned_ms[i]);
	json_text_close(t, ']');
	json_text_close(t, '}');
}

/* Those of the membership protocol, or where none is configured the nodes as the API sees them. */
static void put_members(struct text *t, const struct plan *plan, const struct status_facts *facts)
{
	const bool by_api = plan->member.n == 0 && facts->ring.state == TABLE_RING_OFF;
	const struct strmap *map = by_api ? &plan->cluster.nodes.by_name : &plan->member;
	const char **key = strmap_sorted_keys(map);

	json_text_open(t, "members", '[');
	for (size_t i = 0; i < map->n; i++) {
		if (!by_api) {
			put_member(t, key[i], strmap_get(map, key[i]), facts->now_ms);
		} else {
			const struct nodes_node *node = strmap_get(map, key[i]);
			const struct plan_member member = {
				.alive = node->ready, .self = strcmp(key[i], plan->node_name) == 0
			};

			if (node->known)
				put_member(t, key[i], &member, facts->now_ms);
		}
	}
	json_text_close(t, ']');
	free(key);
}

static void put_ring(struct text *t, const struct table_ring *ring)
{
	json_text_open(t, "ring", '{');
	json_text_string(t, "state", table_ring_word(ring->state));
	json_text_string(t, "message", reasons_of_ring(ring->state));
	put_words(t, "keyIds", ring->key_ids);
	json_text_number(t, "tablesDiffer", ring->n_differ);
	json_text_open(t, "indirect", '[');
	for (size_t i = 0; i < ring->n_indirect; i++)
		json_text_string(t, NULL, ring->indirect[i]);
	json_text_close(t, ']');
	json_text_number(t, "packetsSent", (int64_t)ring->sent);
	json_text_number(t, "packetsReceived", (int64_t)ring->received);
	json_text_open(t, "troubles", '{');
	for (size_t i = 0; i < TABLE_RING_TROUBLES; i++)
		json_text_number(t, table_ring_trouble_word(i), (int64_t)ring->trouble[i]);
	json_text_close(t, '}');
	json_text_close(t, '}');
}

static void put_links(struct text *t, const struct strmap *map, const struct host_facts *host)
{
	const char **key = strmap_sorted_keys(map);
	char mac[18];

	json_text_open(t, "links", '[');
	for (size_t i = 0; i < map->n; i++) {
		const struct table_link *link = strmap_get(map, key[i]);

		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", link->mac[0],
			 link->mac[1], link->mac[2], link->mac[3], link->mac[4], link->mac[5]);
		json_text_open(t, NULL, '{');
		json_text_string(t, "name", link->name);
		json_text_string(t, "mac", mac);
		json_text_bool(t, "usable", link->usable);
		host_link_write(t, host, link->name);
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
	free(key);
}

static void put_counters(struct text *t, const struct status_facts *facts,
			 const struct plan *plan)
{
	json_text_open(t, "agent", '{');
	json_text_number(t, "upMs", facts->now_ms - plan->started_ms);
	json_text_number(t, "nodes", (int64_t)plan->cluster.nodes.by_name.n);
	json_text_number(t, "rows", plan->n_sent);
	json_text_bool(t, "synced", plan->synced);
	json_text_number(t, "refused",
		    (int64_t)(plan->cluster.n_refused + plan->cluster.nodes.n_refused));
	json_text_number(t, "eventsSent", (int64_t)facts->events_sent);
	json_text_number(t, "eventsDropped", (int64_t)facts->events_dropped);
	json_text_close(t, '}');
	json_text_open(t, "announcer", '{');
	json_text_number(t, "framesSeen", (int64_t)facts->totals.frames_seen);
	json_text_number(t, "framesDropped", (int64_t)facts->totals.frames_dropped);
	json_text_number(t, "agentRestarts", (int64_t)facts->totals.agent_restarts);
	json_text_number(t, "loopLateMaxUs", (int64_t)facts->totals.loop_late_max_us);
	json_text_close(t, '}');
}

void status_write(struct text *t, const struct status_facts *facts, const struct plan *plan)
{
	json_text_open(t, NULL, '{');
	json_text_number(t, "schema", STATUS_SCHEMA);
	json_text_string(t, "component", "speaker");
	json_text_string(t, "version", TINLB_VERSION);
	json_text_string(t, "node", facts->node);
	json_text_bool(t, "ready", facts->ready);
	json_text_open(t, "notes", '[');
	for (size_t i = 0; i < facts->n_note; i++)
		json_text_string(t, NULL, facts->note[i]);
	json_text_close(t, ']');
	put_config(t, facts, plan);
	json_text_open(t, "api", '{');
	json_text_string(t, "server", facts->server);
	json_text_string(t, "trouble", facts->api_trouble);
	json_text_open(t, "denied", '[');
	for (size_t i = 0; i < facts->n_denied; i++)
		json_text_string(t, NULL, facts->denied[i]);
	json_text_close(t, ']');
	json_text_close(t, '}');
	put_rows(t, plan);
	put_members(t, plan, facts);
	put_ring(t, &facts->ring);
	put_links(t, facts->link, facts->host);
	host_status_write(t, facts->host, plan);
	put_counters(t, facts, plan);
	history_json_write(t, &plan->history);
	json_text_close(t, '}');
	text_add(t, "\n");
}
