/* status_page - see status_page.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/status_page.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define MAX_COLUMNS 9
#define MAX_TROUBLES 20 /* rows of a table that are named at the top */

const char status_page_style[] =
	":root{color-scheme:light dark}"
	"body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:90rem;padding:0 1rem 3rem;"
	"background:Canvas;color:CanvasText;overflow-wrap:break-word}"
	".skip{position:absolute;left:-100rem}.skip:focus{position:static}"
	":focus{outline:.2rem solid Highlight;outline-offset:.1rem}main:focus{outline:none}"
	"h1{font-size:1.6rem;margin:.5rem 0 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}"
	"nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:.5rem 0}"
	"nav a{display:inline-block;padding:.35rem 0}"
	"table{border-collapse:collapse;width:100%}"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid GrayText}"
	"th{white-space:nowrap}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}dd{margin:0}"
	".trouble{border-left:.4rem solid #c33;list-style:none;margin:0;padding:.1rem 0 .1rem .8rem}"
	".trouble li+li{margin-top:.5rem}"
	"@media(max-width:48rem){body{overflow-wrap:anywhere}"
	"thead{position:absolute;left:-100rem}table,tbody,tr,td,tbody th{display:block}"
	"tr{padding:.5rem 0;border-bottom:1px solid GrayText}"
	"td,tbody th{border:0;padding:.1rem 0;white-space:normal}"
	"td::before{content:attr(data-label) \": \";font-weight:bold}td.none{display:none}}";

/* ---- texts ---- */

static void add_text(struct text *t, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "&<>\"'");

		text_add_n(t, s, n);
		s += n;
		if (*s)
			text_addf(t, "&#%d;", *s++);
	}
}

static void add_value(struct text *t, const json_t *value);

static void add_list(struct text *t, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i > 0)
			text_add(t, ", ");
		if (!json_is_array(json_array_get(list, i)))
			add_value(t, json_array_get(list, i));
	}
}

static void add_value(struct text *t, const json_t *value)
{
	if (json_is_string(value))
		add_text(t, json_string_value(value));
	else if (json_is_integer(value))
		text_addf(t, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		text_add(t, json_is_true(value) ? "yes" : "no");
	else if (json_is_array(value))
		add_list(t, value);
}

static bool says_nothing(const json_t *value)
{
	return !value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_string(value) && !*json_string_value(value));
}

/* 2026-01-02T03:04:05Z, without what only machines need. */
static void add_time(struct text *t, const char *time)
{
	char shown[32];

	snprintf(shown, sizeof(shown), "%.10s %.8s", time, strlen(time) > 11 ? time + 11 : "");
	text_add(t, "<time datetime=\"");
	add_text(t, time);
	text_add(t, "\">");
	add_text(t, shown);
	text_add(t, "</time>");
}

/* ---- tables ---- */

struct column {
	const char *title, *field;
	const char *also; /* a second field in the same cell, or NULL */
};

struct table {
	const char *id, *title, *empty; /* id: key of the list in the JSON */
	struct column column[MAX_COLUMNS]; /* up to the first without a title; the first one names the row */
};

static const struct table tables[] = {
	{ "addresses", "Addresses", "No service has an address.",
	  { { "Address", "ip", NULL }, { "Services", "services", NULL }, { "State", "state", NULL },
	    { "Owner", "owner", NULL }, { "Next", "next", NULL }, { "Since (UTC)", "since", NULL },
	    { "Reason", "reason", "message" }, { "Claimed by", "claimants", NULL }, { "Pool", "pool", NULL } } },
	{ "services", "Services", "Nothing to tell about services.",
	  { { "Service", "service", NULL }, { "Addresses", "addresses", NULL },
	    { "Reason", "reason", "message" } } },
	{ "pools", "Pools", "There are no pools.",
	  { { "Pool", "name", NULL }, { "In use", "used", NULL }, { "Addresses", "size", NULL } } },
	{ "members", "Members", "No speakers are known.",
	  { { "Node", "name", NULL }, { "Alive", "alive", NULL }, { "This one", "self", NULL } } },
	{ "links", "Interfaces", "No interfaces are known.",
	  { { "Name", "name", NULL }, { "Hardware address", "mac", NULL }, { "Usable", "usable", NULL } } },
	{ "history", "Last changes", "Nothing has changed since the start.",
	  { { "Time (UTC)", "time", NULL }, { "About", "about", NULL }, { "Event", "event", NULL },
	    { "What happened", "message", NULL } } },
};

