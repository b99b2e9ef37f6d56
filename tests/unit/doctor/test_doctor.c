/* test_doctor - each fault is named, and not what follows from it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/doctor/world.h"

/* ---- faults ---- */

static void nothing(struct view *v) { (void)v; }
static void api_away(struct view *v)
{
	v->error[VIEW_PODS] = mem_strdup("cannot connect");
	v->node[0]->ready = false;
}
static void api_away_for_one(struct view *v) { world_set(&world_page(v, 1)->api_trouble, "timeout"); }
static void api_away_for_all(struct view *v)
{
	for (size_t i = 0; i < N; i++)
		world_set(&world_page(v, i)->api_trouble, "timeout");
}
static void denied(struct view *v)
{
	view_words_add(&world_page(v, 2)->denied, "nodes is forbidden");
	world_set(&world_page(v, 2)->api_trouble, "nodes is forbidden");
}
static void nodes_unread(struct view *v) { v->error[VIEW_NODES] = mem_strdup("forbidden"); }
static void nothing_runs(struct view *v)
{
	world_lose_pod(v, VIEW_CONTROLLER, 0);
	for (size_t i = 0; i < N; i++)
		world_lose_pod(v, VIEW_SPEAKER, 0);
}
static void no_controller(struct view *v) { world_lose_pod(v, VIEW_CONTROLLER, 0); }
static void silent_controller(struct view *v) { world_lose_page(&v->daemon[VIEW_CONTROLLER].at[0]); }
static void no_leader(struct view *v) { world_set(&world_leader(v)->role, "standby"); }
static void two_controllers(struct view *v) { world_add_controller(v, "standby"); }
static void without_lease(struct view *v)
{
	world_set(&world_leader(v)->role, "alone");
	world_add_controller(v, "alone");
}
static void lease_denied(struct view *v)
{
	without_lease(v);
	view_words_add(&world_leader(v)->denied, "cannot list resource \"leases\"");
	view_words_add(&world_leader(v)->denied, "cannot list resource \"nodes\"");
}
static void one_without_lease(struct view *v) { world_set(&world_leader(v)->role, "alone"); }
static void versions(struct view *v) { world_set(&world_page(v, 1)->version, "0.9"); }
static void versions_untold(struct view *v)
{
	world_set(&world_page(v, 1)->version, NULL);
	world_set(&world_page(v, 2)->version, NULL);
}
static void controller_older(struct view *v) { world_set(&world_leader(v)->version, "0.9"); }
static void speaker_missing(struct view *v)
{
	world_lose_pod(v, VIEW_SPEAKER, 2);
	world_bury(v, 0, 2);
	world_bury(v, 1, 2);
}
static void speaker_pending(struct view *v)
{
	world_lose_page(world_speaker(v, 2));
	world_set(&world_speaker(v, 2)->pod_trouble, "Pending");
}
static void windows_node(struct view *v)
{
	speaker_missing(v);
	world_exclude(v, 2);
	world_set(&v->node[2]->labels.at[0].key, "kubernetes.io/os");
	world_set(&v->node[2]->labels.at[0].value, "windows");
}
static void agent_dead(struct view *v) { world_lose_page(world_speaker(v, 1)); }
/* Policy Local: the others have a reason of their own, and say who answers. */
static void only_pod_is_at_a_dead_agent(struct view *v)
{
	for (size_t i = 1; i < N; i++)
		world_set(&world_page(v, i)->address->reason, "noLocalEndpointHere");
	world_lose_page(world_speaker(v, 0));
}
static void no_config(struct view *v)
{
	config_free(v->config);
	v->config = NULL;
	world_leader(v)->config_loaded = false;
	world_set(&world_leader(v)->service->reason, "noConfig");
	world_withhold(v, "noConfig");
}
static void config_gone(struct view *v)
{
	config_free(v->config);
	v->config = NULL;
	world_leader(v)->config_stale = true;
	world_set(&world_leader(v)->config_error, "it was deleted");
}
static void config_differs(struct view *v) { world_set(&world_page(v, 2)->config_hash, "def"); }
static void config_differs_alone(struct view *v)
{
	no_controller(v);
	config_differs(v);
}
/* What a daemon writes that never read one. */
static void no_config_as_told(struct view *v)
{
	no_config(v);
	world_set(&world_leader(v)->config_error, "there is no ConfigMap");
}
static void config_refused(struct view *v)
{
	config_free(v->config);
	v->config = NULL;
	v->config_refused = mem_strdup("line 3: a tab");
	world_leader(v)->config_stale = true;
	world_set(&world_leader(v)->config_error, "line 3: a tab");
}
static void config_refused_by_some(struct view *v)
{
	config_refused(v);
	config_differs(v);
}
static void no_pools(struct view *v)
{
	world_leader(v)->n_pool = 0;
	free(world_leader(v)->pool->name);
	world_set(&world_leader(v)->service->reason, "noPools");
	world_withhold(v, "ipNotAllowed");
}
static void other_secret(struct view *v)
{
	world_set(&world_page(v, 1)->ring.key_id.at[0], "k2");
	world_set(&world_page(v, 1)->ring.state, "wrongSecret");
	world_set(&world_page(v, 1)->address->reason, "wrongSecret");
	for (size_t i = 0; i < N; i++)
		if (i != 1) {
			world_bury(v, i, 1);
			world_bury(v, 1, i);
		}
}
/* It understood them once, before it was started again. */
static void new_secret(struct view *v)
{
	other_secret(v);
	world_set(&world_page(v, 1)->ring.state, "alone");
	world_set(&world_page(v, 1)->address->reason, "notOwner");
}
/* The first n know neither keys nor the last member. */
static void forget_ring(struct view *v, size_t n, const char *state)
{
	for (size_t i = 0; i < n; i++) {
		world_set(&world_page(v, i)->ring.state, state);
		view_words_done(&world_page(v, i)->ring.key_id);
		world_bury(v, i, 2);
	}
}
static void agents_just_started(struct view *v) { forget_ring(v, 2, "waiting"); }
static void no_ring(struct view *v) { forget_ring(v, N, "off"); }
static void port_taken(struct view *v) { world_set(&world_page(v, 0)->ring.state, "portTaken"); }
static void refused(struct view *v) { world_set(&world_page(v, 0)->ring.state, "refused"); }
static void deaf(struct view *v)
{
	world_bury(v, 0, 2);
	world_bury(v, 1, 2);
}
static void mute(struct view *v)
{
	world_bury(v, 2, 0);
	world_bury(v, 2, 1);
	world_set(&world_page(v, 2)->ring.state, "alone");
}
static void cut_off(struct view *v)
{
	deaf(v);
	mute(v);
	world_set(&world_page(v, 2)->address->state, "announced");
}
static void one_pair(struct view *v) { world_bury(v, 0, 1); }
static const int64_t of_late[] = { 9000, 40000 };
static void deaf_and_back(struct view *v)
{
	world_return(v, 0, 2, of_late);
	world_return(v, 1, 2, of_late);
}
static void mute_at_times(struct view *v)
{
	world_bury(v, 2, 0);
	world_return(v, 2, 1, of_late);
}
static void back_long_ago(struct view *v) { world_return(v, 0, 1, (int64_t[]){ 27000, 40000 }); }
static void back_once_of_late(struct view *v) { world_return(v, 0, 1, (int64_t[]){ 9000, 120000 }); }
static void back_after_starts(struct view *v)
{
	world_return(v, 0, 1, of_late);
	world_page(v, 1)->up_ms = 45000;
}
static void both_and_back(struct view *v)
{
	world_return(v, 0, 1, of_late);
	world_return(v, 1, 0, of_late);
}
static void one_of_two(struct view *v)
{
	speaker_missing(v);
	world_bury(v, 0, 1);
}
static void pair_cut(struct view *v)
{
	world_bury(v, 0, 1);
	world_bury(v, 1, 0);
}
static void indirect(struct view *v, size_t by, const char *about) { view_words_add(&world_page(v, by)->ring.indirect, about); }
/* Of two that do not reach each other one may not have noticed yet. */
static void pair_blocked(struct view *v) { indirect(v, 1, "node1"); }
static void pair_blocked_and_known_to_both(struct view *v)
{
	indirect(v, 0, "node2");
	indirect(v, 1, "node1");
}
static void packets_blocked(struct view *v)
{
	indirect(v, 0, "node3");
	indirect(v, 2, "node2");
}
static void pair_blocked_and_buried(struct view *v)
{
	pair_blocked(v);
	world_bury(v, 0, 1);
	world_bury(v, 1, 0);
}
static void blocked_to_a_stranger(struct view *v) { indirect(v, 0, "other"); }
static void ipvs(struct view *v) { view_words_add(&world_page(v, 1)->host_trouble, "ipvsWithoutStrictArp"); }
static void filter(struct view *v) { view_words_add(&world_page(v, 1)->host_trouble, "reversePathFilter"); }
static void not_ready(struct view *v) { v->node[1]->ready = false; }
static void no_network(struct view *v)
{
	for (size_t i = 0; i < N; i++)
		v->node[i]->network_unavailable = true;
	world_withhold(v, "noCandidate");
}
static void one_excluded(struct view *v) { world_exclude(v, 1); }
static void control_plane(struct view *v)
{
	struct kube_labels *labels = &v->node[1]->labels;

	labels->at = mem_new(2, sizeof(*labels->at));
	labels->at[0] = (struct kube_label){ mem_strdup("node-role.kubernetes.io/control-plane"),
					     mem_strdup("") };
	labels->at[1] = (struct kube_label){ mem_strdup(LABEL), mem_strdup("") };
	labels->n = 2;
}
static void all_excluded(struct view *v)
{
	for (size_t i = 0; i < N; i++)
		world_exclude(v, i);
}
static void overwritten(struct view *v)
{
	world_leader(v)->service->overwritten_ms = 3000;
	world_withhold(v, "ipNotAllowed");
}
static void overwritten_once(struct view *v)
{
	world_leader(v)->service->overwritten_ms = DOCTOR_OVERWRITTEN_MS + 1;
}
static void claimed(struct view *v) { view_words_add(&world_page(v, 0)->address->claimant, "02:00:00:00:00:09"); }
static void two_owners(struct view *v) { world_set(&world_page(v, 2)->address->state, "announced"); }
static void moving(struct view *v)
{
	two_owners(v);
	world_page(v, 2)->address->since_us = NOW_US - 1000000;
}
static void link_down(struct view *v)
{
	world_set(&world_page(v, 1)->address->state, "withheld");
	world_set(&world_page(v, 1)->address->reason, "linkDown");
}
static void stand_in_down(struct view *v)
{
	world_page(v, 2)->link->usable = false;
	view_words_done(&world_page(v, 2)->link->subnet);
}
static void no_interface(struct view *v)
{
	world_withhold(v, "noInterface");
	world_set(&world_page(v, 0)->address->reason, "notOwner");
	world_set(&world_page(v, 2)->address->reason, "notOwner");
}
static void no_subnet(struct view *v) { world_set(&world_page(v, 0)->link->subnet.at[0], "10.0.0.0/8"); }
static void older_speaker(struct view *v) { view_words_done(&world_page(v, 0)->link->subnet); }
static void no_endpoints(struct view *v) { world_withhold(v, "noEndpoints"); }
static void own_reason(struct view *v)
{
	for (size_t i = 0; i < N; i++) {
		struct view_status *s = world_page(v, i);

		s->service = mem_new(1, sizeof(*s->service));
		s->n_service = 1;
		s->service->key = mem_strdup("default/web");
		s->service->reason = mem_strdup("noEndpoints");
	}
	world_withhold(v, "noEndpoints");
}
static void passing(struct view *v) { world_withhold(v, "notSynced"); }
static void waiting(struct view *v) { world_set(&world_leader(v)->service->reason, "allPoolsFull"); }
static void one_family(struct view *v) { world_set(&world_leader(v)->service->reason, "oneFamilyOnly"); }
static void other_class(struct view *v)
{
	world_set(&v->service[0]->class, "x/y");
	world_set(&world_leader(v)->service->key, "default/other");
}
static void served_class(struct view *v)
{
	other_class(v);
	v->service[0]->ingress = mem_new(1, sizeof(char *));
	v->service[0]->ingress[0] = mem_strdup("1.2.3.4");
	v->service[0]->n_ingress = 1;
}
static void refused_and_full(struct view *v)
{
	config_refused(v);
	waiting(v);
}
static void secret_and_label(struct view *v)
{
	other_secret(v);
	one_excluded(v);
}

