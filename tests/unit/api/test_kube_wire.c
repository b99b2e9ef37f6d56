/* test_kube_wire - Kubernetes objects, times, streams and kubeconfigs as bytes */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/api/wire/exposition.h"
#include "common/api/wire/kube_decode.h"
#include "common/api/wire/kube_encode.h"
#include "common/api/wire/kube_stream.h"
#include "common/api/wire/kube_time.h"
#include "common/api/wire/kubeconfig.h"

static void *decoded(enum kube_kind kind, const char *json)
{
	struct text error;
	void *object = NULL;

	text_init(&error, 1024);
	if (kube_decode_bytes(kind, json, strlen(json), &object, &error) != 0)
		fail_msg("%s", error.s);
	text_done(&error);
	return object;
}

static void assert_refused(enum kube_kind kind, const char *json, const char *words)
{
	struct text error;
	void *object;

	text_init(&error, 1024);
	assert_int_equal(kube_decode_bytes(kind, json, strlen(json), &object, &error), -EINVAL);
	if (!strstr(error.s, words))
		fail_msg("\"%s\" does not say \"%s\"", error.s, words);
	text_done(&error);
}

#define META "\"metadata\":{\"namespace\":\"ns\",\"name\":\"n\",\"resourceVersion\":\"7\""

static void a_service_has_the_fields_that_matter(void **state)
{
	struct kube_service *s = decoded(
		KUBE_SERVICE,
		"{" META ",\"annotations\":{\"metallb.io/address-pool\":\"p\",\"other\":\"x\"}},\"spec\":{"
		"\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\",\"ipFamilyPolicy\":\"PreferDualStack\","
		"\"clusterIPs\":[\"10.0.0.1\",\"fd00::1\"],\"clusterIP\":\"10.0.0.1\",\"ipFamilies\":[\"IPv6\",\"IPv4\"],"
		"\"selector\":{\"b\":\"2\",\"a\":\"1\"},\"ports\":[{\"port\":53,\"protocol\":\"UDP\"},{\"port\":80}]}}");

	(void)state;
	assert_true(s->is_load_balancer && s->local_policy);
	assert_int_equal(s->policy, KUBE_PREFER_DUAL);
	assert_int_equal(s->n_cluster_ip, 2);
	assert_string_equal(s->first_family, "IPv6");
	assert_int_equal(s->annotations.n, 1);
	assert_string_equal(kube_label_find(&s->annotations, "metallb.io/address-pool"), "p");
	assert_string_equal(s->selector.at[0].key, "a");
	assert_string_equal(s->port[0].protocol, "UDP");
	assert_string_equal(s->port[1].protocol, "TCP");
	assert_non_null(s->raw); /* it waits for an address */
	kube_service_free(s);
	s = decoded(KUBE_SERVICE, "{" META "},\"spec\":{\"type\":\"LoadBalancer\"},\"status\":{\"loadBalancer\":{"
				  "\"ingress\":[{\"ip\":\"1.2.3.4\",\"ipMode\":\"VIP\"},{\"hostname\":\"h\"}]}}}");
	assert_int_equal(s->n_ingress, 2);
	assert_string_equal(s->ingress[0], "1.2.3.4");
	assert_string_equal(s->ingress[1], "");
	assert_null(s->raw);
	kube_service_free(s);
}

