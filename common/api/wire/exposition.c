/* exposition - see exposition.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/exposition.h"

#include <stdlib.h>

void exposition_head(struct text *out_text, const char *name, const char *type, const char *help)
{
	text_addf(out_text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_family(struct text *out, const struct counters_family *family)
{
	const char **key = strmap_sorted_keys(&family->series);

	exposition_head(out, family->name, family->type == COUNTERS_COUNTER ? "counter" : "gauge",
			family->help);
	for (size_t i = 0; i < family->series.n; i++) {
		const double *value = strmap_get(&family->series, key[i]);

		if (*key[i])
			text_addf(out, "%s{%s} %.17g\n", family->name, key[i], *value);
		else
			text_addf(out, "%s %.17g\n", family->name, *value);
	}
	free(key);
}

void exposition_add(struct text *out_text, const struct counters *counters)
{
	for (const struct counters_family *f = counters->first; f; f = f->next)
		add_family(out_text, f);
}
