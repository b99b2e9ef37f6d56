/* moves_json - see moves_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/moves_json.h"

#include <stdlib.h>
#include <string.h>

#include "cli/wire/head_json.h"
#include "common/core/json_text.h"

/* They stand in one text, by commas. */
static void write_services(struct text *t, const char *services)
{
	json_text_open(t, "services", '[');
	while (services && *services) {
		size_t n = strcspn(services, ",");
		char *one = mem_strndup(services, n);

		json_text_string(t, NULL, one);
		free(one);
		services += n;
		services += strspn(services, ", ");
	}
	json_text_close(t, ']');
}

void moves_json_write(const struct move *move, int64_t now_us, struct text *out_json)
{
	static const struct view_words none;
	char ip[IP_TEXT_MAX];

	head_json_open(out_json, "watch", &none);
	head_json_time(out_json, "time", now_us);
	json_text_string(out_json, "ip", ip_format(&move->ip, ip));
	write_services(out_json, move->services);
	json_text_string(out_json, "from", move->from);
	json_text_string(out_json, "to", move->to);
	json_text_string(out_json, "reason", move->reason);
	json_text_bool(out_json, "first", move->is_first);
	json_text_bool(out_json, "gone", move->is_gone);
	head_json_close(out_json);
}
