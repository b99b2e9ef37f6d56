/* who_json - see who_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/who_json.h"

#include "cli/wire/head_json.h"
#include "common/core/json_text.h"

static void write_services(struct text *t, const struct together *together)
{
	const struct view_address *known = together->any ? together->any : together->given;

	head_json_words(t, "services", known ? &known->service : NULL);
}

static void write_interfaces(struct text *t, const struct together *together)
{
	json_text_open(t, "interfaces", '[');
	for (size_t i = 0; together->own && i < together->own->interface.n; i++) {
		const char *name = together->own->interface.at[i];

		json_text_open(t, NULL, '{');
		json_text_string(t, "name", name);
		json_text_string(t, "mac", view_mac(together->announcer->status, name));
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
}

static void write_row(struct text *t, const struct who_row *row)
{
	const struct together *together = &row->t;
	char ip[IP_TEXT_MAX];

	json_text_open(t, NULL, '{');
	json_text_string(t, "ip", ip_format(&together->ip, ip));
	write_services(t, together);
	json_text_string(t, "node", row->owner);
	json_text_bool(t, "hearsay", row->is_hearsay);
	write_interfaces(t, together);
	head_json_time(t, "since", together->own ? together->own->since_us : 0);
	json_text_string(t, "next", together->any ? together->any->next : NULL);
	json_text_number(t, "announcers", (int64_t)together->n_announce);
	json_text_string(t, "reason", row->reason);
	json_text_string(t, "trouble", row->trouble);
	json_text_close(t, '}');
}

void who_json_write(const struct who *who, const struct view_words *gaps, struct text *out_json)
{
	head_json_open(out_json, "who", gaps);
	json_text_open(out_json, "addresses", '[');
	for (size_t i = 0; i < who->n; i++)
		write_row(out_json, &who->row[i]);
	json_text_close(out_json, ']');
	head_json_close(out_json);
}
