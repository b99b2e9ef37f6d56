/* view - see view.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/view.h"

#include <stdlib.h>
#include <string.h>

void view_words_add(struct view_words *words, const char *word)
{
	words->at = mem_resize(words->at, words->n + 1, sizeof(*words->at));
	words->at[words->n++] = mem_strdup(word);
}

bool view_words_has(const struct view_words *words, const char *word)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->at[i], word) == 0)
			return true;
	return false;
}

void view_words_done(struct view_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->at[i]);
	free(words->at);
	*words = (struct view_words){ 0 };
}

static void address_done(struct view_address *a)
{
	view_words_done(&a->service);
	view_words_done(&a->interface);
	view_words_done(&a->claimant);
	free(a->pool);
	free(a->state);
	free(a->owner);
	free(a->next);
	free(a->reason);
	free(a->message);
}

static void service_done(struct view_service *s)
{
	view_words_done(&s->address);
	free(s->key);
	free(s->reason);
	free(s->message);
}

static void lists_done(struct view_status *s)
{
	for (size_t i = 0; i < s->n_address; i++)
		address_done(&s->address[i]);
	for (size_t i = 0; i < s->n_service; i++)
		service_done(&s->service[i]);
	for (size_t i = 0; i < s->n_member; i++)
		free(s->member[i].name);
	for (size_t i = 0; i < s->n_link; i++) {
		free(s->link[i].name);
		free(s->link[i].mac);
		view_words_done(&s->link[i].subnet);
	}
	for (size_t i = 0; i < s->n_pool; i++)
		free(s->pool[i].name);
	free(s->address);
	free(s->service);
	free(s->member);
	free(s->link);
	free(s->pool);
}

void view_status_free(struct view_status *s)
{
	if (!s)
		return;
	lists_done(s);
	free(s->component);
	free(s->version);
	free(s->node);
	free(s->role);
	free(s->leader);
	free(s->config_source);
	free(s->config_hash);
	free(s->config_error);
	free(s->api_server);
	free(s->api_trouble);
	view_words_done(&s->note);
	view_words_done(&s->denied);
	view_words_done(&s->host_trouble);
	free(s->ring.state);
	free(s->ring.message);
	view_words_done(&s->ring.key_id);
	view_words_done(&s->ring.indirect);
	free(s);
}

static void daemons_done(struct view_daemons *daemons)
{
	for (size_t i = 0; i < daemons->n; i++) {
		struct view_daemon *d = &daemons->at[i];

		free(d->name);
		free(d->node);
		free(d->pod_trouble);
		free(d->error);
		view_status_free(d->status);
	}
	free(daemons->at);
}

void view_done(struct view *view)
{
	for (size_t i = 0; i < VIEW_N_COMPONENTS; i++)
		daemons_done(&view->daemon[i]);
	for (size_t i = 0; i < view->n_service; i++)
		kube_service_free(view->service[i]);
	for (size_t i = 0; i < view->n_node; i++)
		kube_node_free(view->node[i]);
	for (size_t i = 0; i < view->n_slice; i++)
		kube_endpoints_free(view->slice[i]);
	for (size_t i = 0; i < VIEW_N_PARTS; i++)
		free(view->error[i]);
	free(view->service);
	free(view->node);
	free(view->slice);
	free(view->server);
	free(view->namespace);
	config_free(view->config);
	free(view->config_refused);
	*view = (struct view){ 0 };
}

struct view_daemon *view_add_daemon(struct view *view, enum view_component component)
{
	struct view_daemons *daemons = &view->daemon[component];

	daemons->at = mem_resize(daemons->at, daemons->n + 1, sizeof(*daemons->at));
	daemons->at[daemons->n] = (struct view_daemon){ 0 };
	return &daemons->at[daemons->n++];
}

static int by_node(const void *a, const void *b)
{
	const struct view_daemon *x = a, *y = b;
	int order = strcmp(x->node ? x->node : "", y->node ? y->node : "");

	return order ? order : strcmp(x->name, y->name);
}

void view_sort(struct view *view)
{
	for (size_t i = 0; i < VIEW_N_COMPONENTS; i++)
		if (view->daemon[i].n > 0)
			qsort(view->daemon[i].at, view->daemon[i].n, sizeof(*view->daemon[i].at), by_node);
}

const char *view_component_word(enum view_component component)
{
	return component == VIEW_SPEAKER ? "speaker" : "controller";
}

const char *view_place(const struct view_daemon *daemon)
{
	return daemon->node ? daemon->node : daemon->name;
}

static int by_ip(const void *key, const void *entry)
{
	return ip_compare(key, &((const struct view_address *)entry)->ip);
}

const struct view_address *view_find_address(const struct view_status *status, const struct ip *ip)
{
	if (!status || status->n_address == 0)
		return NULL;
	return bsearch(ip, status->address, status->n_address, sizeof(*status->address), by_ip);
}

const struct view_service *view_find_service(const struct view_status *status, const char *key)
{
	for (size_t i = 0; status && i < status->n_service; i++)
		if (strcmp(status->service[i].key, key) == 0)
			return &status->service[i];
	return NULL;
}

const struct view_member *view_find_member(const struct view_status *status, const char *name)
{
	for (size_t i = 0; i < status->n_member; i++)
		if (strcmp(status->member[i].name, name) == 0)
			return &status->member[i];
	return NULL;
}

bool view_sees(const struct view_status *status, const char *node)
{
	const struct view_member *member = view_find_member(status, node);

	return member && member->alive;
}

const char *view_mac(const struct view_status *status, const char *interface)
{
	for (size_t i = 0; i < status->n_link; i++)
		if (strcmp(status->link[i].name, interface) == 0)
			return status->link[i].mac;
	return NULL;
}

const struct view_daemon *view_leader(const struct view *view)
{
	const struct view_daemons *controllers = &view->daemon[VIEW_CONTROLLER];
	const struct view_daemon *first = NULL;

	for (size_t i = 0; i < controllers->n; i++) {
		const struct view_daemon *d = &controllers->at[i];

		if (d->status && (str_equal(d->status->role, "leader") ||
				  str_equal(d->status->role, "alone")))
			return d;
		if (d->status && !first)
			first = d;
	}
	return first;
}

const struct view_daemon *view_config_witness(const struct view *view)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];
	const struct view_daemon *leader = view_leader(view);

	for (size_t i = 0; !leader && i < speakers->n; i++)
		if (speakers->at[i].status)
			return &speakers->at[i];
	return leader;
}

const struct view_daemon *view_speaker_on(const struct view *view, const char *node)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];

	for (size_t i = 0; i < speakers->n; i++)
		if (str_equal(speakers->at[i].node, node))
			return &speakers->at[i];
	return NULL;
}

bool view_was_read(const struct view *view, enum view_part part)
{
	return (view->asked & VIEW_BIT(part)) && !view->error[part];
}
