/* test_pages - what a speaker's status page and metrics say about its plan */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "speaker/agent/core/reasons.h"
#include "speaker/agent/wire/process_metrics.h"
#include "speaker/agent/wire/row_metrics.h"
#include "speaker/agent/wire/status_json.h"
#include "tests/unit/agent/world.h"

#define START_MS INT64_C(1767323045000) /* 2026-01-02T03:04:05Z */

struct fixture {
	struct plan *p;
	struct config *config;
	struct table_link link;
	struct strmap links;
	struct status_facts facts;
	struct host_facts host;
	const char *note;
	json_t *json;
};

/* web is announced here, local is withheld, far and wrong have reasons of their own. */
static void set_up(struct fixture *f)
{
	struct table_verdict v = { .ip = world_address("10.0.0.1"), .interface = { "eth0", "eth1" },
				   .n_interface = 2 };
	struct table_message m;

	*f = (struct fixture){ .note = "a \"note\"" };
	f->p = plan_new("a", START_MS);
	f->config = world_config("10.0.0.0", "10.0.0.255", NULL, NULL);
	memcpy(f->config->hash, "0123456789abcdef", 17);
	snapshot_on_config(&f->p->cluster, f->config);
	world_node(&f->p->cluster, "a", "192.168.0.1", WORLD_READY);
	world_node(&f->p->cluster, "b", "192.168.0.2", 0);
	world_service(&f->p->cluster, "d/web", "10.0.0.1", 0);
	world_endpoints(&f->p->cluster, "d/web", "d/web-1", "a");
	world_service(&f->p->cluster, "d/local", "10.0.0.2", WORLD_LOCAL);
	world_service(&f->p->cluster, "d/far", "10.9.0.1", 0);
	world_service(&f->p->cluster, "d/wrong", "nonsense", 0);
	world_service(&f->p->cluster, "d/waits", "", 0);
	while (plan_next_message(f->p, &m))
		;
	plan_on_verdict(f->p, &v, START_MS);
	f->link = (struct table_link){ .ifindex = 2, .name = "eth0",
				       .mac = { 2, 0, 0, 0xa, 0xbc, 1 }, .usable = true };
	strmap_put(&f->links, "eth0", &f->link);
	f->host = (struct host_facts){ .ipvs = true, .all = { 0, -1 }, .by_default = "eth1" };
	host_take_routes(&f->host, "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n");
	strmap_put(&f->host.interface, "eth0", mem_new(1, sizeof(struct host_setting)));
	*(struct host_setting *)strmap_get(&f->host.interface, "eth0") =
		(struct host_setting){ 1, 0 };
	f->facts = (struct status_facts){
		.node = "a", .ready = true, .note = &f->note, .n_note = 1,
		.config_source = "ConfigMap metallb-system/config", .config_loaded = true,
		.config_stale = true, .config_error = "line 7: x", .config_line = 7,
		.server = "https://api", .link = &f->links, .host = &f->host,
	};
}

static void tear_down(struct fixture *f)
{
	json_decref(f->json);
	strmap_done(&f->links);
	host_facts_done(&f->host);
	plan_free(f->p);
	config_free(f->config);
}

