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

#include "cli/core/doctor_text.h"
#include "cli/wire/doctor_json.h"

#define N 3
#define ALL_ASKED (VIEW_BIT(VIEW_N_PARTS) - 1)
#define LABEL "node.kubernetes.io/exclude-from-external-load-balancers"
#define IP "172.17.251.1"
#define NOW_US INT64_C(1767323045000000)

static struct view_daemon *speaker(struct view *v, size_t at)
{
	return &v->daemon[VIEW_SPEAKER].at[at];
}

static struct view_status *page(struct view *v, size_t at)
{
	return speaker(v, at)->status;
}

static struct view_status *leader(struct view *v)
{
	return v->daemon[VIEW_CONTROLLER].at[0].status;
}

static void set(char **text, const char *value)
{
	free(*text);
	*text = mem_strdup(value);
}

static struct view_status *common(const char *component)
{
	struct view_status *s = mem_new(1, sizeof(*s));

	s->component = mem_strdup(component);
	s->version = mem_strdup("1.0");
	s->ready = s->config_loaded = true;
	s->config_source = mem_strdup("ConfigMap metallb-system/config");
	s->config_hash = mem_strdup("abc");
	return s;
}

/* One address of default/web, which node1 announces. */
static void add_address(struct view_status *s, size_t at)
{
	s->address = mem_new(1, sizeof(*s->address));
	s->n_address = 1;
	assert_int_equal(ip_parse(IP, &s->address->ip), 0);
	view_words_add(&s->address->service, "default/web");
	s->address->owner = mem_strdup("node1");
	s->address->state = mem_strdup(at == 0 ? "announced" : "notOwner");
	s->address->reason = at == 0 ? NULL : mem_strdup("notOwner");
}

static const char *const node_name[N] = { "node1", "node2", "node3" };

static void add_speaker(struct view *v, size_t at)
{
	struct view_daemon *d = view_add_daemon(v, VIEW_SPEAKER);
	struct view_status *s = common("speaker");

	d->name = mem_strdup("speaker-x");
	d->node = mem_strdup(node_name[at]);
	d->status = s;
	s->node = mem_strdup(node_name[at]);
	s->ring.state = mem_strdup("joined");
	view_words_add(&s->ring.key_id, "k1");
	s->member = mem_new(N, sizeof(*s->member));
	for (s->n_member = 0; s->n_member < N; s->n_member++)
		s->member[s->n_member] = (struct view_member){
			mem_strdup(node_name[s->n_member]), true, s->n_member == at
		};
	s->link = mem_new(1, sizeof(*s->link));
	s->n_link = 1;
	s->link->name = mem_strdup("eth0");
	s->link->usable = true;
	view_words_add(&s->link->subnet, "172.17.0.0/16");
	add_address(s, at);
}

static void add_controller(struct view *v, const char *role)
{
	struct view_daemon *d = view_add_daemon(v, VIEW_CONTROLLER);
	struct view_status *s = common("controller");

	d->name = mem_strdup("controller-x");
	d->status = s;
	s->role = mem_strdup(role);
	s->pool = mem_new(1, sizeof(*s->pool));
	s->n_pool = 1;
	s->pool->name = mem_strdup("default");
	s->service = mem_new(1, sizeof(*s->service));
	s->n_service = 1;
	s->service->key = mem_strdup("default/web");
	s->service->overwritten_ms = -1;
}

static void healthy(struct view *v)
{
	*v = (struct view){ .server = mem_strdup("https://api"), .namespace = mem_strdup("tinlb"),
			    .asked = ALL_ASKED, .config = mem_new(1, sizeof(struct config)) };
	add_controller(v, "leader");
	v->node = mem_new(N, sizeof(struct kube_node *));
	for (v->n_node = 0; v->n_node < N; v->n_node++) {
		add_speaker(v, v->n_node);
		v->node[v->n_node] = mem_new(1, sizeof(struct kube_node));
		v->node[v->n_node]->meta.name = mem_strdup(node_name[v->n_node]);
		v->node[v->n_node]->ready = true;
	}
	v->service = mem_new(1, sizeof(struct kube_service *));
	v->service[0] = mem_new(1, sizeof(struct kube_service));
	v->n_service = 1;
	v->service[0]->meta.namespace = mem_strdup("default");
	v->service[0]->meta.name = mem_strdup("web");
	v->service[0]->is_load_balancer = true;
}

static void lose_page(struct view_daemon *d)
{
	view_status_free(d->status);
	d->status = NULL;
	d->error = mem_strdup("connection refused");
}

