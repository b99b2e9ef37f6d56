/* why_json - see why_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/why_json.h"

#include "cli/wire/head_json.h"
#include "common/core/json_text.h"

static void write_one(struct text *t, const struct why *why)
{
	json_text_open(t, NULL, '{');
	json_text_string(t, "subject", why->subject);
	json_text_string(t, "state", why_state_word(why_state(why)));
	json_text_string(t, "verdict", why->verdict);
	json_text_open(t, "chain", '[');
	for (enum why_link i = 0; i < WHY_N_LINKS; i++) {
		json_text_open(t, NULL, '{');
		json_text_string(t, "link", why_link_word(i));
		json_text_string(t, "state", why_state_word(why->step[i].state));
		json_text_string(t, "reason", why->step[i].reason);
		json_text_string(t, "message", why->step[i].sentence);
		json_text_string(t, "remedy", why->step[i].advice);
		json_text_close(t, '}');
	}
	json_text_close(t, ']');
	json_text_close(t, '}');
}

void why_json_write(const struct why *why, size_t n, const struct view_words *gaps,
		    struct text *out_json)
{
	head_json_open(out_json, "why", gaps);
	json_text_open(out_json, "answers", '[');
	for (size_t i = 0; i < n; i++)
		write_one(out_json, &why[i]);
	json_text_close(out_json, ']');
	head_json_close(out_json);
}