static const json_t *page(struct fixture *f)
{
	struct text t;
	json_error_t error;

	text_init(&t, 1 << 20);
	status_write(&t, &f->facts, f->p);
	json_decref(f->json);
	f->json = json_loads(t.s, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(f->json);
	text_done(&t);
	return f->json;
}

/* The value at a path like addresses.0.ip, as compact JSON. */
static void says(const json_t *json, const char *path, const char *wanted)
{
	char key[64], *text;

	for (const char *at = path; *at;) {
		size_t n = strcspn(at, ".");

		memcpy(key, at, n);
		key[n] = '\0';
		json = json_is_array(json) ? json_array_get(json, (size_t)strtoul(key, NULL, 10)) :
					     json_object_get(json, key);
		assert_non_null(json);
		at += n + (at[n] == '.');
	}
	text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_string_equal(text, wanted);
	free(text);
}

static void the_page_has_the_form_that_the_docs_promise(void **state)
{
	struct fixture f;
	const json_t *json;

	(void)state;
	set_up(&f);
	json = page(&f);
	says(json, "schema", "1");
	says(json, "component", "\"speaker\"");
	says(json, "node", "\"a\"");
	says(json, "ready", "true");
	says(json, "notes", "[\"a \\\"note\\\"\"]");
	says(json, "config", "{\"source\":\"ConfigMap metallb-system/config\",\"loaded\":true,"
			     "\"stale\":true,\"hash\":\"0123456789abcdef\",\"error\":\"line 7: x\","
			     "\"line\":7}");
	says(json, "members", "[{\"name\":\"a\",\"alive\":true,\"self\":true,\"returnsAgoMs\":[]},"
			      "{\"name\":\"b\",\"alive\":false,\"self\":false,\"returnsAgoMs\":[]}]");
	says(json, "links", "[{\"name\":\"eth0\",\"mac\":\"02:00:00:0a:bc:01\",\"usable\":true,"
			    "\"arpIgnore\":1,\"rpFilter\":0,\"subnets\":[\"10.0.0.0/24\"]}]");
	says(json, "host", "{\"ipvs\":true,\"arpIgnore\":0,\"rpFilter\":null,"
			   "\"defaultInterface\":\"eth1\","
			   "\"troubles\":[\"ipvsWithoutStrictArp\"]}");
	tear_down(&f);
}

static void each_address_has_its_state_owner_and_reason(void **state)
{
	struct fixture f;
	const json_t *json;

	(void)state;
	set_up(&f);
	json = page(&f);
	says(json, "addresses.0.ip", "\"10.0.0.1\"");
	says(json, "addresses.0.services", "[\"d/web\"]");
	says(json, "addresses.0.pool", "\"a\"");
	says(json, "addresses.0.state", "\"announced\"");
	says(json, "addresses.0.owner", "\"a\"");
	says(json, "addresses.0.since", "\"2026-01-02T03:04:05Z\"");
	says(json, "addresses.0.next", "null"); /* b is not ready */
	says(json, "addresses.0.reason", "null");
	says(json, "addresses.0.message", "null");
	says(json, "addresses.0.interfaces", "[\"eth0\",\"eth1\"]");
	says(json, "addresses.1.state", "\"withheld\"");
	says(json, "addresses.1.reason", "\"noEndpoints\"");
	says(json, "addresses.1.owner", "null");
	says(json, "addresses.1.since", "null");
	says(json, "addresses.1.interfaces", "[]");
	says(json, "addresses.2.ip", "\"10.9.0.1\"");
	says(json, "addresses.2.reason", "\"ipNotAllowed\"");
	says(json, "addresses.2.pool", "null");
	tear_down(&f);
}

static void services_with_a_reason_of_their_own_are_listed(void **state)
{
	struct fixture f;
	const json_t *json;

	(void)state;
	set_up(&f);
	json = page(&f);
	assert_int_equal(json_array_size(json_object_get(json, "services")), 3);
	says(json, "services.0.service", "\"d/far\"");
	says(json, "services.0.addresses", "[\"10.9.0.1\"]");
	says(json, "services.1.service", "\"d/local\"");
	says(json, "services.1.reason", "\"noEndpoints\"");
	says(json, "services.2.service", "\"d/wrong\"");
	says(json, "services.2.addresses", "[]");
	says(json, "services.2.reason", "\"invalidIP\"");
	tear_down(&f);
}

static void members_are_those_of_the_membership_once_there_is_one(void **state)
{
	struct fixture f;
	struct table_member self = { .name = "a", .alive = true, .self = true };
	struct table_member stranger = { .name = "z", .alive = false };

	(void)state;
	set_up(&f);
	plan_on_member(f.p, &self, 0);
	plan_on_member(f.p, &stranger, 0);
	says(page(&f), "members", "[{\"name\":\"a\",\"alive\":true,\"self\":true,\"returnsAgoMs\":[]},"
				  "{\"name\":\"z\",\"alive\":false,\"self\":false,\"returnsAgoMs\":[]}]");
	tear_down(&f);
}

static void the_last_two_returns_from_the_dead_are_told(void **state)
{
	struct table_member member = { .name = "b" };
	static const char *const wanted[] = { "[]", "[3000]", "[2000,3000]", "[1000,2000]" };
	struct fixture f;

	(void)state;
	set_up(&f);
	f.facts.now_ms = START_MS + 5000;
	says(page(&f), "agent.upMs", "5000");
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		member.alive = true;
		plan_on_member(f.p, &member, START_MS + 1000 + 1000 * (int64_t)i); /* new at first */
		plan_on_member(f.p, &member, START_MS + 4500);
		says(page(&f), "members.0.returnsAgoMs", wanted[i]);
		member.alive = false;
		plan_on_member(f.p, &member, START_MS + 4500);
		says(page(&f), "members.0.returnsAgoMs", wanted[i]);
	}
	tear_down(&f);
}

static void before_the_membership_is_entered_nobody_is_said_to_live(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	f.facts.ring.state = TABLE_RING_WAITING;
	says(page(&f), "ring.state", "\"waiting\"");
	says(f.json, "members", "[]");
	tear_down(&f);
}

static void members_whose_own_packets_do_not_arrive_are_named(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	says(page(&f), "ring.indirect", "[]");
	f.facts.ring.n_indirect = 1;
	memcpy(f.facts.ring.indirect[0], "b", 2);
	says(page(&f), "ring.indirect", "[\"b\"]");
	tear_down(&f);
}

static void an_empty_page_is_still_whole(void **state)
{
	struct fixture f = { .p = plan_new("a", 0) };

	(void)state;
	f.facts.link = &f.links;
	f.facts.host = &f.host;
	says(page(&f), "config.line", "null");
	says(f.json, "config.hash", "null");
	says(f.json, "addresses", "[]");
	says(f.json, "services", "[]");
	says(f.json, "members", "[]");
	tear_down(&f);
}