static void lose_pod(struct view *v, enum view_component component, size_t at)
{
	struct view_daemons *all = &v->daemon[component];

	free(all->at[at].name);
	free(all->at[at].node);
	view_status_free(all->at[at].status);
	memmove(&all->at[at], &all->at[at + 1], (--all->n - at) * sizeof(*all->at));
}

/* What node `by` thinks of node `about`. */
static void bury(struct view *v, size_t by, size_t about)
{
	page(v, by)->member[about].alive = false;
}

static void withhold(struct view *v, const char *reason)
{
	for (size_t i = 0; i < N; i++) {
		set(&page(v, i)->address->state, "withheld");
		set(&page(v, i)->address->reason, reason);
		set(&page(v, i)->address->owner, NULL);
	}
}

static void exclude(struct view *v, size_t at)
{
	struct kube_labels *labels = &v->node[at]->labels;

	labels->at = mem_new(1, sizeof(*labels->at));
	labels->at[0] = (struct kube_label){ mem_strdup(LABEL), mem_strdup("") };
	labels->n = 1;
}

/* ---- faults ---- */

static void nothing(struct view *v) { (void)v; }
static void api_away(struct view *v)
{
	v->error[VIEW_PODS] = mem_strdup("cannot connect");
	v->node[0]->ready = false;
}
static void api_away_for_one(struct view *v) { set(&page(v, 1)->api_trouble, "timeout"); }
static void api_away_for_all(struct view *v)
{
	for (size_t i = 0; i < N; i++)
		set(&page(v, i)->api_trouble, "timeout");
}
static void denied(struct view *v)
{
	view_words_add(&page(v, 2)->denied, "nodes is forbidden");
	set(&page(v, 2)->api_trouble, "nodes is forbidden");
}
static void nodes_unread(struct view *v) { v->error[VIEW_NODES] = mem_strdup("forbidden"); }
static void nothing_runs(struct view *v)
{
	lose_pod(v, VIEW_CONTROLLER, 0);
	for (size_t i = 0; i < N; i++)
		lose_pod(v, VIEW_SPEAKER, 0);
}
static void no_controller(struct view *v) { lose_pod(v, VIEW_CONTROLLER, 0); }
static void silent_controller(struct view *v) { lose_page(&v->daemon[VIEW_CONTROLLER].at[0]); }
static void no_leader(struct view *v) { set(&leader(v)->role, "standby"); }
static void two_controllers(struct view *v) { add_controller(v, "standby"); }
static void without_lease(struct view *v)
{
	set(&leader(v)->role, "alone");
	add_controller(v, "alone");
}
static void lease_denied(struct view *v)
{
	without_lease(v);
	view_words_add(&leader(v)->denied, "cannot list resource \"leases\"");
	view_words_add(&leader(v)->denied, "cannot list resource \"nodes\"");
}
static void one_without_lease(struct view *v) { set(&leader(v)->role, "alone"); }
static void versions(struct view *v) { set(&page(v, 1)->version, "0.9"); }
static void controller_older(struct view *v) { set(&leader(v)->version, "0.9"); }
static void speaker_missing(struct view *v)
{
	lose_pod(v, VIEW_SPEAKER, 2);
	bury(v, 0, 2);
	bury(v, 1, 2);
}
static void speaker_pending(struct view *v)
{
	lose_page(speaker(v, 2));
	set(&speaker(v, 2)->pod_trouble, "Pending");
}
static void windows_node(struct view *v)
{
	speaker_missing(v);
	exclude(v, 2);
	set(&v->node[2]->labels.at[0].key, "kubernetes.io/os");
	set(&v->node[2]->labels.at[0].value, "windows");
}
static void agent_dead(struct view *v) { lose_page(speaker(v, 1)); }
static void no_config(struct view *v)
{
	config_free(v->config);
	v->config = NULL;
	leader(v)->config_loaded = false;
	set(&leader(v)->service->reason, "noConfig");
	withhold(v, "noConfig");
}
static void config_gone(struct view *v)
{
	config_free(v->config);
	v->config = NULL;
	leader(v)->config_stale = true;
	set(&leader(v)->config_error, "it was deleted");
}
static void config_refused(struct view *v)
{
	leader(v)->config_stale = true;
	set(&leader(v)->config_error, "line 3: a tab");
}
static void config_refused_unread(struct view *v)
{
	config_refused(v);
	v->asked &= ~VIEW_BIT(VIEW_CONFIG);
}
static void no_pools(struct view *v)
{
	leader(v)->n_pool = 0;
	free(leader(v)->pool->name);
	set(&leader(v)->service->reason, "noPools");
	withhold(v, "ipNotAllowed");
}
static void config_differs(struct view *v) { set(&page(v, 2)->config_hash, "def"); }
static void other_secret(struct view *v)
{
	set(&page(v, 1)->ring.key_id.at[0], "k2");
	set(&page(v, 1)->ring.state, "wrongSecret");
	set(&page(v, 1)->address->reason, "wrongSecret");
	for (size_t i = 0; i < N; i++)
		if (i != 1) {
			bury(v, i, 1);
			bury(v, 1, i);
		}
}
static void no_ring(struct view *v)
{
	for (size_t i = 0; i < N; i++) {
		set(&page(v, i)->ring.state, "off");
		view_words_done(&page(v, i)->ring.key_id);
		bury(v, i, 2);
	}
}
static void port_taken(struct view *v) { set(&page(v, 0)->ring.state, "portTaken"); }
static void refused(struct view *v) { set(&page(v, 0)->ring.state, "refused"); }
static void deaf(struct view *v)
{
	bury(v, 0, 2);
	bury(v, 1, 2);
}
static void mute(struct view *v)
{
	bury(v, 2, 0);
	bury(v, 2, 1);
	set(&page(v, 2)->ring.state, "alone");
}
static void cut_off(struct view *v)
{
	deaf(v);
	mute(v);
	set(&page(v, 2)->address->state, "announced");
}
static void one_pair(struct view *v) { bury(v, 0, 1); }
static void pair_cut(struct view *v)
{
	bury(v, 0, 1);
	bury(v, 1, 0);
}
static void ipvs(struct view *v) { view_words_add(&page(v, 1)->host_trouble, "ipvsWithoutStrictArp"); }
static void filter(struct view *v) { view_words_add(&page(v, 1)->host_trouble, "reversePathFilter"); }
static void not_ready(struct view *v) { v->node[1]->ready = false; }
static void no_network(struct view *v)
{
	for (size_t i = 0; i < N; i++)
		v->node[i]->network_unavailable = true;
	withhold(v, "noCandidate");
}
static void one_excluded(struct view *v) { exclude(v, 1); }
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
		exclude(v, i);
}
static void overwritten(struct view *v)
{
	leader(v)->service->overwritten_ms = 3000;
	withhold(v, "ipNotAllowed");
}
static void overwritten_once(struct view *v)
{
	leader(v)->service->overwritten_ms = DOCTOR_OVERWRITTEN_MS + 1;
}
static void claimed(struct view *v) { view_words_add(&page(v, 0)->address->claimant, "02:00:00:00:00:09"); }
static void two_owners(struct view *v) { set(&page(v, 2)->address->state, "announced"); }
static void moving(struct view *v)
{
	two_owners(v);
	page(v, 2)->address->since_us = NOW_US - 1000000;
}
static void link_down(struct view *v)
{
	set(&page(v, 1)->address->state, "withheld");
	set(&page(v, 1)->address->reason, "linkDown");
}
static void stand_in_down(struct view *v)
{
	page(v, 2)->link->usable = false;
	view_words_done(&page(v, 2)->link->subnet);
}
static void no_interface(struct view *v)
{
	withhold(v, "noInterface");
	set(&page(v, 0)->address->reason, "notOwner");
	set(&page(v, 2)->address->reason, "notOwner");
}
static void no_subnet(struct view *v) { set(&page(v, 0)->link->subnet.at[0], "10.0.0.0/8"); }
static void older_speaker(struct view *v) { view_words_done(&page(v, 0)->link->subnet); }
static void no_endpoints(struct view *v) { withhold(v, "noEndpoints"); }
static void own_reason(struct view *v)
{
	for (size_t i = 0; i < N; i++) {
		struct view_status *s = page(v, i);

		s->service = mem_new(1, sizeof(*s->service));
		s->n_service = 1;
		s->service->key = mem_strdup("default/web");
		s->service->reason = mem_strdup("noEndpoints");
	}
	withhold(v, "noEndpoints");
}
static void passing(struct view *v) { withhold(v, "notSynced"); }
static void waiting(struct view *v) { set(&leader(v)->service->reason, "allPoolsFull"); }
static void one_family(struct view *v) { set(&leader(v)->service->reason, "oneFamilyOnly"); }
static void other_class(struct view *v)
{
	set(&v->service[0]->class, "x/y");
	set(&leader(v)->service->key, "default/other");
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
	{ lease_denied, "roleDenied:controller-x controllersWithoutLease:tinlb" },
	{ one_without_lease, "" },
	{ versions, "versionsDiffer:speaker-x" },
	{ controller_older, "versionsDiffer:controller-x" },
	{ speaker_missing, "speakerMissing:node3" },
	{ speaker_pending, "speakerMissing:node3" },
	{ windows_node, "" },
	{ agent_dead, "speakerSilent:node2" },
	{ no_config, "configMissing:ConfigMap metallb-system/config" },
	{ config_gone, "configMissing:ConfigMap metallb-system/config" },
	{ config_refused, "configRefused:ConfigMap metallb-system/config" },
	{ config_refused_unread, "configRefused:ConfigMap metallb-system/config" },
	{ no_pools, "noPools:ConfigMap metallb-system/config" },
	{ config_differs, "configDiffers:speaker-x" },
	{ other_secret, "secretsDiffer:node2" },
	{ no_ring, "" },
	{ port_taken, "gossipPortTaken:node1" },
	{ refused, "nodeNameTaken:node1" },
	{ deaf, "gossipBlockedOneWay:node3" },
	{ mute, "gossipBlockedOneWay:node3" },
	{ cut_off, "gossipBlocked:node3" },
	{ one_pair, "gossipBlockedOneWay:node2" },
	{ pair_cut, "gossipBlocked:node2" },
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

static void write_found(const struct doctor *doctor, struct text *out)
{
	for (size_t i = 0; i < doctor->n; i++)
		text_addf(out, "%s%s:%s", i > 0 ? " " : "", doctor_word(doctor->at[i].word),
			  doctor->at[i].subject);
}

static void each_fault_is_named_without_what_follows_from_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct doctor doctor;
		struct text found;
		struct view view;

		healthy(&view);
		cases[i].fault(&view);
		doctor_examine(&view, NOW_US, &doctor);
		text_init(&found, 4096);
		write_found(&doctor, &found);
		if (strcmp(found.s, cases[i].found) != 0)
			fail_msg("case %zu: wanted \"%s\", found \"%s\"", i, cases[i].found, found.s);
		text_done(&found);
		doctor_done(&doctor);
		view_done(&view);
	}
}

