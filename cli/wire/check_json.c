/* check_json - see check_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wire/check_json.h"

#include "cli/wire/head_json.h"
#include "common/core/json_text.h"

void check_json_write(const struct joined *files, const struct config_errors *errors,
		      const struct convert_counts *counts, struct text *out_json)
{
	static const struct view_words none;

	head_json_open(out_json, "check", &none);
	json_text_number(out_json, "pools", (int64_t)counts->n_pool);
	json_text_number(out_json, "advertisements", (int64_t)counts->n_advert);
	json_text_open(out_json, "errors", '[');
	for (size_t i = 0; i < errors->n; i++) {
		const struct config_error *e = &errors->at[i];
		unsigned line;
		const char *file = joined_find(files, e->line, &line);

		json_text_open(out_json, NULL, '{');
		json_text_string(out_json, "file", file);
		if (line > 0)
			json_text_number(out_json, "line", line);
		else
			json_text_null(out_json, "line");
		json_text_string(out_json, "object", e->object);
		json_text_string(out_json, "path", e->path);
		json_text_string(out_json, "message", e->text);
		json_text_close(out_json, '}');
	}
	json_text_close(out_json, ']');
	json_text_number(out_json, "more", (int64_t)errors->n_more);
	head_json_close(out_json);
}