static const struct {
	void (*fault)(struct view *v);
	const char *found; /* "word:subject" by blanks, in their order */
} cases[] = {
	{ nothing, "" },
	{ api_away, "apiAway:https://api" },
	{ api_away_for_one, "apiTrouble:speaker-x" },
	{ api_away_for_all, "apiTrouble:speaker-x" },
	{ denied, "roleDenied:speaker-x" },
	{ nodes_unread, "roleDenied:nodes" },
	{ nothing_runs, "nothingRuns:tinlb" },
	{ no_controller, "controllerMissing:tinlb" },
	{ silent_controller, "controllerSilent:controller-x" },
	{ no_leader, "noLeader:tinlb" },
	{ two_controllers, "" },
	{ without_lease, "controllersWithoutLease:tinlb" },
	{ lease_denied, "controllersWithoutLease:tinlb roleDenied:controller-x" },
	{ one_without_lease, "" },
	{ versions, "versionsDiffer:speaker-x" },
	{ versions_untold, "versionsDiffer:speaker-x versionsDiffer:speaker-x" },
	{ controller_older, "versionsDiffer:controller-x" },
	{ speaker_missing, "speakerMissing:node3" },
	{ speaker_pending, "speakerMissing:node3" },
	{ windows_node, "" },
	{ agent_dead, "speakerSilent:node2" },
	{ only_pod_is_at_a_dead_agent, "speakerSilent:node1" },
	{ no_config, "configMissing:ConfigMap metallb-system/config" },
	{ config_gone, "configMissing:ConfigMap metallb-system/config" },
	{ config_refused, "configRefused:ConfigMap metallb-system/config" },
	{ config_refused_by_some, "configRefused:ConfigMap metallb-system/config" },
	{ no_pools, "noPools:ConfigMap metallb-system/config" },
	{ config_differs, "configDiffers:speaker-x" },
	{ other_secret, "secretsDiffer:node2" },
	{ new_secret, "secretsDiffer:node2" },
	{ agents_just_started, "" },
	{ no_ring, "" },
	{ port_taken, "gossipPortTaken:node1" },
	{ refused, "nodeNameTaken:node1" },
	{ deaf, "gossipBlockedOneWay:node3" },
	{ mute, "gossipBlockedOneWay:node3" },
	{ cut_off, "gossipBlocked:node3" },
	{ one_pair, "gossipBlockedOneWay:node2" },
	{ deaf_and_back, "gossipBlockedOneWay:node3" },
	{ mute_at_times, "gossipBlockedOneWay:node3" },
	{ back_long_ago, "" },
	{ back_once_of_late, "" },
	{ back_after_starts, "" },
	{ both_and_back, "" },
	{ one_of_two, "gossipBlockedOneWay:node2 speakerMissing:node3" },
	{ pair_cut, "gossipBlocked:node2" },
	{ pair_blocked, "gossipIndirect:node2" },
	{ pair_blocked_and_known_to_both, "gossipIndirect:node2" },
	{ packets_blocked, "gossipIndirect:node3" },
	{ pair_blocked_and_buried, "gossipBlocked:node2" },
	{ blocked_to_a_stranger, "" },
	{ ipvs, "ipvsWithoutStrictArp:node2" },
	{ filter, "reversePathFilter:node2" },
	{ not_ready, "nodeNotReady:node2" },
	{ no_network, "nodeNetworkUnavailable:node1 nodeNetworkUnavailable:node2 "
		      "nodeNetworkUnavailable:node3" },
	{ one_excluded, "nodeExcluded:node2" },
	{ control_plane, "" },
	{ all_excluded, "allNodesExcluded:nodes" },
	{ overwritten, "statusOverwritten:default/web" },
	{ overwritten_once, "" },
	{ claimed, "addressClaimed:" IP },
	{ two_owners, "twoOwners:" IP },
	{ moving, "" },
	{ link_down, "linkDown:" IP },
	{ stand_in_down, "linkDown:node3" },
	{ no_interface, "noInterface:" IP },
	{ no_subnet, "noSubnet:" IP },
	{ older_speaker, "" },
	{ no_endpoints, "notAnnounced:default/web" },
	{ own_reason, "notAnnounced:default/web" },
	{ passing, "" },
	{ waiting, "serviceWaiting:default/web" },
	{ one_family, "" },
	{ other_class, "classUnserved:default/web" },
	{ served_class, "" },
	{ refused_and_full, "configRefused:ConfigMap metallb-system/config serviceWaiting:default/web" },
	{ secret_and_label, "secretsDiffer:node2 nodeExcluded:node2" },
};