static void every_word_has_a_remedy_and_a_case(void **state)
{
	(void)state;
	for (enum doctor_word word = 0; word < DOCTOR_N_WORDS; word++) {
		bool shown = false;

		assert_non_null(doctor_remedy(word));
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
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		struct doctor doctor;
		struct view view;

		healthy(&view);
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
	healthy(&view);
	not_ready(&view);
	waiting(&view);
	speaker_missing(&view);
	doctor_examine(&view, NOW_US, &doctor);
	doctor_only(&doctor, "node2");
	text_init(&t, 4096);
	write_found(&doctor, &t);
	assert_string_equal(t.s, "nodeNotReady:node2 serviceWaiting:default/web");
	text_done(&t);
	doctor_done(&doctor);
	view_done(&view);
}

static void findings_are_a_line_with_the_remedy_below_it(void **state)
{
	struct view_words gaps = { 0 };
	struct doctor doctor;
	struct view view;
	struct text t;

	(void)state;
	healthy(&view);
	doctor_examine(&view, NOW_US, &doctor);
	text_init(&t, 65536);
	doctor_format(&doctor, &view, false, &t);
	assert_string_equal(t.s, "healthy: 1 of 1 controllers and 3 of 3 speakers answer, 0 addresses, "
				 "nothing is wrong\n");
	text_clear(&t);
	doctor_done(&doctor);
	waiting(&view);
	doctor_examine(&view, NOW_US, &doctor);
	doctor_format(&doctor, &view, false, &t);
	assert_non_null(strstr(t.s, "serviceWaiting (allPoolsFull): service default/web waits"));
	assert_non_null(strstr(t.s, "\n    `tinlb why SERVICE`"));
	text_clear(&t);
	doctor_json_write(&doctor, &gaps, &t);
	assert_non_null(strstr(t.s, "\"finding\":\"serviceWaiting\""));
	assert_non_null(strstr(t.s, "\"healthy\":false"));
	text_done(&t);
	doctor_done(&doctor);
	view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_named_without_what_follows_from_it),
		cmocka_unit_test(every_word_has_a_remedy_and_a_case),
		cmocka_unit_test(directions_of_blocked_gossip_are_told),
		cmocka_unit_test(one_node_can_be_asked_for),
		cmocka_unit_test(findings_are_a_line_with_the_remedy_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
