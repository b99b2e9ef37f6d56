/* test_why - the first line names the cause, the first broken link is marked, advice follows */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include <stdio.h>

#include "cli/core/remedies.h"
#include "cli/core/why.h"
#include "cli/core/why_reasons.h"
#include "cli/wire/why_json.h"

#define CONTROLLER "'role':'leader','config':{'source':'ConfigMap a/b','loaded':true,'hash':'h'}"
#define ASKER "{" WEB ",'spec':{'type':'LoadBalancer','loadBalancerIP':'10.5.5.5'}}"
#define BOTH_ASKER "{'metadata':{'namespace':'default','name':'both','annotations':{" \
	"'metallb.universe.tf/loadBalancerIPs':'fd00::1, 10.5.5.6'}},'spec':{'type':'LoadBalancer'}}"
#define WEB "'metadata':{'namespace':'default','name':'web'}"

static struct why ask(const struct view *view, const char *words, const char *node)
{
	struct target target;
	struct why_question q = { .node = node };
	struct text error;
	struct why why;

	text_init(&error, 1000);
	if (target_find(view, words, &target, &error) != 0)
		fail_msg("%s", error.s);
	q.service = target.service;
	q.object = target.object;
	q.ip = target.n_ip > 0 ? &target.ip[0] : NULL;
	why_of(view, &q, &why);
	target_done(&target);
	text_done(&error);
	return why;
}

static void expect(const struct why *why, enum why_state state, const char *verdict)
{
	world_assert_has(why->verdict, verdict);
	if (why_state(why) != state)
		fail_msg("%s: %s", why_state_word(why_state(why)), why->verdict);
}

static void an_answered_address_has_a_whole_chain(void **state)
{
	struct view view = world_view();
	struct why why;
	struct text t;

	(void)state;
	text_init(&t, 10000);
	world_add(&view, VIEW_CONTROLLER, "c", CONTROLLER);
	world_speaker(&view, "a", "notOwner", "b");
	world_speaker(&view, "b", "announced", NULL);
	why = ask(&view, "10.0.0.1", NULL);
	assert_string_equal(why.verdict, "10.0.0.1 (default/web): b answers on eth0 (02:00:00:00:00:01), "
					 "nothing is wrong");
	assert_int_equal(why_state(&why), WHY_OK);
	for (enum why_link i = 0; i < WHY_PODS; i++)
		assert_int_equal(why.step[i].state, WHY_OK);
	why_format(&why, false, &t);
	world_assert_lacks(t.s, "->");
	world_assert_lacks(t.s, "What to do");
	why_done(&why);
	view_done(&view);
	text_done(&t);
}

