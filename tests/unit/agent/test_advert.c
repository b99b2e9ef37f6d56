/* test_advert - what L2Advertisements make of who answers where */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/agent/core/plan_view.h"
#include "tests/unit/agent/world.h"

#define IP "10.0.0.1"
#define ON(node) "\"nodeSelectors\":[{\"matchLabels\":{\"name\":\"" node "\"}}]"
#define FOR_WEB "\"serviceSelectors\":[{\"matchLabels\":{\"app\":\"web\"}}]"
#define PREFER(label, weight) \
	"{\"weight\":" weight ",\"preference\":{\"matchLabels\":{\"" label "\":\"1\"}}}"

struct fixture { /* this node is node-a; by hash the order is b, a, c */
	struct plan *plan;
	struct snapshot *s;
	struct config *config;
};

static struct fixture start(const char *const *advert)
{
	struct fixture f = { .plan = plan_new("node-a", 0) };

	f.s = &f.plan->cluster;
	f.config = world_adverts(advert);
	world_labelled_node(f.s, "node-a", "name=a,ssd=1");
	world_labelled_node(f.s, "node-b", "name=b");
	world_labelled_node(f.s, "node-c", "name=c,ssd=1,rack=1");
	world_labelled_service(f.s, "d/web", IP, "app=web");
	world_endpoints(f.s, "d/web", "d/web-1", "node-a");
	snapshot_on_config(f.s, f.config);
	return f;
}

#define START(...) start((const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })
#define DECIDES(text) assert_string_equal(world_decision(f.s, IP), text)

static void end(struct fixture *f)
{
	plan_free(f->plan);
	config_free(f->config);
}

static const struct snapshot_row *row_of(struct fixture *f)
{
	const struct ip ip = world_address(IP);

	return snapshot_find(f->s, &ip);
}

/* The interfaces for this node, "eth0 eth1", or "all". */
static const char *interfaces(struct fixture *f)
{
	static char text[512];
	struct decision d;

	decide_row(f->s, row_of(f), &d);
	text[0] = '\0';
	for (size_t i = 0; i < d.n_interface; i++) {
		strncat(text, i ? " " : "", 2);
		strncat(text, d.interface[i], 16);
	}
	return d.n_interface ? text : "all";
}

static bool differs(struct fixture *f)
{
	struct decision d;

	decide_row(f->s, row_of(f), &d);
	return d.differs;
}

static enum table_reason absence(struct fixture *f)
{
	struct decision d;

	decide_row(f->s, row_of(f), &d);
	return decide_absence(f->s, &d);
}

static void an_empty_advertisement_is_for_everything(void **state)
{
	struct fixture f = START("{}");

	(void)state;
	DECIDES("node-b > node-a > node-c");
	assert_string_equal(interfaces(&f), "all");
	end(&f);
}

static void without_an_advertisement_nobody_answers(void **state)
{
	struct fixture f = START();

	(void)state;
	DECIDES("noMatchingAdvertisement");
	end(&f);
	f = START("{\"ipAddressPools\":[\"other\"]}");
	DECIDES("noMatchingAdvertisement");
	end(&f);
}

static void nodes_are_those_of_all_advertisements_together(void **state)
{
	struct fixture f = START("{" ON("a") "}", "{" ON("c") "}");

	(void)state;
	DECIDES("node-a > node-c");
	assert_int_equal(absence(&f), TABLE_OK);
	world_labelled_node(f.s, "node-b", "name=c"); /* labels as they are now */
	DECIDES("node-b > node-a > node-c");
	world_labelled_node(f.s, "node-a", "name=x");
	DECIDES("node-b > node-c");
	assert_int_equal(absence(&f), TABLE_NOT_ADVERTISED_HERE);
	end(&f);
	f = START("{" ON("nobody") "}");
	DECIDES("noMatchingAdvertisement");
	end(&f);
}

static void services_are_chosen_by_their_labels(void **state)
{
	struct fixture f = START("{" FOR_WEB "," ON("a") "}");

	(void)state;
	DECIDES("node-a");
	world_labelled_service(f.s, "d/web", IP, "app=db");
	DECIDES("noMatchingAdvertisement");
	end(&f);
}

