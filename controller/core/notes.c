/* notes - see notes.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/notes.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/hash.h"
#include "common/core/text.h"

struct notes_entry {
	struct notes_entry *next;
	char *key, *uid, *message, *ip, *pool;
	const char *taken;
	uint64_t unique;
	enum event event;
};

void notes_init(struct notes *notes)
{
	*notes = (struct notes){ .last = &notes->first };
}

static void entry_free(struct notes_entry *entry)
{
	if (!entry)
		return;
	free(entry->key);
	free(entry->uid);
	free(entry->message);
	free(entry->ip);
	free(entry->pool);
	free(entry);
}

void notes_done(struct notes *notes)
{
	while (notes->first) {
		struct notes_entry *entry = notes->first;

		notes->first = entry->next;
		entry_free(entry);
	}
	entry_free(notes->given);
	notes_init(notes);
}

static char *list_of(const struct service *s)
{
	char text[IP_TEXT_MAX];
	struct text t;

	text_init(&t, 128);
	for (size_t i = 0; i < s->n_ip; i++)
		text_addf(&t, "%s%s", i ? "," : "", ip_format(&s->ip[i], text));
	return text_take(&t);
}

static uint64_t hash_of(const char *const *string, size_t n)
{
	uint64_t hash = HASH_EMPTY;

	for (size_t i = 0; i < n; i++)
		hash = hash_field(hash, string[i] ? string[i] : "");
	return hash;
}

void notes_add(struct notes *notes, const struct service *about, const struct decide_event *event)
{
	const char *const told[] = { about->uid, about->version, event_reason(event->event),
				     event->message };
	struct notes_entry *entry = mem_new(1, sizeof(*entry));

	*entry = (struct notes_entry){ .key = mem_strdup(about->key),
				       .uid = mem_strdup(about->uid),
				       .message = mem_strdup(event->message),
				       .event = event->event,
				       .taken = event->taken,
				       .unique = hash_of(told, ARRAY_LEN(told)) };
	if (event->event == EVENT_IP_ALLOCATED) {
		entry->ip = list_of(about);
		entry->pool = mem_strdup(about->pool);
	}
	*notes->last = entry;
	notes->last = &entry->next;
}

static void tell_deprecated(struct notes *notes, const struct service *s)
{
	for (size_t i = 0; i < s->n_deprecated; i++) {
		struct decide_event old = { .event = EVENT_DEPRECATED };
		struct text t;

		text_init(&t, 512);
		text_addf(&t, "Service uses deprecated annotation metallb.universe.tf/%s",
			  s->deprecated[i]);
		old.message = t.s;
		notes_add(notes, s, &old);
		text_done(&t);
	}
}

void notes_tell(struct notes *notes, struct service *s, const struct decide_result *result)
{
	struct text failures;
	bool is_taken = s->n_stored > 0 && s->n_ip == 0 && !s->keeps, is_new;

	text_init(&failures, 8192);
	for (size_t i = 0; i < result->n_event; i++)
		if (event_is_state(result->event[i].event))
			text_addf(&failures, "%s\n", result->event[i].message);
	is_new = !str_equal(s->said, failures.s);
	for (size_t i = 0; i < result->n_event; i++)
		if (event_is_state(result->event[i].event) ? is_new : !is_taken || !s->is_taken)
			notes_add(notes, s, &result->event[i]);
	s->is_taken = is_taken;
	if (failures.n > 0 || result->allocated) {
		free(s->said);
		s->said = mem_strdup(failures.s);
	}
	text_done(&failures);
	if (result->allocated)
		tell_deprecated(notes, s);
}

bool notes_next(struct notes *notes, struct reconcile_note *out)
{
	struct notes_entry *entry = notes->first;

	entry_free(notes->given);
	notes->given = entry;
	if (!entry)
		return false;
	notes->first = entry->next;
	if (!notes->first)
		notes->last = &notes->first;
	*out = (struct reconcile_note){ .key = entry->key, .uid = entry->uid,
					.warning = event_is_warning(entry->event),
					.reason = event_reason(entry->event), .taken = entry->taken,
					.message = entry->message, .unique = entry->unique, .ip = entry->ip,
					.pool = entry->pool };
	return true;
}