static void every_reason_of_a_speaker_breaks_its_own_link(void **state)
{
	static const struct {
		const char *word;
		enum why_link link;
	} row[] = {
		{ "noEndpoints", WHY_CANDIDATES }, { "ipNotAllowed", WHY_CANDIDATES },
		{ "noCandidate", WHY_CANDIDATES }, { "linkDown", WHY_INTERFACE },
		{ "noInterface", WHY_INTERFACE },  { "wrongSecret", WHY_OWNER },
		{ "paused", WHY_OWNER },	   { "ofTomorrow", WHY_OWNER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct view view = world_view();
		struct why why;
		size_t n_broken = 0;

		world_add(&view, VIEW_CONTROLLER, "c", CONTROLLER);
		world_speaker(&view, "a", "withheld", row[i].word);
		why = ask(&view, "10.0.0.1", NULL);
		expect(&why, WHY_BROKEN, "nobody answers: ");
		world_assert_has(why.verdict, "message of");
		world_assert_has(why.verdict, row[i].word);
		assert_string_equal(why.step[row[i].link].reason, row[i].word);
		for (size_t k = 0; k < WHY_N_LINKS; k++)
			n_broken += why.step[k].state == WHY_BROKEN;
		assert_int_equal(n_broken, 1);
		assert_int_equal(why.step[row[i].link].advice != NULL,
				 strcmp(row[i].word, "ofTomorrow") != 0);
		why_done(&why);
		view_done(&view);
	}
}

static void the_reason_of_the_node_that_should_answer_counts(void **state)
{
	struct view view = world_view();
	const struct view_daemon *speaker = NULL;
	struct ip ip = world_ip("10.0.0.1");
	struct why why;

	(void)state;
	world_speaker(&view, "a", "withheld", "wrongSecret");
	world_speaker(&view, "b", "withheld", "linkDown");
	world_speaker(&view, "c", "notOwner", "b");
	assert_string_equal(why_reasons_gravest(&view, &ip, "b", &speaker)->reason, "linkDown");
	why = ask(&view, "10.0.0.1", NULL);
	expect(&why, WHY_BROKEN, "nobody answers: b: message of linkDown");
	why_done(&why);
	world_speaker(&view, "d", "withheld", "noEndpoints");
	assert_string_equal(why_reasons_gravest(&view, &ip, "b", &speaker)->reason, "noEndpoints");
	view_done(&view);
}

static void a_service_without_an_address_is_the_controllers_to_explain(void **state)
{
	struct view view = world_view();
	struct why why;
	struct text t;

	(void)state;
	text_init(&t, 10000);
	world_services(&view, "{" WEB ",'spec':{'type':'LoadBalancer'}}");
	world_add(&view, VIEW_CONTROLLER, "c",
		  CONTROLLER ",'services':[{'service':'default/web','addresses':[],'reason':'poolFull',"
			     "'message':'the pool default is full'}]");
	world_speaker(&view, "a", "withheld", "noEndpoints"); /* of another service */
	why = ask(&view, "web", NULL);
	expect(&why, WHY_BROKEN, "default/web: no address: the pool ");
	why_format(&why, false, &t);
	world_assert_has(t.s, "->  address");
	world_assert_has(t.s, "What to do (address): Enlarge the pool.");
	assert_int_equal(why.step[WHY_CANDIDATES].state, WHY_SKIPPED);
	text_clear(&t);
	why_json_write(&why, 1, &(struct view_words){ 0 }, &t);
	world_assert_has(t.s, "\"link\":\"address\",\"state\":\"broken\",\"reason\":\"poolFull\"");
	why_done(&why);
	view_done(&view);
	text_done(&t);
}

static void full_pools_are_named(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_services(&view, "{" WEB ",'spec':{'type':'LoadBalancer'}}");
	world_add(&view, VIEW_CONTROLLER, "c",
		  CONTROLLER ",'pools':[{'name':'p','size':2,'used':2},{'name':'q','size':2,'used':1},"
			     "{'name':'r','size':1,'used':1}],"
			     "'services':[{'service':'default/web','reason':'allPoolsFull','message':'m'}]");
	why = ask(&view, "web", NULL);
	assert_string_equal(why.verdict, "default/web: no address: pool \"p\" is full (2 of 2 addresses in use), "
					 "pool \"r\" is full (1 of 1 addresses in use)");
	why_done(&why);
	view.daemon[VIEW_CONTROLLER].at[0].status->n_pool = 0;
	why = ask(&view, "web", NULL);
	assert_string_equal(why.verdict, "default/web: no address: m");
	why_done(&why);
	view.daemon[VIEW_CONTROLLER].at[0].status->n_pool = 3;
	view_done(&view);
}

static void one_cause_is_blamed_once(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_services(&view, "{" WEB ",'spec':{'type':'LoadBalancer'}}");
	world_add(&view, VIEW_CONTROLLER, "c",
		  "'role':'leader','config':{'loaded':false,'stale':true,'error':'line 3: a tab'},"
		  "'services':[{'service':'default/web','reason':'configRefused','message':'m'}]");
	why = ask(&view, "web", NULL);
	expect(&why, WHY_BROKEN, "no address: the configuration is refused: line 3: a tab");
	assert_int_equal(why.step[WHY_ADDRESS].state, WHY_SKIPPED);
	why_done(&why);
	world_speaker(&view, "a", "withheld", "noConfig");
	why = ask(&view, "10.0.0.1", NULL);
	expect(&why, WHY_BROKEN, "the configuration is refused: line 3: a tab");
	assert_int_equal(why.step[WHY_CANDIDATES].state, WHY_SKIPPED);
	why_done(&why);
	view_done(&view);
}

static void two_causes_are_both_named(void **state)
{
	struct view view = world_view();
	struct why why;
	struct text t;

	(void)state;
	text_init(&t, 10000);
	world_add(&view, VIEW_CONTROLLER, "c", "'role':'leader','config':{'loaded':true,'stale':true,'error':'e'}");
	world_add(&view, VIEW_SPEAKER, "a", "'addresses':[{'ip':'10.0.0.1','state':'withheld','services':['d/w'],"
		  "'reason':'linkDown','message':'down','claimants':['02:00:00:00:00:99']}]");
	why = ask(&view, "10.0.0.1", NULL);
	expect(&why, WHY_BROKEN, "10.0.0.1 (d/w): nobody answers: a: down");
	assert_int_equal(why.step[WHY_ALONE].state, WHY_BROKEN);
	assert_int_equal(why.step[WHY_CONFIG].state, WHY_DOUBTFUL);
	why_format(&why, false, &t);
	world_assert_has(t.s, "->  interface");
	world_assert_lacks(t.s, "->  alone");
	world_assert_has(t.s, "What to do (interface): Look at cable and link");
	assert_true(strstr(t.s, "What to do (interface)") < strstr(t.s, "What to do (configuration)"));
	world_assert_has(t.s, "hardware address");
	why_done(&why);
	view_done(&view);
	text_done(&t);
}

static void a_configuration_that_was_deleted_is_not_called_refused(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_add(&view, VIEW_CONTROLLER, "c", "'role':'leader','config':{'loaded':true,'stale':true,"
		  "'error':'the ConfigMap a/b was deleted'}");
	world_speaker(&view, "a", "announced", NULL);
	why = ask(&view, "10.0.0.1", NULL);
	expect(&why, WHY_DOUBTFUL, "the newest is refused: the ConfigMap a/b was deleted"); /* as it seems */
	why_done(&why);
	view.asked |= VIEW_BIT(VIEW_CONFIG);
	why = ask(&view, "10.0.0.1", NULL);
	expect(&why, WHY_DOUBTFUL, ", but: the ConfigMap a/b was deleted");
	assert_string_equal(why.step[WHY_CONFIG].advice, remedies_find(VIEW_CONTROLLER, "noConfig")->advice);
	why_done(&why);
	view_done(&view);
}

static void two_nodes_that_answer_are_named(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_speaker(&view, "a", "announced", NULL);
	world_speaker(&view, "b", "announced", NULL);
	why = ask(&view, "10.0.0.1", NULL);
	expect(&why, WHY_BROKEN, ": a and b all answer for it");
	world_assert_has(why.step[WHY_OWNER].advice, "7946");
	why_done(&why);
	view_done(&view);
}

static void what_is_no_load_balancer_says_so(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_services(&view, "{" WEB ",'spec':{'type':'ClusterIP'}},"
			      "{'metadata':{'namespace':'x','name':'other'},"
			      "'spec':{'type':'LoadBalancer','loadBalancerClass':'k'}}");
	world_add(&view, VIEW_CONTROLLER, "c", CONTROLLER);
	why = ask(&view, "web", NULL);
	expect(&why, WHY_BROKEN, "default/web: it is no load balancer");
	why_done(&why);
	why = ask(&view, "x/other", NULL);
	expect(&why, WHY_BROKEN, "of class \"k\"");
	why_done(&why);
	view_done(&view);
}

static void an_address_of_no_service_is_looked_up_elsewhere(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	view.asked = 0;
	why = ask(&view, "10.5.5.5", NULL);
	expect(&why, WHY_UNKNOWN, "not known: which services there are could not be read");
	why_done(&why);
	world_services(&view, "");
	why = ask(&view, "10.5.5.5", NULL);
	assert_string_equal(why.verdict, "10.5.5.5: no service has it");
	why_done(&why);
	view.config = config_new();
	why = ask(&view, "10.5.5.5", NULL);
	expect(&why, WHY_BROKEN, "10.5.5.5: no service has it, and no pool contains it");
	why_done(&why);
	view_done(&view);
	view = world_view();
	world_services(&view, ASKER);
	why = ask(&view, "10.5.5.5", NULL);
	expect(&why, WHY_BROKEN, "10.5.5.5: no service has it, and default/web asks for it");
	why_done(&why);
	why = ask(&view, "10.5.5.6", NULL);
	assert_string_equal(why.verdict, "10.5.5.6: no service has it");
	why_done(&why);
	view_done(&view);
	view = world_view();
	world_services(&view, BOTH_ASKER);
	why = ask(&view, "10.5.5.6", NULL);
	expect(&why, WHY_BROKEN, "10.5.5.6: no service has it, and default/both asks for it");
	why_done(&why);
	why = ask(&view, "10.5.5.60", NULL);
	assert_string_equal(why.verdict, "10.5.5.60: no service has it");
	why_done(&why);
	view_done(&view);
}

static void what_could_not_be_asked_is_not_known(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_services(&view, "{" WEB ",'spec':{'type':'LoadBalancer'},"
			      "'status':{'loadBalancer':{'ingress':[{'ip':'10.0.0.1'}]}}}");
	world_add(&view, VIEW_SPEAKER, "a", NULL);
	why = ask(&view, "web", NULL);
	expect(&why, WHY_UNKNOWN, "not known: ");
	assert_int_equal(why.step[WHY_CANDIDATES].state, WHY_UNKNOWN);
	why_done(&why);
	world_speaker(&view, "b", "notOwner", "a");
	why = ask(&view, "web", NULL);
	expect(&why, WHY_DOUBTFUL, "default/web): a answers, as the others say; its own page was not read");
	why_done(&why);
	view_done(&view);
}

static void a_controller_that_does_not_run_is_the_cause(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_services(&view, "{" WEB ",'spec':{'type':'LoadBalancer'}}");
	world_speaker(&view, "a", "withheld", "noEndpoints");
	why = ask(&view, "web", NULL);
	expect(&why, WHY_BROKEN, "namespace metallb-system has no controller");
	why_done(&why);
	world_add(&view, VIEW_CONTROLLER, "c", NULL);
	why = ask(&view, "web", NULL);
	expect(&why, WHY_UNKNOWN, "the controller could not be asked");
	why_done(&why);
	view.daemon[VIEW_CONTROLLER].at[0].pod_trouble = mem_strdup("CrashLoopBackOff");
	why = ask(&view, "web", NULL);
	expect(&why, WHY_BROKEN, "the controller does not run (CrashLoopBackOff)");
	why_done(&why);
	view_done(&view);
}

static void one_node_is_asked_about(void **state)
{
	static const struct {
		const char *node;
		enum why_state state;
		const char *verdict;
	} row[] = {
		{ "a", WHY_OK, "a does not answer: notOwner; b answers" },
		{ "b", WHY_OK, "b answers" },
		{ "c", WHY_BROKEN, "c does not answer: message of wrongSecret" },
		{ "d", WHY_BROKEN, "no speaker runs on a node d" },
		{ "e", WHY_UNKNOWN, "the speaker on e could not be asked: connection refused" },
	};
	struct view view = world_view();

	(void)state;
	world_add(&view, VIEW_CONTROLLER, "c", CONTROLLER);
	world_speaker(&view, "a", "notOwner", "b");
	world_speaker(&view, "b", "announced", NULL);
	world_speaker(&view, "c", "withheld", "wrongSecret");
	world_add(&view, VIEW_SPEAKER, "e", NULL);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct why why = ask(&view, "10.0.0.1", row[i].node);

		expect(&why, row[i].state, row[i].verdict);
		why_done(&why);
	}
	view_done(&view);
}