static void interfaces_of_this_node_add_up(void **state)
{
	struct fixture f = START("{\"interfaces\":[\"eth1\",\"eth0\"]}",
				 "{" ON("a") ",\"interfaces\":[\"eth2\"]}",
				 "{" ON("b") ",\"interfaces\":[\"eth3\"]}");

	(void)state;
	assert_string_equal(interfaces(&f), "eth0 eth1 eth2");
	assert_true(differs(&f));
	end(&f);
	f = START("{\"interfaces\":[\"eth1\"]}");
	assert_false(differs(&f));
	end(&f);
	f = START("{\"interfaces\":[\"eth1\"]}", "{}");
	assert_false(differs(&f));
	assert_string_equal(interfaces(&f), "all");
	end(&f);
}

static void weights_of_met_preferences_add_up(void **state)
{
	struct fixture f = START("{\"preferredNodeSelectors\":[" PREFER("ssd", "10") "]}");

	(void)state;
	DECIDES("node-a > node-c > node-b");
	end(&f);
	f = START("{\"preferredNodeSelectors\":[" PREFER("ssd", "10") "," PREFER("rack", "1") "]}");
	DECIDES("node-c > node-a > node-b");
	end(&f);
	/* An advertisement that leaves a node out prefers it by nothing. */
	f = START("{\"preferredNodeSelectors\":[" PREFER("ssd", "10") "]," ON("a") "}", "{}");
	DECIDES("node-a > node-b > node-c");
	end(&f);
}

static void a_shared_address_goes_with_no_choice_of_services(void **state)
{
	struct fixture f = START("{}", "{" FOR_WEB "}");

	(void)state;
	world_labelled_service(f.s, "d/web", IP, "share,app=web");
	DECIDES("sharedIPWithServiceSelector");
	world_labelled_service(f.s, "d/other", IP, "share,app=db");
	world_endpoints(f.s, "d/other", "d/other-1", "node-c");
	DECIDES("node-b > node-a > node-c"); /* for the other one there is one owner */
	assert_int_equal(decide_service(f.s, strmap_get(&f.s->service, "d/web")),
			 TABLE_SHARED_SELECTED);
	end(&f);
}

static void the_row_says_on_which_interfaces(void **state)
{
	struct fixture f = START("{\"interfaces\":[\"eth1\"]}");
	struct config *all = world_adverts((const char *const[]){ "{}", NULL });
	struct table_message m;
	bool seen = false;

	(void)state;
	while (plan_next_message(f.plan, &m)) {
		if (m.kind != TABLE_ROW)
			continue;
		seen = true;
		assert_int_equal(m.row.n_interface, 1);
		assert_string_equal(m.row.interface[0], "eth1");
	}
	assert_true(seen);
	snapshot_on_config(f.s, all); /* the same candidates, other interfaces: sent again */
	assert_true(plan_next_message(f.plan, &m));
	assert_int_equal(m.kind, TABLE_ROW);
	assert_int_equal(m.row.n_interface, 0);
	config_free(f.config);
	f.config = all;
	end(&f);
}

static void what_is_announced_is_known_once_the_announcer_said_it(void **state)
{
	struct fixture f = START("{\"interfaces\":[\"eth1\"]}");
	struct table_verdict verdict = { .ip = world_address(IP), .owner = 0, .n_interface = 1,
					 .interface = { "eth1" } };
	const char *interfaces;
	struct table_message m;

	(void)state;
	while (plan_next_message(f.plan, &m))
		;
	assert_int_equal(plan_view_announcing(f.plan, "d/web", &interfaces), PLAN_MAY_ANNOUNCE);
	plan_on_verdict(f.plan, &verdict, 0);
	assert_int_equal(plan_view_announcing(f.plan, "d/web", &interfaces), PLAN_ANNOUNCES);
	assert_string_equal(interfaces, "eth1");
	verdict.reason = TABLE_NOT_OWNER;
	plan_on_verdict(f.plan, &verdict, 0);
	assert_int_equal(plan_view_announcing(f.plan, "d/web", &interfaces), PLAN_IS_SILENT);
	assert_int_equal(plan_view_announcing(f.plan, "d/none", &interfaces), PLAN_IS_SILENT);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_advertisement_is_for_everything),
		cmocka_unit_test(without_an_advertisement_nobody_answers),
		cmocka_unit_test(nodes_are_those_of_all_advertisements_together),
		cmocka_unit_test(services_are_chosen_by_their_labels),
		cmocka_unit_test(interfaces_of_this_node_add_up),
		cmocka_unit_test(weights_of_met_preferences_add_up),
		cmocka_unit_test(a_shared_address_goes_with_no_choice_of_services),
		cmocka_unit_test(the_row_says_on_which_interfaces),
		cmocka_unit_test(what_is_announced_is_known_once_the_announcer_said_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
