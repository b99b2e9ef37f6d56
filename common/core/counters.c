/* counters - see counters.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/counters.h"

#include <stdlib.h>

#include "common/core/text.h"

#define LABELS_MAX_BYTES 4096

struct counters_family *counters_add(struct counters *c, const char *name,
				     enum counters_type type, const char *help)
{
	struct counters_family *family = mem_new(1, sizeof(*family));
	struct counters_family **at = &c->first;

	*family = (struct counters_family){ .name = name, .help = help, .type = type };
	while (*at)
		at = &(*at)->next;
	*at = family;
	return family;
}

void counters_done(struct counters *c)
{
	while (c->first) {
		struct counters_family *family = c->first;

		c->first = family->next;
		strmap_done_values(&family->series);
		free(family);
	}
}

/* Exposition format: backslash, quote and line feed are escaped. */
static void add_escaped(struct text *t, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			text_add(t, "\\n");
		else if (*value == '\\' || *value == '"')
			text_addf(t, "\\%c", *value);
		else
			text_add_n(t, value, 1);
	}
}

static char *series_key(const struct counters_labels *label, size_t n_label)
{
	struct text t;

	text_init(&t, LABELS_MAX_BYTES);
	for (size_t i = 0; i < n_label; i++) {
		text_addf(&t, "%s%s=\"", i ? "," : "", label[i].name);
		add_escaped(&t, label[i].value);
		text_add(&t, "\"");
	}
	return text_take(&t);
}

/* Where the series keeps its value; made at 0 when it is not there. */
static double *series_at(struct counters_family *f, const struct counters_labels *label,
			 size_t n_label)
{
	char *key = series_key(label, n_label);
	double *value = strmap_get(&f->series, key);

	if (!value) {
		value = mem_new(1, sizeof(*value));
		strmap_put(&f->series, key, value);
	}
	free(key);
	return value;
}

void counters_set(struct counters_family *f, const struct counters_labels *label, size_t n_label,
		  double value)
{
	*series_at(f, label, n_label) = value;
}

void counters_increase(struct counters_family *f, const struct counters_labels *label,
		       size_t n_label, double by)
{
	*series_at(f, label, n_label) += by;
}