static void nodes_and_pods_are_ready_as_the_api_says(void **state)
{
	static const struct {
		const char *conditions;
		bool ready, unavailable;
	} row[] = {
		{ "[]", true, false },
		{ "[{\"type\":\"Ready\",\"status\":\"True\"}]", true, false },
		{ "[{\"type\":\"Ready\",\"status\":\"Unknown\"}]", false, false },
		{ "[{\"type\":\"NetworkUnavailable\",\"status\":\"True\"}]", true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct kube_node *node;
		struct text t;

		text_init(&t, 1024);
		text_addf(&t, "{\"metadata\":{\"name\":\"n\"},\"status\":{\"conditions\":%s,\"addresses\":["
			      "{\"type\":\"Hostname\",\"address\":\"h\"},{\"type\":\"InternalIP\",\"address\":\"1.1.1.1\"}]}}",
			  row[i].conditions);
		node = decoded(KUBE_NODE, t.s);
		assert_int_equal(node->ready, row[i].ready);
		assert_int_equal(node->network_unavailable, row[i].unavailable);
		assert_int_equal(node->n_internal_ip, 1);
		kube_node_free(node);
		text_done(&t);
	}
}

static void an_endpoint_serves_when_ready_unset_or_serving(void **state)
{
	struct kube_endpoints *e = decoded(
		KUBE_ENDPOINT_SLICE,
		"{\"metadata\":{\"namespace\":\"ns\",\"name\":\"n\",\"labels\":{\"kubernetes.io/service-name\":\"s\"}},"
		"\"endpoints\":[{\"nodeName\":\"a\"},{\"nodeName\":\"b\",\"conditions\":{\"ready\":false}},"
		"{\"conditions\":{\"ready\":false,\"serving\":true}},{\"conditions\":{\"ready\":null}}]}");
	static const bool want[] = { true, false, true, true };

	(void)state;
	assert_string_equal(e->service, "s");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(e->at[i].servable, want[i]);
	assert_null(e->at[2].node);
	kube_endpoints_free(e);
	e = decoded(KUBE_ENDPOINTS, "{" META "},\"subsets\":[{\"addresses\":[{\"ip\":\"1.1.1.1\",\"nodeName\":\"a\"}],"
				    "\"notReadyAddresses\":[{\"ip\":\"1.1.1.2\"}]}]}");
	assert_int_equal(e->n, 2);
	assert_true(e->at[0].servable && !e->at[1].servable);
	kube_endpoints_free(e);
}

static void what_is_wrong_is_named_by_its_place(void **state)
{
	(void)state;
	assert_refused(KUBE_SERVICE, "{", "byte");
	assert_refused(KUBE_SERVICE, "{}", "metadata.name");
	assert_refused(KUBE_SERVICE, "{" META "},\"spec\":{\"ports\":[{\"port\":1},{\"port\":\"x\"}]}}",
		       "spec.ports[1]");
	assert_refused(KUBE_SERVICE, "{" META "},\"spec\":{\"loadBalancerIP\":7}}", "loadBalancerIP");
	assert_refused(KUBE_SERVICE, "{" META ",\"labels\":{\"a\":1}}}", "metadata.labels");
	assert_refused(KUBE_CONFIG_MAP, "{" META "},\"data\":[]}", "data");
	assert_refused(KUBE_LEASE, "{" META "},\"spec\":{\"renewTime\":\"yesterday\"}}", "renewTime");
}

static void a_page_and_an_event_say_what_comes_next(void **state)
{
	static const char page_text[] = "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"c\"},\"items\":[{},{}]}";
	static const char event_text[] = "{\"type\":\"DELETED\",\"object\":{" META "}}}";
	static const char error_text[] = "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}";
	struct kube_page page;
	struct kube_event event;
	struct text error;

	(void)state;
	text_init(&error, 1024);
	assert_int_equal(kube_decode_page(page_text, strlen(page_text), &page, &error), 0);
	assert_string_equal(page.version, "9");
	assert_string_equal(page.next, "c");
	assert_int_equal(json_array_size(page.items), 2);
	kube_page_done(&page);
	assert_int_equal(kube_decode_page("[]", 2, &page, &error), -EINVAL);
	assert_int_equal(kube_decode_event(event_text, strlen(event_text), &event, &error), 0);
	assert_int_equal(event.type, KUBE_DELETED);
	assert_string_equal(event.version, "7");
	kube_event_done(&event);
	assert_int_equal(kube_decode_event(error_text, strlen(error_text), &event, &error), 0);
	assert_int_equal(event.type, KUBE_STREAM_ERROR);
	assert_int_equal(event.code, 410);
	kube_event_done(&event);
	assert_int_equal(kube_decode_event("{}", 2, &event, &error), -EINVAL);
	text_done(&error);
}

static void a_group_says_which_kinds_it_has(void **state)
{
	static const char group[] = "{\"resources\":[{\"name\":\"as\"},7,{\"name\":\"bs/status\"}]}";
	static const char *const others[] = { "", "{", "[]", "{}", "{\"resources\":{\"name\":\"as\"}}" };
	bool has = false;

	(void)state;
	assert_int_equal(kube_decode_group(group, strlen(group), "as", &has), 0);
	assert_true(has);
	assert_int_equal(kube_decode_group(group, strlen(group), "bs", &has), 0);
	assert_false(has);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(kube_decode_group(others[i], strlen(others[i]), "as", &has), -EINVAL);
}

/* It ends no text early, and an object that has one in a key does not cost the page. */
static void a_nul_in_a_text_or_a_key_harms_nothing(void **state)
{
	const char list[] = "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[{" META ",\"annotations\":"
			    "{\"a\\u0000b\":\"\\\\u0000\"}}}]}";
	struct kube_config_map *map = decoded(KUBE_CONFIG_MAP, "{" META "},\"data\":{\"config\":\"a\\u0000b\\u0000\"}}");
	struct kube_service *s = decoded(KUBE_SERVICE, "{" META ",\"annotations\":{\"note\":\"a\\u0000b\"}},"
							"\"spec\":{\"type\":\"LoadBalancer\"}}");
	const char refusal[] = "{\"message\":\"no\\u0000\"}", *ip = "1.2.3.4", *kept;
	const struct kube_status_change change = { &ip, 1, NULL, 0 };
	struct kube_page page;
	struct text out;

	(void)state;
	assert_string_equal(kube_label_find(&map->data, "config"), "a\xEF\xBF\xBD" "b\xEF\xBF\xBD");
	kube_config_map_free(map);
	text_init(&out, 4096);
	assert_int_equal(kube_encode_service_status(s->raw, &change, &out), 0);
	assert_non_null(strstr(out.s, "\"note\":\"a\\u0000b\"")); /* as the user wrote it */
	kube_service_free(s);
	text_clear(&out);
	assert_int_equal(kube_decode_page(list, strlen(list), &page, &out), 0);
	kept = json_string_value(json_object_get(
		json_object_get(json_object_get(json_array_get(page.items, 0), "metadata"), "annotations"),
		"a\xEF\xBF\xBD" "b"));
	assert_string_equal(kept, "\\u0000"); /* a backslash and five letters */
	kube_page_done(&page);
	kube_decode_failure(refusal, strlen(refusal), 500, &out);
	assert_string_equal(out.s, "no\xEF\xBF\xBD");
	text_done(&out);
}

static void a_status_is_written_upon_the_object_of_the_server(void **state)
{
	const char *const ip[] = { "1.2.3.4", "1000::" };
	char key[] = "metallb.io/ip-allocated-from-pool", value[] = "p";
	const struct kube_label note[] = { { key, value } }, gone[] = { { key, NULL } };
	struct kube_status_change change = { ip, 2, note, 1 };
	struct text out;

	(void)state;
	text_init(&out, 4096);
	assert_int_equal(kube_encode_service_status("{" META ",\"managedFields\":[1],\"x\":1},\"spec\":{\"y\":2}}",
						    &change, &out), 0);
	assert_null(strstr(out.s, "managedFields"));
	assert_non_null(strstr(out.s, "\"resourceVersion\":\"7\""));
	assert_non_null(strstr(out.s, "\"spec\":{\"y\":2}"));
	assert_non_null(strstr(out.s, "\"ingress\":[{\"ip\":\"1.2.3.4\"},{\"ip\":\"1000::\"}]"));
	assert_non_null(strstr(out.s, "\"metallb.io/ip-allocated-from-pool\":\"p\""));
	text_clear(&out);
	change = (struct kube_status_change){ NULL, 0, gone, 1 };
	assert_int_equal(kube_encode_service_status("{" META ",\"annotations\":{\"metallb.io/ip-allocated-from-pool\":"
						    "\"p\",\"k\":\"v\"}},\"status\":{\"conditions\":[]}}", &change, &out), 0);
	assert_non_null(strstr(out.s, "\"annotations\":{\"k\":\"v\"}"));
	assert_non_null(strstr(out.s, "\"conditions\":[],\"loadBalancer\":{}"));
	assert_int_equal(kube_encode_service_status("7", &change, &out), -EINVAL);
	text_done(&out);
}

static void times_survive_in_both_forms(void **state)
{
	char text[KUBE_TIME_MAX];
	int64_t us;

	(void)state;
	assert_int_equal(kube_time_parse("2026-01-02T03:04:05.678901Z", &us), 0);
	assert_string_equal(kube_time_format_micro(us, text), "2026-01-02T03:04:05.678901Z");
	assert_string_equal(kube_time_format(us, text), "2026-01-02T03:04:05Z");
	assert_int_equal(kube_time_parse("1970-01-01T01:00:00.5+01:00", &us), 0);
	assert_int_equal(us, 500000);
	assert_int_equal(kube_time_parse("1969-12-31T23:59:59.250000Z", &us), 0);
	assert_int_equal(us, -750000);
	assert_string_equal(kube_time_format_micro(us, text), "1969-12-31T23:59:59.250000Z");
	assert_int_equal(kube_time_parse("0001-01-01T00:00:00Z", &us), 0); /* Go's zero time */
	assert_string_equal(kube_time_format(us, text), "0001-01-01T00:00:00Z");
	assert_int_equal(kube_time_parse("9999-12-31T23:59:59-01:00", &us), -EINVAL);
	assert_int_equal(kube_time_parse("226-01-01T00:00:00Z", &us), -EINVAL);
	assert_int_equal(kube_time_parse("1970-01-01T00:00:00", &us), -EINVAL);
	assert_int_equal(kube_time_parse("1970-01-01T00:00:00+1:00", &us), -EINVAL);
	assert_int_equal(kube_time_parse("soon", &us), -EINVAL);
}

static void collect(void *ctx, const char *bytes, size_t n)
{
	text_add_n(ctx, bytes, n);
	text_add(ctx, "|");
}

static void lines_come_whole_however_they_were_cut(void **state)
{
	static const char all[] = "one\ntwo\n\nthree\nrest";

	(void)state;
	for (size_t piece = 1; piece < sizeof(all); piece++) {
		struct kube_stream s = { .max = 5 };
		struct text out;

		text_init(&out, 100);
		for (size_t at = 0; at < sizeof(all) - 1; at += piece) {
			size_t n = sizeof(all) - 1 - at < piece ? sizeof(all) - 1 - at : piece;

			assert_int_equal(kube_stream_push(&s, all + at, n, collect, &out), 0);
		}
		assert_string_equal(out.s, "one|two||three|");
		assert_int_equal(kube_stream_push(&s, "xx\n", 3, collect, &out), -EMSGSIZE);
		kube_stream_done(&s);
		text_done(&out);
	}
}

#define KUBECONFIG(user)                                                                          \
	"current-context: c\r\nclusters: [{name: k, cluster: {server: \"https://h:6443/\"}}]\r\n" \
	"contexts: [{name: c, context: {cluster: k, user: u, namespace: n}}]\r\nusers: [{name: u, user: " user "}]\r\n"

static void a_kubeconfig_gives_server_and_credentials(void **state)
{
	const char *text = KUBECONFIG("{token: secret, client-certificate-data: aGVsbG8=, client-key: k.pem}");
	struct kubeconfig k;
	struct text error;

	(void)state;
	text_init(&error, 1024);
	assert_int_equal(kubeconfig_parse(text, strlen(text), NULL, &k, &error), 0);
	assert_string_equal(k.server, "https://h:6443");
	assert_string_equal(k.token, "secret");
	assert_string_equal(k.cert_data, "hello");
	assert_string_equal(k.key_file, "k.pem");
	assert_string_equal(k.namespace, "n");
	kubeconfig_done(&k);
	text_done(&error);
}

static void another_context_than_the_current_one_can_be_asked_for(void **state)
{
	static const char text[] = "current-context: gone\nclusters: [{name: k, cluster: {server: \"http://h\"}}]\n"
				   "contexts: [{name: d, context: {cluster: k, namespace: n}}]\n";
	struct kubeconfig k;
	struct text error;

	(void)state;
	text_init(&error, 1024);
	assert_int_equal(kubeconfig_parse(text, strlen(text), "d", &k, &error), 0);
	assert_string_equal(k.namespace, "n");
	kubeconfig_done(&k);
	assert_int_equal(kubeconfig_parse(text, strlen(text), "e", &k, &error), -EINVAL);
	assert_string_equal(error.s, "kubeconfig: context \"e\" is not among its contexts");
	text_done(&error);
}

static void a_kubeconfig_that_cannot_work_is_refused_with_the_entry(void **state)
{
	static const struct {
		const char *text, *words;
	} row[] = {
		{ KUBECONFIG("{exec: {command: aws}}"), "`exec`" },
		{ KUBECONFIG("{auth-provider: {name: gcp}}"), "`auth-provider`" },
		{ KUBECONFIG("{client-key-data: \"%%%\"}"), "base64" },
		{ "current-context: x", "current-context \"x\"" },
		{ "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]", "cluster \"k\"" },
		{ "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
		  "clusters: [{name: k, cluster: {server: ftp://x}}]", "https://" },
		{ "a: [", "line 2" },
	};
	struct kubeconfig k;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct text error;

		text_init(&error, 1024);
		assert_int_equal(kubeconfig_parse(row[i].text, strlen(row[i].text), NULL, &k, &error), -EINVAL);
		if (!strstr(error.s, row[i].words))
			fail_msg("\"%s\" does not say \"%s\"", error.s, row[i].words);
		text_done(&error);
	}
}

