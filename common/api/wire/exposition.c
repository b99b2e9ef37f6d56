/* exposition - see exposition.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/exposition.h"

#include <inttypes.h>
#include <stdlib.h>

void exposition_head(struct text *out_text, const char *name, const char *type, const char *help)
{
	text_addf(out_text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void exposition_histogram(struct text *out_text, const char *name, const struct histogram *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < HISTOGRAM_CLASSES - 1; i++) {
		sum += h->n[i];
		text_addf(out_text, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
			  histogram_bound_ms(i) / 1000.0, sum);
	}
	sum += h->n[HISTOGRAM_CLASSES - 1];
	text_addf(out_text, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n%s_count %" PRIu64 "\n", name,
		  sum, name, (double)h->sum_us / 1e6, name, sum);
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