static void metrics_carry_the_names_and_labels_of_metallb(void **state)
{
	struct fixture f;
	struct table_counts counts = { .ip = world_address("10.0.0.1"), .requests = 7, .responses = 6,
				       .gratuitous = 10 };
	static const char *const line[] = {
		"# TYPE metallb_speaker_announced gauge\n",
		"service=\"d/web\",protocol=\"layer2\",node=\"a\",ip=\"10.0.0.1\"} 1\n",
		"# TYPE metallb_layer2_requests_received counter\n",
		"metallb_layer2_requests_received{ip=\"10.0.0.1\"} 7\n",
		"metallb_layer2_responses_sent{ip=\"10.0.0.1\"} 6\n",
		"metallb_layer2_gratuitous_sent{ip=\"10.0.0.1\"} 10\n",
		"tinlb_owner_changes_total{ip=\"10.0.0.1\"} 3\n",
		"tinlb_addresses{reason=\"ok\"} 1\n",
		"tinlb_addresses{reason=\"noEndpoints\"} 1\n",
		"tinlb_addresses{reason=\"ipNotAllowed\"} 1\n",
		"tinlb_addresses{reason=\"notOwner\"} 0\n",
	};
	struct text t;

	(void)state;
	set_up(&f);
	counts.takes = 3;
	plan_on_counts(f.p, &counts);
	text_init(&t, 1 << 20);
	row_metrics_write(&t, f.p);
	for (size_t i = 0; i < ARRAY_LEN(line); i++)
		assert_non_null(strstr(t.s, line[i]));
	assert_null(strstr(t.s, "10.0.0.2"));
	text_done(&t);
	tear_down(&f);
}

static void metrics_know_the_reason_of_an_address_that_was_never_sent(void **state)
{
	struct plan *p = plan_new("a", START_MS);
	struct text t;

	(void)state;
	world_service(&p->cluster, "d/web", "10.0.0.1", 0);
	text_init(&t, 1 << 20);
	row_metrics_write(&t, p);
	assert_non_null(strstr(t.s, "tinlb_addresses{reason=\"noConfig\"} 1\n"));
	assert_non_null(strstr(t.s, "tinlb_addresses{reason=\"notSynced\"} 0\n"));
	text_done(&t);
	plan_free(p);
}

static void what_the_processes_count_is_shown_in_seconds_and_classes(void **state)
{
	struct table_totals totals = { .taken = { [TABLE_CAUSE_DEAD] = 2 }, .claims_of_strangers = 4 };
	struct process_facts facts = { .events_waiting = 5, .writes_waiting = 6 };
	static const char *const line[] = {
		"# TYPE tinlb_failover_seconds histogram\n",
		"tinlb_failover_seconds_bucket{le=\"0.2\"} 0\n",
		"tinlb_failover_seconds_bucket{le=\"0.5\"} 1\n",
		"tinlb_failover_seconds_bucket{le=\"60\"} 1\n",
		"tinlb_failover_seconds_bucket{le=\"+Inf\"} 2\n",
		"tinlb_failover_seconds_sum 61.250000\ntinlb_failover_seconds_count 2\n",
		"tinlb_addresses_taken_total{cause=\"dead\"} 2\n",
		"tinlb_claim_frames_total{claimant=\"stranger\"} 4\n",
		"tinlb_events_waiting 5\n",
		"tinlb_status_writes_waiting 6\n",
	};
	struct text t;

	(void)state;
	histogram_add(&totals.failover, 250000);
	histogram_add(&totals.failover, 61000000);
	text_init(&t, 1 << 20);
	process_metrics_write(&t, &totals, &facts);
	for (size_t i = 0; i < ARRAY_LEN(line); i++)
		assert_non_null(strstr(t.s, line[i]));
	text_done(&t);
}

static void every_reason_but_ok_has_a_sentence(void **state)
{
	(void)state;
	assert_null(reasons_sentence(TABLE_OK));
	for (int i = TABLE_OK + 1; i < TABLE_N_REASONS; i++)
		assert_non_null(reasons_sentence((enum table_reason)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_has_the_form_that_the_docs_promise),
		cmocka_unit_test(each_address_has_its_state_owner_and_reason),
		cmocka_unit_test(services_with_a_reason_of_their_own_are_listed),
		cmocka_unit_test(members_are_those_of_the_membership_once_there_is_one),
		cmocka_unit_test(the_last_two_returns_from_the_dead_are_told),
		cmocka_unit_test(before_the_membership_is_entered_nobody_is_said_to_live),
		cmocka_unit_test(members_whose_own_packets_do_not_arrive_are_named),
		cmocka_unit_test(an_empty_page_is_still_whole),
		cmocka_unit_test(metrics_carry_the_names_and_labels_of_metallb),
		cmocka_unit_test(metrics_know_the_reason_of_an_address_that_was_never_sent),
		cmocka_unit_test(what_the_processes_count_is_shown_in_seconds_and_classes),
		cmocka_unit_test(every_reason_but_ok_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