/* Does any row have something to say in this column? */
static bool is_used(const struct column *column, const json_t *rows)
{
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (!says_nothing(json_object_get(json_array_get(rows, i), column->field)))
			return true;
	return false;
}

static void add_cell(struct text *t, const struct column *column, const json_t *row, bool first)
{
	const json_t *value = json_object_get(row, column->field);
	const json_t *also = column->also ? json_object_get(row, column->also) : NULL;
	bool is_time = strncmp(column->title, "Time", 4) == 0 || strncmp(column->title, "Since", 5) == 0;

	if (first)
		text_add(t, "<th role=\"rowheader\" scope=\"row\">");
	else
		text_addf(t, "<td role=\"cell\" data-label=\"%s\"%s>", column->title,
			  says_nothing(value) ? " class=\"none\"" : "");
	if (is_time && json_is_string(value))
		add_time(t, json_string_value(value));
	else
		add_value(t, value);
	if (!says_nothing(also)) {
		text_add(t, ": ");
		add_value(t, also);
	}
	text_add(t, first ? "</th>" : "</td>");
}

static void add_rows(struct text *t, const struct table *table, const json_t *rows)
{
	bool used[MAX_COLUMNS];

	text_addf(t, "<table role=\"table\" aria-labelledby=\"%s\"><thead role=\"rowgroup\"><tr role=\"row\">",
		  table->id);
	for (size_t i = 0; i < MAX_COLUMNS && table->column[i].title; i++) {
		used[i] = i == 0 || is_used(&table->column[i], rows);
		if (used[i])
			text_addf(t, "<th role=\"columnheader\" scope=\"col\">%s</th>", table->column[i].title);
	}
	text_add(t, "</tr></thead><tbody role=\"rowgroup\">\n");
	for (size_t k = 0; k < json_array_size(rows); k++) {
		text_add(t, "<tr role=\"row\">");
		for (size_t i = 0; i < MAX_COLUMNS && table->column[i].title; i++)
			if (used[i])
				add_cell(t, &table->column[i], json_array_get(rows, k), i == 0);
		text_add(t, "</tr>\n");
	}
	text_add(t, "</tbody></table>");
}

static void add_table(struct text *t, const struct table *table, const json_t *rows)
{
	text_addf(t, "<section><h2 id=\"%s\">%s</h2>", table->id, table->title);
	if (json_array_size(rows) == 0)
		text_addf(t, "<p>%s</p>", table->empty);
	else
		add_rows(t, table, rows);
	text_add(t, "</section>\n");
}

/* ---- single facts ---- */

struct fact {
	const char *title, *object, *field; /* object: NULL for the top */
};

static const json_t *find(const json_t *status, const struct fact *fact)
{
	const json_t *in = fact->object ? json_object_get(status, fact->object) : status;

	return json_object_get(in, fact->field);
}

static void add_facts(struct text *t, const json_t *status)
{
	static const struct fact facts[] = {
		{ "Version", NULL, "version" }, { "Ready", NULL, "ready" }, { "Role", NULL, "role" },
		{ "Leader", NULL, "leader" }, { "Configuration", "config", "source" },
		{ "Configuration hash", "config", "hash" }, { "API server", "api", "server" },
		{ "Membership", "ring", "state" }, { "Key ids", "ring", "keyIds" },
		{ "Tables that differ", "ring", "tablesDiffer" }, { "Nodes", "agent", "nodes" },
		{ "Events written", "agent", "eventsSent" }, { "Events dropped", "agent", "eventsDropped" },
		{ "ARP frames seen", "announcer", "framesSeen" },
		{ "ARP frames lost", "announcer", "framesDropped" },
		{ "Restarts of the agent", "announcer", "agentRestarts" },
	};

	text_add(t, "<section><h2 id=\"process\">This process</h2><dl>\n");
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		const json_t *value = find(status, &facts[i]);

		if (says_nothing(value))
			continue;
		text_addf(t, "<dt>%s</dt><dd>", facts[i].title);
		add_value(t, value);
		text_add(t, "</dd>\n");
	}
	text_add(t, "</dl></section>\n");
}

