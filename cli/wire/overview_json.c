/* overview_json - see overview_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/overview_json.h"

#include "cli/wire/head_json.h"
#include "common/core/json_text.h"

static void write_pools(struct text *t, const struct view_status *s)
{
	json_text_open(t, "pools", '[');
	for (size_t i = 0; s && i < s->n_pool; i++) {
		json_text_open(t, NULL, '{');
		json_text_string(t, "name", s->pool[i].name);
		json_text_number(t, "size", s->pool[i].size);
		json_text_number(t, "used", s->pool[i].used);
		json_text_number(t, "free", overview_free(&s->pool[i]));
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
}

static void write_waiting(struct text *t, const struct overview *o)
{
	json_text_open(t, "waiting", '[');
	for (size_t i = 0; i < o->n_waiting; i++) {
		json_text_open(t, NULL, '{');
		json_text_string(t, "service", o->waiting[i]->key);
		json_text_string(t, "reason", o->waiting[i]->reason);
		json_text_string(t, "message", o->waiting[i]->message);
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
}

static void write_speaker(struct text *t, const struct overview_speaker *s)
{
	const struct view_status *status = s->daemon->status;

	json_text_open(t, NULL, '{');
	json_text_string(t, "name", s->daemon->name);
	json_text_string(t, "node", s->daemon->node);
	json_text_bool(t, "read", status != NULL);
	json_text_bool(t, "ready", status && status->ready);
	json_text_string(t, "version", status ? status->version : NULL);
	json_text_number(t, "announces", (int64_t)s->n_announced);
	json_text_string(t, "ring", status ? status->ring.state : NULL);
	head_json_words(t, "sees", &s->sees);
	head_json_words(t, "misses", &s->misses);
	json_text_string(t, "configHash", status ? status->config_hash : NULL);
	json_text_close(t, '}');
}

static void write_controllers(struct text *t, const struct view_daemons *controllers)
{
	json_text_open(t, "controllers", '[');
	for (size_t i = 0; i < controllers->n; i++) {
		const struct view_status *status = controllers->at[i].status;

		json_text_open(t, NULL, '{');
		json_text_string(t, "name", controllers->at[i].name);
		json_text_bool(t, "read", status != NULL);
		json_text_bool(t, "ready", status && status->ready);
		json_text_string(t, "version", status ? status->version : NULL);
		json_text_string(t, "role", status ? status->role : NULL);
		json_text_string(t, "configHash", status ? status->config_hash : NULL);
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
}

void overview_json_write(const struct overview *o, const struct view_words *gaps,
			 struct text *out_json)
{
	head_json_open(out_json, "status", gaps);
	write_pools(out_json, o->leader ? o->leader->status : NULL);
	write_waiting(out_json, o);
	write_controllers(out_json, &o->view->daemon[VIEW_CONTROLLER]);
	json_text_open(out_json, "speakers", '[');
	for (size_t i = 0; i < o->n_speaker; i++)
		write_speaker(out_json, &o->speaker[i]);
	json_text_close(out_json, ']');
	json_text_number(out_json, "addresses", (int64_t)o->n_address);
	json_text_number(out_json, "answered", (int64_t)o->n_answered);
	json_text_open(out_json, "findings", '[');
	for (size_t i = 0; i < o->doctor.n; i++)
		json_text_string(out_json, NULL, o->doctor.at[i].sentence);
	json_text_close(out_json, ']');
	head_json_close(out_json);
}
