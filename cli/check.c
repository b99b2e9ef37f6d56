/* check - see check.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <stdlib.h>
#include <string.h>

#include "cli/core/grid.h"
#include "cli/io/surroundings.h"
#include "cli/wire/check_json.h"
#include "common/io/files.h"

#define FILE_MAX_BYTES (16u * 1024 * 1024)
#define ALL_MAX_BYTES (64u * 1024 * 1024)
#define LINE_MAX_BYTES 8192

static bool add_file(struct command_context *c, struct joined *files, const char *name)
{
	bool is_input = strcmp(name, "-") == 0;
	char *bytes;
	size_t n;
	int rc = is_input ? surroundings_read_input(FILE_MAX_BYTES, &bytes, &n) :
			    files_read(name, FILE_MAX_BYTES, &bytes, &n);

	if (rc != 0) {
		text_addf(&c->errors, "%s: %s", name, strerror(-rc));
		return false;
	}
	joined_add(files, is_input ? "standard input" : name, bytes, n);
	free(bytes);
	if (text_is_cut(&files->text))
		text_addf(&c->errors, "%s: the files together are larger than 64 MiB", name);
	return !text_is_cut(&files->text);
}

/* file:line: object: path: what is wrong and what to write instead */
static void say_error(struct command_context *c, const struct joined *files,
		      const struct config_error *e)
{
	struct text t;
	unsigned line;
	const char *file = joined_find(files, e->line, &line);

	text_init(&t, LINE_MAX_BYTES);
	if (file && line > 0)
		text_addf(&t, "%s:%u: ", file, line);
	else if (file)
		text_addf(&t, "%s: ", file);
	if (e->object)
		text_addf(&t, "%s: ", e->object);
	text_addf(&t, "%s%s%s\n", e->path, *e->path ? ": " : "", e->text);
	grid_paint(&c->out, t.s, GRID_PLAIN, false);
	text_done(&t);
}

static void say(struct command_context *c, const struct joined *files,
		const struct config_errors *errors, const struct convert_counts *counts)
{
	for (size_t i = 0; i < errors->n; i++)
		say_error(c, files, &errors->at[i]);
	if (errors->n_more > 0)
		text_addf(&c->out, "and %zu more\n", errors->n_more);
	if (errors->n == 0)
		text_addf(&c->out, "nothing is wrong: %zu %s, %zu %s\n", counts->n_pool,
			  counts->n_pool == 1 ? "pool" : "pools", counts->n_advert,
			  counts->n_advert == 1 ? "advertisement" : "advertisements");
}

/* The result goes to standard output, what is to be known about it to standard error. */
static int convert(struct command_context *c, const struct convert_source *source)
{
	const char *namespace = source->namespace ? source->namespace :
						    arguments_text(c->arguments, "namespace");

	if (source->form == CONVERT_OBJECTS)
		return convert_to_map(source->config, namespace, &c->out, &c->errors);
	convert_to_objects(source->config, namespace, &c->out, &c->errors);
	return 0;
}

/* In the order of the lines; what has none comes last. */
static void sort(struct config_errors *errors)
{
	for (size_t i = 1; i < errors->n; i++) {
		const struct config_error e = errors->at[i];
		size_t at = i;

		for (; at > 0 && errors->at[at - 1].line - 1 > e.line - 1; at--)
			errors->at[at] = errors->at[at - 1];
		errors->at[at] = e;
	}
}

static enum command_status run_convert(struct command_context *c, const struct joined *files)
{
	struct config_errors errors = { 0 };
	struct convert_source source;
	enum command_status status = COMMAND_BROKEN;

	if (convert_read(files->text.s, files->text.n, &source, &errors) == 0) {
		if (convert(c, &source) == 0)
			status = COMMAND_OK;
		convert_source_done(&source);
	} else {
		sort(&errors);
		say(c, files, &errors, NULL);
		text_add(&c->errors, c->out.s);
		text_clear(&c->out);
	}
	config_errors_done(&errors);
	return status;
}

static enum command_status run_check(struct command_context *c, const struct joined *files)
{
	struct config_errors errors = { 0 };
	struct convert_counts counts = { 0 };
	int rc = convert_check(files->text.s, files->text.n, &counts, &errors);

	sort(&errors);
	if (c->json)
		check_json_write(files, &errors, &counts, &c->out);
	else
		say(c, files, &errors, &counts);
	config_errors_done(&errors);
	return rc == 0 ? COMMAND_OK : COMMAND_BROKEN;
}

enum command_status check_run(struct command_context *c)
{
	const struct view_words *names = &c->arguments->operand;
	enum command_status status = COMMAND_UNKNOWN;
	struct joined files;
	bool all = true;

	joined_init(&files, ALL_MAX_BYTES);
	for (size_t i = 0; i < names->n && all; i++)
		all = add_file(c, &files, names->at[i]);
	if (all && arguments_is_on(c->arguments, "convert"))
		status = run_convert(c, &files);
	else if (all)
		status = run_check(c, &files);
	joined_done(&files);
	return status;
}