static void metrics_are_written_as_prometheus_reads_them(void **state)
{
	struct counters c = { 0 };
	const struct counters_labels b = { "pool", "b\"\n" }, a = { "pool", "a" };
	struct counters_family *f = counters_add(&c, "x_total", COUNTERS_COUNTER, "What x is");
	struct text out;

	(void)state;
	counters_set(f, &b, 1, 2);
	counters_increase(f, &a, 1, 1.5);
	counters_set(counters_add(&c, "y", COUNTERS_GAUGE, "Y"), NULL, 0, 0);
	text_init(&out, 1024);
	exposition_add(&out, &c);
	assert_string_equal(out.s, "# HELP x_total What x is\n# TYPE x_total counter\nx_total{pool=\"a\"} 1.5\n"
				   "x_total{pool=\"b\\\"\\n\"} 2\n# HELP y Y\n# TYPE y gauge\ny 0\n");
	text_done(&out);
	counters_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_has_the_fields_that_matter),
		cmocka_unit_test(nodes_and_pods_are_ready_as_the_api_says),
		cmocka_unit_test(an_endpoint_serves_when_ready_unset_or_serving),
		cmocka_unit_test(what_is_wrong_is_named_by_its_place),
		cmocka_unit_test(a_page_and_an_event_say_what_comes_next),
		cmocka_unit_test(a_group_says_which_kinds_it_has),
		cmocka_unit_test(a_nul_in_a_text_or_a_key_harms_nothing),
		cmocka_unit_test(a_status_is_written_upon_the_object_of_the_server),
		cmocka_unit_test(times_survive_in_both_forms),
		cmocka_unit_test(lines_come_whole_however_they_were_cut),
		cmocka_unit_test(a_kubeconfig_gives_server_and_credentials),
		cmocka_unit_test(another_context_than_the_current_one_can_be_asked_for),
		cmocka_unit_test(a_kubeconfig_that_cannot_work_is_refused_with_the_entry),
		cmocka_unit_test(metrics_are_written_as_prometheus_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