/* Of the pages alone; what only the API's objects tell is not found, nor is anything else instead. */
static const struct {
	void (*fault)(struct view *v);
	const char *found;
} page_cases[] = {
	{ nothing, "" },
	{ api_away, "apiAway:https://api" },
	{ api_away_for_one, "apiTrouble:speaker-x" },
	{ denied, "roleDenied:speaker-x" },
	{ no_controller, "controllerMissing:tinlb" },
	{ versions, "versionsDiffer:speaker-x" },
	{ speaker_pending, "speakerMissing:node3" },
	{ agent_dead, "speakerSilent:node2" },
	{ config_refused, "configRefused:ConfigMap metallb-system/config" },
	{ no_config, "configMissing:ConfigMap metallb-system/config" },
	{ no_config_as_told, "configMissing:ConfigMap metallb-system/config" },
	{ config_differs, "configDiffers:speaker-x" },
	{ config_differs_alone, "controllerMissing:tinlb configDiffers:speaker-x" },
	{ other_secret, "secretsDiffer:node2" },
	{ no_ring, "" },
	{ port_taken, "gossipPortTaken:node1" },
	{ one_pair, "gossipBlockedOneWay:node2" },
	{ ipvs, "ipvsWithoutStrictArp:node2" },
	{ two_owners, "twoOwners:" IP },
	{ link_down, "linkDown:" IP },
	{ no_endpoints, "notAnnounced:default/web" },
	{ waiting, "serviceWaiting:default/web" },
	{ not_ready, "" },
	{ one_excluded, "" },
	{ other_class, "" },
};

