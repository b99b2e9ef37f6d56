/* target - see target.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/core/together.h"
#include "common/core/strmap.h"

#define KEY_MAX_BYTES 512

/* Is `key` (namespace/name) what is asked for? */
static bool is_meant(const char *key, const char *words)
{
	const char *slash = strchr(key, '/');

	return strcmp(key, words) == 0 || (!strchr(words, '/') && slash && strcmp(slash + 1, words) == 0);
}

static void note(struct strmap *found, const char *key, const char *words)
{
	if (is_meant(key, words))
		strmap_put(found, key, found); /* any value: it is a set */
}

static void note_page(struct strmap *found, const struct view_status *status, const char *words)
{
	for (size_t i = 0; i < status->n_service; i++)
		note(found, status->service[i].key, words);
	for (size_t i = 0; i < status->n_address; i++)
		for (size_t k = 0; k < status->address[i].service.n; k++)
			note(found, status->address[i].service.at[k], words);
}

static void note_objects(struct strmap *found, const struct view *view, const char *words,
			 bool only_balancers)
{
	for (size_t i = 0; i < view->n_service; i++) {
		const struct kube_service *s = view->service[i];
		struct text key;

		if (only_balancers && !s->is_load_balancer)
			continue;
		text_init(&key, KEY_MAX_BYTES);
		text_addf(&key, "%s/%s", s->meta.namespace, s->meta.name);
		note(found, key.s, words);
		text_done(&key);
	}
}

static void note_all(struct strmap *found, const struct view *view, const char *words)
{
	for (size_t c = 0; c < VIEW_N_COMPONENTS; c++)
		for (size_t i = 0; i < view->daemon[c].n; i++)
			if (view->daemon[c].at[i].status)
				note_page(found, view->daemon[c].at[i].status, words);
	note_objects(found, view, words, true);
	if (found->n == 0)
		note_objects(found, view, words, false);
}

static void add_ip(struct target *t, const struct ip *ip)
{
	for (size_t i = 0; i < t->n_ip; i++)
		if (ip_equal(&t->ip[i], ip))
			return;
	if (t->n_ip < TARGET_MAX_IPS)
		t->ip[t->n_ip++] = *ip;
}

static void add_text_ip(struct target *t, const char *text)
{
	struct ip ip;

	if (ip_parse(text, &ip) == 0)
		add_ip(t, &ip);
}

static void add_of_page(struct target *t, const struct view_status *status)
{
	const struct view_service *service = view_find_service(status, t->service);

	for (size_t i = 0; i < status->n_address; i++)
		if (view_words_has(&status->address[i].service, t->service))
			add_ip(t, &status->address[i].ip);
	for (size_t i = 0; service && i < service->address.n; i++)
		add_text_ip(t, service->address.at[i]);
}

/* The API's word counts where it was read; else that of the pages. */
static void add_addresses(struct target *t, const struct view *view)
{
	for (size_t i = 0; i < view->n_service; i++) {
		const struct kube_service *s = view->service[i];
		const char *slash = strchr(t->service, '/');

		if (slash && strcmp(s->meta.name, slash + 1) == 0 &&
		    strlen(s->meta.namespace) == (size_t)(slash - t->service) &&
		    strncmp(s->meta.namespace, t->service, (size_t)(slash - t->service)) == 0)
			t->object = s;
	}
	for (size_t i = 0; t->object && i < t->object->n_ingress; i++)
		add_text_ip(t, t->object->ingress[i]);
	if (t->object)
		return;
	for (size_t c = 0; c < VIEW_N_COMPONENTS; c++)
		for (size_t i = 0; i < view->daemon[c].n; i++)
			if (view->daemon[c].at[i].status)
				add_of_page(t, view->daemon[c].at[i].status);
}

static int find_service(const struct view *view, const char *words, struct target *t,
			struct text *error)
{
	struct strmap found = { 0 };
	const char **key;
	int rc = 0;

	note_all(&found, view, words);
	key = strmap_sorted_keys(&found);
	if (found.n == 1) {
		t->service = mem_strdup(key[0]);
		add_addresses(t, view);
	} else if (found.n > 1) {
		text_addf(error, "there are several services \"%s\": say which, ", words);
		for (size_t i = 0; i < found.n; i++)
			text_addf(error, "%s%s", i == 0 ? "" : i + 1 < found.n ? ", " : " or ", key[i]);
		rc = -EINVAL;
	} else if (view_was_read(view, VIEW_SERVICES)) {
		text_addf(error, "there is no service \"%s\" (NAMESPACE/NAME, or a name alone)", words);
		rc = -ENOENT;
	} else {
		text_addf(error, "no page that was read knows a service \"%s\", and the API's services "
			  "were not read: it may have no address, or not exist (tinlb why %s says)",
			  words, words);
		rc = -EAGAIN;
	}
	free(key);
	strmap_done(&found);
	return rc;
}

int target_find(const struct view *view, const char *words, struct target *out_target,
		struct text *out_error)
{
	struct target t = { 0 };
	int rc = 0;

	if (ip_parse(words, &t.ip[0]) == 0)
		t.n_ip = 1;
	else
		rc = find_service(view, words, &t, out_error);
	if (rc == 0)
		*out_target = t;
	return rc;
}

void target_done(struct target *target)
{
	free(target->service);
	*target = (struct target){ 0 };
}
