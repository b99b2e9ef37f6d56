/* world - see world.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cli/core/doctor_text.h"
#include "cli/wire/doctor_json.h"
#include "tests/unit/doctor/world.h"

#define ALL_ASKED (VIEW_BIT(VIEW_N_PARTS) - 1)

struct view_daemon *world_speaker(struct view *v, size_t at)
{
	return &v->daemon[VIEW_SPEAKER].at[at];
}

struct view_status *world_page(struct view *v, size_t at)
{
	return world_speaker(v, at)->status;
}

struct view_status *world_leader(struct view *v)
{
	return v->daemon[VIEW_CONTROLLER].at[0].status;
}

void world_set(char **text, const char *value)
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

void world_know_address(struct view_status *controller)
{
	controller->address = mem_new(1, sizeof(*controller->address));
	controller->n_address = 1;
	assert_int_equal(ip_parse(IP, &controller->address->ip), 0);
	controller->address->state = mem_strdup("assigned");
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
			.name = mem_strdup(node_name[s->n_member]), .alive = true,
			.self = s->n_member == at
		};
	s->up_ms = 3600 * 1000;
	s->link = mem_new(1, sizeof(*s->link));
	s->n_link = 1;
	s->link->name = mem_strdup("eth0");
	s->link->usable = true;
	view_words_add(&s->link->subnet, "172.17.0.0/16");
	add_address(s, at);
}

void world_add_controller(struct view *v, const char *role)
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

void world_healthy(struct view *v)
{
	*v = (struct view){ .server = mem_strdup("https://api"), .namespace = mem_strdup("tinlb"),
			    .asked = ALL_ASKED, .config = mem_new(1, sizeof(struct config)) };
	world_add_controller(v, "leader");
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

void world_lose_page(struct view_daemon *d)
{
	view_status_free(d->status);
	d->status = NULL;
	d->error = mem_strdup("connection refused");
}

void world_lose_pod(struct view *v, enum view_component component, size_t at)
{
	struct view_daemons *all = &v->daemon[component];

	free(all->at[at].name);
	free(all->at[at].node);
	view_status_free(all->at[at].status);
	memmove(&all->at[at], &all->at[at + 1], (--all->n - at) * sizeof(*all->at));
}

/* What node `by` thinks of node `about`. */
void world_bury(struct view *v, size_t by, size_t about)
{
	world_page(v, by)->member[about].alive = false;
}

void world_return(struct view *v, size_t by, size_t about, const int64_t ago_ms[static VIEW_RETURNS])
{
	struct view_member *member = &world_page(v, by)->member[about];

	memcpy(member->returned_ms, ago_ms, sizeof(member->returned_ms));
	member->n_returned = VIEW_RETURNS;
}

void world_withhold(struct view *v, const char *reason)
{
	for (size_t i = 0; i < N; i++) {
		world_set(&world_page(v, i)->address->state, "withheld");
		world_set(&world_page(v, i)->address->reason, reason);
		world_set(&world_page(v, i)->address->owner, NULL);
	}
}

void world_exclude(struct view *v, size_t at)
{
	struct kube_labels *labels = &v->node[at]->labels;

	labels->at = mem_new(1, sizeof(*labels->at));
	labels->at[0] = (struct kube_label){ mem_strdup(LABEL), mem_strdup("") };
	labels->n = 1;
}

char *world_told(const struct view *v)
{
	struct view_words gaps = { 0 };
	struct doctor doctor;
	struct text t;

	text_init(&t, 65536);
	doctor_examine(v, NOW_US, &doctor);
	doctor_format(&doctor, v, false, &t);
	doctor_json_write(&doctor, &gaps, &t);
	doctor_done(&doctor);
	return text_take(&t);
}

void world_ask_pages_only(struct view *v)
{
	for (size_t i = 0; i < v->n_service; i++)
		kube_service_free(v->service[i]);
	for (size_t i = 0; i < v->n_node; i++)
		kube_node_free(v->node[i]);
	v->n_service = v->n_node = 0;
	config_free(v->config);
	v->config = NULL;
	world_set(&v->config_refused, NULL);
	v->asked = VIEW_BIT(VIEW_PODS) | VIEW_BIT(VIEW_STATUS);
}