static void add_trouble(struct text *t, const char *title, const json_t *what)
{
	if (says_nothing(what) || json_is_array(what))
		return;
	text_add(t, "<li><strong>");
	add_text(t, title);
	text_add(t, ":</strong> ");
	add_value(t, what);
	text_add(t, "</li>\n");
}

/* An address that nobody answers for, or a service that waits for one. */
static bool is_in_need(const json_t *row)
{
	const char *state = json_string_value(json_object_get(row, "state"));
	const char *reason = json_string_value(json_object_get(row, "reason"));

	if (state)
		return strcmp(state, "withheld") == 0;
	return reason && strcmp(reason, "standby") != 0;
}

/* name: the field that names a row. */
static void add_needy(struct text *t, const json_t *rows, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i), *message = json_object_get(row, "message");
		const char *title = json_string_value(json_object_get(row, name));

		if (!title || !is_in_need(row) || n++ >= MAX_TROUBLES)
			continue;
		add_trouble(t, title, says_nothing(message) ? json_object_get(row, "reason") : message);
	}
	if (n > MAX_TROUBLES)
		text_addf(t, "<li>and %zu more, see below</li>\n", n - MAX_TROUBLES);
}

/* Sentences that say what is wrong; none: a sentence that says so. */
static void add_troubles(struct text *out, const json_t *status)
{
	static const struct fact troubles[] = {
		{ "Configuration", "config", "error" }, { "API server", "api", "trouble" },
		{ "Not allowed", "api", "denied" }, { "Membership", "ring", "message" },
		{ "Note", NULL, "notes" },
	};
	struct text list, *t = &list;

	text_init(t, out->max);
	for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
		const json_t *value = find(status, &troubles[i]);

		add_trouble(t, troubles[i].title, value);
		for (size_t k = 0; k < json_array_size(value); k++)
			add_trouble(t, troubles[i].title, json_array_get(value, k));
	}
	add_needy(t, json_object_get(status, "addresses"), "ip");
	if (!json_object_get(status, "node")) /* a speaker's services have their addresses above */
		add_needy(t, json_object_get(status, "services"), "service");
	text_add(out, "<section><h2 id=\"attention\">Needs attention</h2>");
	if (t->n > 0)
		text_addf(out, "<ul class=\"trouble\">\n%s</ul></section>\n", t->s);
	else
		text_add(out, "<p>Nothing.</p></section>\n");
	text_done(t);
}

/* ---- the page ---- */

static void add_title(struct text *t, const json_t *status)
{
	const json_t *node = json_object_get(status, "node");

	text_add(t, "TinLB ");
	add_value(t, json_object_get(status, "component"));
	if (says_nothing(node))
		return;
	text_add(t, " on ");
	add_value(t, node);
}

static void add_head(struct text *t, const json_t *status)
{
	text_add(t, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		 "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		 "<meta name=\"color-scheme\" content=\"light dark\"><title>");
	add_title(t, status);
	text_addf(t, "</title><style>%s</style></head>\n<body><a class=\"skip\" href=\"#main\">Skip to the "
		  "content</a><header><h1>", status_page_style);
	add_title(t, status);
	text_add(t, "</h1><nav aria-label=\"Sections\"><ul><li><a href=\"#attention\">Needs attention</a></li>");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		if (json_object_get(status, tables[i].id))
			text_addf(t, "<li><a href=\"#%s\">%s</a></li>", tables[i].id, tables[i].title);
	text_add(t, "<li><a href=\"#process\">This process</a></li><li><a href=\"/status\">JSON</a></li>"
		 "<li><a href=\"/metrics\">Metrics</a></li></ul></nav></header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

int status_page_write(const char *json, size_t n, struct text *out_html)
{
	json_t *status = json_loadb(json, n, 0, NULL);

	if (!json_is_object(status)) {
		json_decref(status);
		return -EPROTO;
	}
	add_head(out_html, status);
	add_troubles(out_html, status);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		if (json_object_get(status, tables[i].id))
			add_table(out_html, &tables[i], json_object_get(status, tables[i].id));
	add_facts(out_html, status);
	text_add(out_html, "</main></body></html>\n");
	json_decref(status);
	return 0;
}