#define HELD "{" WEB ",'spec':{'type':'LoadBalancer'},'status':{'loadBalancer':{'ingress':[{'ip':'10.0.0.1'}]}}}"
#define BARE "{" WEB ",'spec':{'type':'LoadBalancer'}}"
#define OWN "'addresses':[{'ip':'10.0.0.1','state':'announced','services':['default/web']"

static void each_state_of_the_world_has_its_sentence(void **state)
{
	static const struct {
		const char *services, *controller, *speaker; /* NULL: none */
		const char *words, *node;
		enum why_state state;
		const char *verdict;
	} row[] = {
		{ NULL, CONTROLLER ",'services':[{'service':'default/web'}]", "", "web", NULL, WHY_BROKEN,
		  "default/web: no address: the controller has not decided about it yet" },
		{ BARE, CONTROLLER ",'api':{'trouble':'away'},'services':[{'service':'default/web','addresses':['10.0.0.1']}]",
		  "", "web", NULL, WHY_BROKEN, "the controller chose 10.0.0.1 and has not written it yet: away" },
		{ BARE, "'config':{'loaded':false,'source':'ConfigMap a/b','error':'there is no ConfigMap a/b'}", NULL, "web", NULL, WHY_BROKEN,
		  "no address: there is no configuration: ConfigMap a/b does not exist" },
		{ BARE, CONTROLLER, "'services':[{'service':'default/web','reason':'invalidIP','message':'a name'}]", "web",
		  NULL, WHY_BROKEN, "no address: the controller has not decided" },
		{ HELD, CONTROLLER ",'services':[{'service':'default/web','reason':'oneFamilyOnly','message':'half'}]",
		  OWN ",'interfaces':['eth0']}]", "web", NULL, WHY_DOUBTFUL, "a answers on eth0 (MAC not known), but: half" },
		{ HELD, CONTROLLER, NULL, "web", NULL, WHY_BROKEN, "nobody answers: namespace metallb-system has no speakers" },
		{ HELD, CONTROLLER, "", "web", NULL, WHY_BROKEN, "nobody answers: no speaker knows the address" },
		{ HELD, CONTROLLER, "'services':[{'service':'default/web','reason':'invalidIP','message':'a name'}]", "web",
		  NULL, WHY_BROKEN, "nobody answers: a name" },
		{ HELD, CONTROLLER, OWN "}]", "web", NULL, WHY_UNKNOWN, "not known: a does not say on which interface" },
		{ HELD, CONTROLLER, OWN ",'interfaces':['eth0'],'excludeLabelIgnored':true}]", "web", NULL, WHY_OK,
		  "nothing is wrong" },
		{ HELD, CONTROLLER, OWN ",'interfaces':['eth0']}]", "10.0.0.1", "b", WHY_BROKEN, "no speaker runs on a node b" },
		{ HELD, CONTROLLER, "", "10.0.0.1", "a", WHY_BROKEN, "no speaker knows the address" },
		{ "", NULL, "", "10.0.0.9", NULL, WHY_BROKEN, "10.0.0.9: it is the address of node n itself" },
		{ "", NULL, "", "10.7.0.9", NULL, WHY_BROKEN, "10.7.0.9: no service has it; it is in pool \"p\" and free" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct view view = world_view();
		struct why why;

		world_nodes_and_pool(&view);
		if (row[i].services)
			world_services(&view, row[i].services);
		if (row[i].controller)
			world_add(&view, VIEW_CONTROLLER, "c", row[i].controller);
		if (row[i].speaker)
			world_add(&view, VIEW_SPEAKER, "a", row[i].speaker);
		why = ask(&view, row[i].words, row[i].node);
		expect(&why, row[i].state, row[i].verdict);
		why_done(&why);
		view_done(&view);
	}
}

static void who_thinks_otherwise_makes_it_doubtful(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_speaker(&view, "a", "announced", NULL);
	world_speaker(&view, "b", "notOwner", "c");
	why = ask(&view, "10.0.0.1", NULL);
	expect(&why, WHY_DOUBTFUL, ": a answers, and not all others think so");
	assert_non_null(why.step[WHY_OWNER].advice);
	why_done(&why);
	view.asked = 0;
	why = ask(&view, "10.0.0.1", "z");
	expect(&why, WHY_UNKNOWN, "no speaker of node z was asked");
	why_done(&why);
	view_done(&view);
}

#define SERVICE "{" WEB ",'spec':{'type':'LoadBalancer'%s},'status':{'loadBalancer':{'ingress':[{'ip':'10.0.0.1'}]}}}"
#define POD(node) "{'nodeName':'" node "','conditions':{'ready':true}}"
#define NOT_READY "{'nodeName':'n','conditions':{'ready':false}}"
#define LOCAL ",'externalTrafficPolicy':'Local'"
#define MEMBERS "'members':[{'name':'a','alive':true},{'name':'b','alive':true},{'name':'dead','alive':false}]"

/* a answers, and sees b live and dead dead; b's page says that it lives itself; the API has n as not Ready. */
static void where_the_pods_are_is_looked_at_last(void **state)
{
	static const struct {
		const char *pods, *more;
		enum why_state state, pod_state;
		const char *verdict;
	} row[] = {
		{ POD("a") "," POD("b"), "", WHY_OK, WHY_OK, "nothing is wrong" },
		{ POD("a") "," NOT_READY, "", WHY_OK, WHY_OK, "nothing is wrong" },
		{ NOT_READY, "", WHY_OK, WHY_SKIPPED, "nothing is wrong" },
		{ POD("dead") "," POD("dead"), "", WHY_BROKEN, WHY_BROKEN,
		  "(default/web): every pod behind it is on a node that is down: dead (its speaker is dead)" },
		{ POD("dead") "," POD("n") "," POD("b"), "", WHY_DOUBTFUL, WHY_DOUBTFUL,
		  ", but: some pods behind it are on a node that is down: dead (its speaker is dead), "
		  "n (not Ready)" },
		{ POD("dead") "," POD("a"), LOCAL, WHY_OK, WHY_OK, "nothing is wrong" },
		{ POD("unheard-of"), "", WHY_OK, WHY_OK, "nothing is wrong" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(row); i++) {
		struct view view = world_view();
		char service[512];
		struct why why;

		snprintf(service, sizeof(service), SERVICE, row[i / 2].more);
		world_services(&view, service);
		world_nodes_and_pool(&view);
		view.node[0]->ready = false;
		world_pods(&view, row[i / 2].pods);
		world_add(&view, VIEW_CONTROLLER, "c", CONTROLLER);
		world_speaker(&view, "a", "announced", NULL);
		world_add(&view, VIEW_SPEAKER, "b", MEMBERS);
		why = ask(&view, i % 2 == 0 ? "web" : "10.0.0.1", NULL);
		expect(&why, row[i / 2].state, row[i / 2].verdict);
		assert_int_equal(why.step[WHY_PODS].state, row[i / 2].pod_state);
		assert_int_equal(why.step[WHY_PODS].advice != NULL, row[i / 2].pod_state > WHY_OK &&
				 row[i / 2].pod_state < WHY_SKIPPED);
		why_done(&why);
		view_done(&view);
	}
}

static void nothing_is_said_of_pods_while_nobody_answers(void **state)
{
	struct view view = world_view();
	struct why why;

	(void)state;
	world_pods(&view, POD("dead"));
	world_add(&view, VIEW_SPEAKER, "b", MEMBERS);
	world_speaker(&view, "a", "withheld", "noCandidate");
	why = ask(&view, "10.0.0.1", NULL);
	assert_int_equal(why.step[WHY_PODS].state, WHY_SKIPPED);
	why_done(&why);
	view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answered_address_has_a_whole_chain),
		cmocka_unit_test(every_reason_of_a_speaker_breaks_its_own_link),
		cmocka_unit_test(the_reason_of_the_node_that_should_answer_counts),
		cmocka_unit_test(a_service_without_an_address_is_the_controllers_to_explain),
		cmocka_unit_test(full_pools_are_named),
		cmocka_unit_test(one_cause_is_blamed_once),
		cmocka_unit_test(two_causes_are_both_named),
		cmocka_unit_test(a_configuration_that_was_deleted_is_not_called_refused),
		cmocka_unit_test(two_nodes_that_answer_are_named),
		cmocka_unit_test(what_is_no_load_balancer_says_so),
		cmocka_unit_test(an_address_of_no_service_is_looked_up_elsewhere),
		cmocka_unit_test(what_could_not_be_asked_is_not_known),
		cmocka_unit_test(a_controller_that_does_not_run_is_the_cause),
		cmocka_unit_test(one_node_is_asked_about),
		cmocka_unit_test(each_state_of_the_world_has_its_sentence),
		cmocka_unit_test(who_thinks_otherwise_makes_it_doubtful),
		cmocka_unit_test(where_the_pods_are_is_looked_at_last),
		cmocka_unit_test(nothing_is_said_of_pods_while_nobody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
