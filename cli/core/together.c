/* together - see together.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/together.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/core/kube_types.h"

bool together_is_announced(const struct view_address *entry)
{
	return entry && str_equal(entry->state, "announced");
}

static void take_speaker(struct together *t, const struct view_daemon *speaker)
{
	const struct view_address *entry = view_find_address(speaker->status, &t->ip);

	t->n_read++;
	if (!entry)
		return;
	t->n_know++;
	if (together_is_announced(entry)) {
		if (t->n_announce++ == 0) {
			t->announcer = speaker;
			t->own = entry;
		}
		return;
	}
	if (!t->any)
		t->any = entry;
	if (!entry->owner)
		return;
	if (t->owner && strcmp(t->owner, entry->owner) != 0)
		t->differs = true;
	t->owner = entry->owner;
}

void together_of(const struct view *view, const struct ip *ip, struct together *out)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];
	const struct view_daemon *leader = view_leader(view);
	struct together t = { .ip = *ip };

	for (size_t i = 0; i < speakers->n; i++)
		if (speakers->at[i].status)
			take_speaker(&t, &speakers->at[i]);
	if (t.own)
		t.any = t.own;
	if (t.own && t.owner && !str_equal(t.owner, t.announcer->node))
		t.differs = true;
	if (t.differs)
		t.owner = NULL;
	if (leader)
		t.given = view_find_address(leader->status, ip);
	*out = t;
}

static int by_ip(const void *a, const void *b)
{
	return ip_compare(a, b);
}

struct ip *together_addresses(const struct view *view, size_t *out_n)
{
	struct ip *all = NULL;
	size_t n = 0, cap = 0, kept = 0;

	for (size_t c = 0; c < VIEW_N_COMPONENTS; c++) {
		for (size_t i = 0; i < view->daemon[c].n; i++) {
			const struct view_status *status = view->daemon[c].at[i].status;

			for (size_t k = 0; status && k < status->n_address; k++) {
				all = mem_grow(all, n, &cap, sizeof(*all));
				all[n++] = status->address[k].ip;
			}
		}
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), by_ip);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !ip_equal(&all[kept - 1], &all[i]))
			all[kept++] = all[i];
	*out_n = kept;
	return all;
}

void together_announcers(const struct view *view, const struct ip *ip, struct text *out_text)
{
	const struct view_daemons *speakers = &view->daemon[VIEW_SPEAKER];

	for (size_t i = 0; i < speakers->n; i++)
		if (together_is_announced(view_find_address(speakers->at[i].status, ip)))
			text_addf(out_text, "%s%s", out_text->n > 0 ? " and " : "",
				  view_place(&speakers->at[i]));
}

static void add_word(struct text *all, const char *word)
{
	text_addf(all, "%s%s", all->n > 0 ? ", " : "", word);
}

static void add_words(struct text *all, const struct view_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		add_word(all, words->at[i]);
}

bool together_services(const struct view *view, const struct together *t, struct text *out_text)
{
	char ip[IP_TEXT_MAX];

	ip_format(&t->ip, ip);
	if (t->any)
		add_words(out_text, &t->any->service);
	if (out_text->n == 0 && t->given)
		add_words(out_text, &t->given->service);
	for (size_t i = 0; out_text->n == 0 && i < view->n_service; i++) {
		const struct kube_service *s = view->service[i];

		for (size_t k = 0; k < s->n_ingress; k++)
			if (strcmp(s->ingress[k], ip) == 0)
				text_addf(out_text, "%s/%s", s->meta.namespace, s->meta.name);
	}
	return out_text->n > 0;
}

void together_interfaces(const struct together *t, struct text *out_names, struct text *out_macs)
{
	for (size_t i = 0; t->own && i < t->own->interface.n; i++) {
		const char *name = t->own->interface.at[i];
		const char *mac = view_mac(t->announcer->status, name);

		add_word(out_names, name);
		if (mac)
			add_word(out_macs, mac);
	}
}