static void write_found(const struct doctor *doctor, struct text *out)
{
	for (size_t i = 0; i < doctor->n; i++)
		text_addf(out, "%s%s:%s", i > 0 ? " " : "", doctor_word(doctor->at[i].word),
			  doctor->at[i].subject);
}

/* Ends the view. */
static void expect(struct view *view, size_t number, const char *wanted)
{
	struct doctor doctor;
	struct text found;

	doctor_examine(view, NOW_US, &doctor);
	text_init(&found, 4096);
	write_found(&doctor, &found);
	if (strcmp(found.s, wanted) != 0)
		fail_msg("case %zu: wanted \"%s\", found \"%s\"", number, wanted, found.s);
	text_done(&found);
	doctor_done(&doctor);
	view_done(view);
}

static void each_fault_is_named_without_what_follows_from_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct view view;

		world_healthy(&view);
		cases[i].fault(&view);
		expect(&view, i, cases[i].found);
	}
}

static void the_pages_alone_tell_most_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(page_cases); i++) {
		struct view view;

		world_healthy(&view);
		page_cases[i].fault(&view);
		world_ask_pages_only(&view);
		expect(&view, i, page_cases[i].found);
	}
}

static void every_word_has_a_remedy_and_a_case(void **state)
{
	(void)state;
	for (enum doctor_word word = 0; word < DOCTOR_N_WORDS; word++) {
		struct doctor_finding finding = { .word = word };
		bool shown = false;
		struct text t;

		text_init(&t, 1024);
		doctor_add_remedy(&finding, &t);
		assert_true(t.n > 0);
		text_done(&t);
		for (size_t i = 0; i < ARRAY_LEN(cases); i++)
			shown |= strstr(cases[i].found, doctor_word(word)) != NULL;
		if (!shown)
			fail_msg("no case has %s", doctor_word(word));
	}
}

