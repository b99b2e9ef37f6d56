/* head_json - see head_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/head_json.h"

#include "common/api/wire/kube_time.h"
#include "common/core/json_text.h"

void head_json_words(struct text *out_json, const char *key, const struct view_words *words)
{
	json_text_open(out_json, key, '[');
	for (size_t i = 0; words && i < words->n; i++)
		json_text_string(out_json, NULL, words->at[i]);
	json_text_close(out_json, ']');
}

void head_json_time(struct text *out_json, const char *key, int64_t us)
{
	char time[KUBE_TIME_MAX];

	json_text_string(out_json, key, us > 0 ? kube_time_format(us, time) : NULL);
}

void head_json_open(struct text *out_json, const char *command, const struct view_words *gaps)
{
	json_text_open(out_json, NULL, '{');
	json_text_number(out_json, "schema", HEAD_JSON_SCHEMA);
	json_text_string(out_json, "command", command);
	json_text_bool(out_json, "complete", gaps->n == 0);
	head_json_words(out_json, "missing", gaps);
}

void head_json_close(struct text *out_json)
{
	json_text_close(out_json, '}');
	text_add(out_json, "\n");
}
