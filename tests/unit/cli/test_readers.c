/* test_readers - pages and lists of every shape, as structs */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include <errno.h>

#include "cli/wire/lists_read.h"
#include "cli/wire/pods_read.h"
#include "cli/wire/status_read.h"

static const char page[] =
	"{\"schema\":1,\"component\":\"speaker\",\"version\":\"1\",\"node\":\"n\",\"ready\":true,"
	"\"notes\":[\"a\",7],\"later\":{},"
	"\"config\":{\"source\":\"s\",\"loaded\":true,\"stale\":true,\"hash\":\"h\",\"error\":\"e\",\"line\":3},"
	"\"api\":{\"server\":\"x\",\"trouble\":\"t\",\"denied\":[\"d\"]},"
	"\"addresses\":[{\"ip\":\"10.0.0.2\",\"state\":\"withheld\",\"reason\":\"linkDown\"},"
	"{\"ip\":\"no\"},{\"services\":[]},7,"
	"{\"ip\":\"10.0.0.1\",\"services\":[\"a/b\"],\"state\":\"announced\",\"owner\":\"n\","
	"\"since\":\"1970-01-01T00:00:02Z\",\"next\":null,\"interfaces\":[\"eth0\"],\"claimants\":[\"m\"],"
	"\"excludeLabelIgnored\":true}],"
	"\"services\":[{\"service\":\"a/b\",\"addresses\":[\"10.0.0.1\"],\"reason\":\"r\",\"message\":\"m\"},{}],"
	"\"members\":[{\"name\":\"n\",\"alive\":true,\"self\":true,\"returnsAgoMs\":[7,9,11]},{\"alive\":true}],"
	"\"agent\":{\"upMs\":13},"
	"\"links\":[{\"name\":\"eth0\",\"mac\":\"02\",\"usable\":true}],"
	"\"pools\":[{\"name\":\"p\",\"size\":5,\"used\":2}],"
	"\"ring\":{\"state\":\"joined\",\"keyIds\":[\"k\"],\"indirect\":[\"m\"],\"tablesDiffer\":1,\"troubles\":{\"notOpened\":4}}}";

static void a_page_is_read_and_entries_without_a_name_are_left_out(void **state)
{
	struct view_status *s;
	struct text error;
	struct ip ip = world_ip("10.0.0.1"), other = world_ip("10.0.0.3");

	(void)state;
	text_init(&error, 1000);
	assert_int_equal(status_read(page, strlen(page), &s, &error), 0);
	assert_int_equal(s->n_address, 2);
	assert_int_equal(s->address[0].since_us, 2000000);
	assert_true(s->address[0].label_ignored);
	assert_ptr_equal(view_find_address(s, &ip), &s->address[0]);
	assert_null(view_find_address(s, &other));
	assert_null(view_find_address(NULL, &ip));
	assert_string_equal(s->address[1].reason, "linkDown");
	assert_int_equal(s->n_service, 1);
	assert_non_null(view_find_service(s, "a/b"));
	assert_int_equal(s->n_member, 1);
	assert_int_equal(s->member[0].n_returned, VIEW_RETURNS);
	assert_int_equal(s->member[0].returned_ms[1], 9);
	assert_int_equal(s->up_ms, 13);
	assert_int_equal(s->note.n, 1);
	assert_string_equal(view_mac(s, "eth0"), "02");
	assert_null(view_mac(s, "eth1"));
	assert_int_equal(s->pool[0].used, 2);
	assert_int_equal(s->ring.not_opened, 4);
	assert_true(view_words_has(&s->ring.indirect, "m"));
	assert_int_equal(s->config_line, 3);
	assert_true(s->config_stale && s->ready);
	view_status_free(s);
	text_done(&error);
}

static void what_is_no_page_of_ours_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *bytes, *said;
	} row[] = {
		{ "", "not JSON" },
		{ "<html>", "another program" },
		{ "{}", "none of TinLB's" },
		{ "[1]", "none of TinLB's" },
		{ "{\"schema\":2}", "schema 2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct view_status *s;
		struct text error;

		text_init(&error, 1000);
		assert_int_equal(status_read(row[i].bytes, strlen(row[i].bytes), &s, &error), -EINVAL);
		world_assert_has(error.s, row[i].said);
		text_done(&error);
	}
}

static const char pods[] =
	"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
	"{\"metadata\":{\"name\":\"s1\",\"labels\":{\"component\":\"speaker\"}},"
	"\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"args\":[\"--config=config\",\"--port=7000\"]}]},"
	"\"status\":{\"phase\":\"Running\"}},"
	"{\"metadata\":{\"name\":\"s2\",\"labels\":{\"app.kubernetes.io/component\":\"speaker\"}},"
	"\"spec\":{\"containers\":[{\"args\":[\"-port\",\"7001\"]}]},\"status\":{\"phase\":\"Running\","
	"\"containerStatuses\":[{\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}}]}},"
	"{\"metadata\":{\"name\":\"c1\",\"labels\":{\"component\":\"controller\"}},"
	"\"spec\":{\"containers\":[{},{\"ports\":[{\"name\":\"monitoring\",\"containerPort\":7002}]}]},"
	"\"status\":{\"phase\":\"Pending\"}},"
	"{\"metadata\":{\"name\":\"c2\",\"labels\":{\"component\":\"controller\"}},"
	"\"spec\":{\"containers\":[{\"args\":[\"--port=99999\",3]}]}},"
	"{\"metadata\":{\"name\":\"going\",\"deletionTimestamp\":\"x\",\"labels\":{\"component\":\"speaker\"}}},"
	"{\"metadata\":{\"name\":\"other\",\"labels\":{\"component\":\"frr\"}}},{}]}";