static void directions_of_blocked_gossip_are_told(void **state)
{
	static const struct {
		void (*fault)(struct view *v);
		const char *says;
	} told[] = {
		{ deaf, "gossip of the other speakers does not reach node3" },
		{ mute, "gossip of node3 does not reach the other speakers" },
		{ cut_off, "node3 and the other speakers do not hear each other" },
		{ one_pair, "gossip of node1 does not reach node2" },
		{ pair_blocked, "packets of gossip do not pass between node1 and node2:" },
		{ packets_blocked, "packets of gossip do not pass between node3 and the other speakers:" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		struct doctor doctor;
		struct view view;

		world_healthy(&view);
		told[i].fault(&view);
		doctor_examine(&view, NOW_US, &doctor);
		assert_non_null(strstr(doctor.at[0].sentence, told[i].says));
		doctor_done(&doctor);
		view_done(&view);
	}
}

static void one_node_can_be_asked_for(void **state)
{
	struct doctor doctor;
	struct view view;
	struct text t;

	(void)state;
	world_healthy(&view);
	not_ready(&view);
	waiting(&view);
	speaker_missing(&view);
	doctor_examine(&view, NOW_US, &doctor);
	doctor_only(&doctor, "node2");
	text_init(&t, 4096);
	write_found(&doctor, &t);
	assert_string_equal(t.s, "serviceWaiting:default/web nodeNotReady:node2");
	text_done(&t);
	doctor_done(&doctor);
	view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_named_without_what_follows_from_it),
		cmocka_unit_test(the_pages_alone_tell_most_of_it),
		cmocka_unit_test(every_word_has_a_remedy_and_a_case),
		cmocka_unit_test(directions_of_blocked_gossip_are_told),
		cmocka_unit_test(one_node_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
