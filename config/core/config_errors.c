/* config_errors - see config_errors.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX_BYTES 2048

static void add(struct config_errors *errors, const struct config_place *place, const char *text)
{
	if (errors->n >= CONFIG_MAX_ERRORS) {
		errors->n_more++;
		return;
	}
	errors->at = mem_grow(errors->at, errors->n, &errors->cap, sizeof(*errors->at));
	errors->at[errors->n++] = (struct config_error){
		.line = place->line,
		.path = mem_strdup(place->path),
		.text = mem_strdup(text),
		.object = mem_strdup(place->object),
	};
}

void config_error_at(struct config_errors *errors, const struct config_place *place,
		     const char *format, ...)
{
	char text[TEXT_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(errors, place, text);
}

void config_error_add(struct config_errors *errors, unsigned line, const char *path,
		      const char *format, ...)
{
	const struct config_place place = { .line = line, .path = path };
	char text[TEXT_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(errors, &place, text);
}

void config_errors_done(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		free(errors->at[i].path);
		free(errors->at[i].text);
		free(errors->at[i].object);
	}
	free(errors->at);
	*errors = (struct config_errors){ 0 };
}

void config_errors_format(const struct config_errors *errors, struct text *out_text)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct config_error *e = &errors->at[i];

		if (i > 0)
			text_add(out_text, "; ");
		if (e->object)
			text_addf(out_text, "%s: ", e->object);
		if (e->line > 0)
			text_addf(out_text, "line %u: ", e->line);
		text_addf(out_text, "%s%s%s", e->path, *e->path ? ": " : "", e->text);
	}
	if (errors->n_more > 0)
		text_addf(out_text, "; and %zu more", errors->n_more);
}