static void pods_are_daemons_with_the_port_of_their_pages(void **state)
{
	struct view view = world_view();
	struct view_daemon *s, *c;
	struct text error;

	(void)state;
	text_init(&error, 1000);
	assert_int_equal(pods_read(pods, strlen(pods), &view, &error), 0);
	assert_int_equal(view.daemon[VIEW_SPEAKER].n, 2);
	assert_int_equal(view.daemon[VIEW_CONTROLLER].n, 2);
	s = view.daemon[VIEW_SPEAKER].at;
	c = view.daemon[VIEW_CONTROLLER].at;
	assert_string_equal(s[0].node, "n1");
	assert_null(s[0].pod_trouble);
	assert_int_equal(s[0].port, 7000);
	assert_int_equal(s[1].port, 7001);
	assert_string_equal(s[1].pod_trouble, "CrashLoopBackOff");
	assert_int_equal(c[0].port, 7002);
	assert_string_equal(c[0].pod_trouble, "Pending");
	assert_int_equal(c[1].port, PODS_READ_PORT);
	assert_int_equal(pods_read("{}", 2, &view, &error), -EINVAL);
	view_done(&view);
	text_done(&error);
}

#define LIST(items) "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[" items "]}"

static void the_configuration_is_taken_from_objects_once_there_is_a_pool(void **state)
{
	static const char map[] = "{\"metadata\":{\"name\":\"config\"},\"data\":{\"config\":"
				  "\"address-pools: [{name: m, protocol: layer2, addresses: [10.0.0.0/24]}]\"}}";
	static const char adverts[] = LIST("{\"metadata\":{\"name\":\"l\"}}");
	static const char pools[] = LIST("{\"metadata\":{\"name\":\"o\"},\"spec\":{\"addresses\":[\"10.1.0.0/24\"]}},{}");
	struct lists_config parts = { 0 };
	struct config *config;
	struct text error;

	(void)state;
	text_init(&error, 1000);
	assert_null(lists_config_of(&parts, &error));
	assert_int_equal(error.n, 0);
	assert_int_equal(lists_read_map(map, strlen(map), &parts, &error), 0);
	assert_int_equal(lists_read_adverts(adverts, strlen(adverts), &parts, &error), 0);
	config = lists_config_of(&parts, &error);
	assert_string_equal(config->pool[0].name, "m");
	config_free(config);
	assert_int_equal(lists_read_pools(pools, strlen(pools), &parts, &error), 0);
	config = lists_config_of(&parts, &error);
	assert_string_equal(config->pool[0].name, "o");
	config_free(config);
	lists_config_done(&parts);
	parts.document = mem_strdup("peers: []");
	assert_null(lists_config_of(&parts, &error));
	world_assert_has(error.s, "BGP");
	lists_config_done(&parts);
	text_done(&error);
}

static void objects_of_the_wrong_shape_spoil_no_list(void **state)
{
	static const char list[] = LIST("{\"metadata\":{\"name\":7}},{\"metadata\":{\"name\":\"n\"},\"status\":"
					"{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"10.0.0.9\"}]}}");
	struct view view = world_view();
	struct text error;

	(void)state;
	text_init(&error, 1000);
	assert_int_equal(lists_read_nodes(list, strlen(list), &view, &error), 0);
	assert_int_equal(view.n_node, 1);
	assert_string_equal(view.node[0]->internal_ip[0], "10.0.0.9");
	assert_int_equal(lists_read_services("x", 1, &view, &error), -EINVAL);
	assert_int_equal(lists_read_nodes("x", 1, &view, &error), -EINVAL);
	assert_int_equal(lists_read_map("x", 1, &(struct lists_config){ 0 }, &error), -EINVAL);
	assert_int_equal(lists_read_pools("x", 1, &(struct lists_config){ 0 }, &error), -EINVAL);
	assert_int_equal(lists_read_services(list, strlen(list), &view, &error), 0);
	assert_int_equal(view.n_service, 0); /* a service has a namespace */
	view_done(&view);
	text_done(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_read_and_entries_without_a_name_are_left_out),
		cmocka_unit_test(what_is_no_page_of_ours_is_refused_with_a_sentence),
		cmocka_unit_test(pods_are_daemons_with_the_port_of_their_pages),
		cmocka_unit_test(the_configuration_is_taken_from_objects_once_there_is_a_pool),
		cmocka_unit_test(objects_of_the_wrong_shape_spoil_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
