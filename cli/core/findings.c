/* findings - see findings.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/core/who.h"

#define SENTENCE_MAX_BYTES 4096

PRINTF_LIKE(2, 3)
static void add(struct overview *o, const char *format, ...)
{
	char sentence[SENTENCE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	view_words_add(&o->finding, sentence);
}

/* How a daemon is called in a sentence. */
static const char *name_of(const struct view_daemon *d)
{
	return d->node ? d->node : d->name;
}

/* ---- members ---- */

/* Those of the missed nodes whose page was read, or those whose page was not. */
static void name_missed(const struct overview *o, const struct overview_speaker *s, bool was_read,
			struct text *out)
{
	for (size_t i = 0; i < s->misses.n; i++) {
		const struct view_daemon *other = view_speaker_on(o->view, s->misses.at[i]);

		if ((other->status != NULL) == was_read)
			text_addf(out, "%s%s", out->n > 0 ? ", " : "", s->misses.at[i]);
	}
}

static void add_missed(struct overview *o, const struct overview_speaker *s, bool was_read)
{
	struct text missed;

	text_init(&missed, SENTENCE_MAX_BYTES / 2);
	name_missed(o, s, was_read, &missed);
	if (missed.n > 0 && was_read)
		add(o, "%s does not see %s: is port 7946 open between them, UDP and TCP?",
		    name_of(s->daemon), missed.s);
	else if (missed.n > 0)
		add(o, "%s does not see %s, and the page there could not be read: is the node down?",
		    name_of(s->daemon), missed.s);
	text_done(&missed);
}

static void add_members(struct overview *o)
{
	for (size_t i = 0; i < o->n_speaker; i++) {
		const struct overview_speaker *s = &o->speaker[i];

		if (!s->daemon->status)
			continue;
		if (s->daemon->status->ring.message)
			add(o, "%s: %s", name_of(s->daemon), s->daemon->status->ring.message);
		add_missed(o, s, true);
		add_missed(o, s, false);
	}
}

/* ---- what should be equal ---- */

typedef const char *field_fn(const struct view_status *status);

static const char *version_of(const struct view_status *s)
{
	return s->version;
}

static const char *config_of(const struct view_status *s)
{
	return s->config_hash;
}

/* Keys seal only in a ring; without one there is nothing to compare. */
static const char *key_of(const struct view_status *s)
{
	if (!s->ring.state || strcmp(s->ring.state, "off") == 0)
		return NULL;
	return s->ring.key_id.n > 0 ? s->ring.key_id.at[0] : "none";
}

/* The first daemon that differs from the first that says anything. */
static void add_difference(struct overview *o, field_fn *field, const char *what, const char *advice)
{
	const struct view_daemon *first = NULL;

	for (size_t c = VIEW_N_COMPONENTS; c-- > 0;) {
		const struct view_daemons *daemons = &o->view->daemon[c];

		for (size_t i = 0; i < daemons->n; i++) {
			const struct view_daemon *d = &daemons->at[i];
			const char *value = d->status ? field(d->status) : NULL;

			if (!value)
				continue;
			if (!first)
				first = d;
			if (strcmp(value, field(first->status)) == 0)
				continue;
			add(o, "%s differ: %s has %s, %s has %s: %s", what, first->name,
			    field(first->status), d->name, value, advice);
			return;
		}
	}
}

/* ---- each daemon for itself ---- */

static void add_daemon(struct overview *o, const struct view_daemon *d)
{
	const struct view_status *s = d->status;

	if (!s)
		return; /* gaps_of() names it */
	if (s->api_trouble)
		add(o, "%s cannot read the API: %s", d->name, s->api_trouble);
	for (size_t i = 0; i < s->denied.n; i++)
		add(o, "%s lacks a right: %s", d->name, s->denied.at[i]);
	if (!s->ready && !s->api_trouble)
		add(o, "%s is not ready", d->name);
}

static void add_config(struct overview *o)
{
	const struct view_status *s = o->leader ? o->leader->status : NULL;

	if (!s)
		return;
	if (s->config_error)
		add(o, "the configuration is refused%s: %s",
		    s->config_loaded ? ", an older one is in force" : "", s->config_error);
	else if (!s->config_loaded)
		add(o, "there is no configuration: apply one with address pools");
	else if (s->config_stale)
		add(o, "the configuration is gone, the last one stays in force: apply one again");
}

static void add_addresses(struct overview *o)
{
	struct who who;

	who_of(o->view, NULL, &who);
	for (size_t i = 0; i < who.n; i++) {
		char ip[IP_TEXT_MAX];

		if (who.row[i].trouble)
			add(o, "%s: %s (tinlb why %s)", ip_format(&who.row[i].t.ip, ip),
			    who.row[i].trouble, ip);
		o->n_answered += who.row[i].owner && who.row[i].t.n_announce <= 1;
	}
	o->n_address = who.n;
	who_done(&who);
}

void findings_add(struct overview *o)
{
	add_config(o);
	add_addresses(o);
	add_members(o);
	add_difference(o, config_of, "configurations", "it passes within seconds, or one cannot read it");
	add_difference(o, key_of, "the keys of the membership",
		       "make the Secret memberlist the same for all, and restart the speakers");
	add_difference(o, version_of, "versions", "finish the rollout");
	for (size_t c = 0; c < VIEW_N_COMPONENTS; c++)
		for (size_t i = 0; i < o->view->daemon[c].n; i++)
			add_daemon(o, &o->view->daemon[c].at[i]);
}
