/* arguments - see arguments.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct flags_option options[ARGUMENTS_N_OPTIONS] = {
	{ .name = "kubeconfig", .kind = FLAGS_TEXT,
	  .help = "kubeconfig file; default: KUBECONFIG, ~/.kube/config, the pod's account" },
	{ .name = "context", .kind = FLAGS_TEXT,
	  .help = "context of the kubeconfig file; default: its current one" },
	{ .name = "server", .kind = FLAGS_TEXT,
	  .help = "URL of the API, without credentials: that of `kubectl proxy`" },
	{ .name = "namespace", .kind = FLAGS_TEXT, .preset = "metallb-system",
	  .help = "where TinLB is installed; check: of what --convert writes" },
	{ .name = "config", .kind = FLAGS_TEXT, .preset = "config",
	  .help = "name of the ConfigMap with the address pools" },
	{ .name = "speaker", .kind = FLAGS_TEXT,
	  .help = "HOST[:PORT] of a speaker to ask instead of the API; may be repeated" },
	{ .name = "controller", .kind = FLAGS_TEXT, .help = "the same for a controller" },
	{ .name = "timeout", .kind = FLAGS_NUMBER, .preset = "5", .low = 1, .high = 300,
	  .help = "seconds after which what has not answered is left out" },
	{ .name = "output", .kind = FLAGS_TEXT, .preset = "text", .help = "text or json; also -o" },
	{ .name = "node", .kind = FLAGS_TEXT, .help = "why: this node's part in it; doctor: what is about it" },
	{ .name = "convert", .kind = FLAGS_SWITCH, .preset = "false",
	  .help = "check: write the configuration in the other form" },
};

const char *const arguments_own[ARGUMENTS_N_OWN] = { "node", "convert" };

struct split {
	struct arguments *arguments;
	bool has_n; /* -n */
	char **option; /* those for flags_parse(); its strings are owned */
	size_t n_option;
};

static bool is_switch(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return options[i].kind == FLAGS_SWITCH;
	return strcmp(name, "help") == 0 || strcmp(name, "h") == 0;
}

static struct view_words *list_of(struct arguments *a, const char *name)
{
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		if (strcmp(name, view_component_word(i)) == 0)
			return &a->direct[i];
	return NULL;
}

/* One option. How many arguments it took: 1 or 2. */
static size_t take_option(struct split *s, char *const *argv)
{
	const char *word = argv[0] + 1 + (argv[0][1] == '-');
	const char *equals = strchr(word, '=');
	char *name = equals ? mem_strndup(word, (size_t)(equals - word)) : mem_strdup(word);
	const char *value = equals ? equals + 1 : NULL;
	const char *full = strcmp(name, "o") == 0 ? "output" : name;
	struct view_words *list;
	struct text t;
	size_t used = 1;

	s->has_n |= strcmp(name, "n") == 0;
	if (!value && !is_switch(full) && argv[1]) {
		value = argv[1];
		used = 2;
	}
	list = list_of(s->arguments, full);
	if (list && value && *value) {
		if (!view_words_has(list, value)) /* asked twice it would count for two */
			view_words_add(list, value);
	} else {
		text_init(&t, strlen(full) + (value ? strlen(value) : 0) + 4);
		text_addf(&t, value ? "--%s=%s" : "--%s", full, value);
		s->option[s->n_option++] = text_take(&t);
	}
	free(name);
	return used;
}

static void split(struct split *s, char *const *argv)
{
	struct arguments *a = s->arguments;
	bool only_operands = false;

	while (*argv) {
		if (!only_operands && (*argv)[0] == '-' && (*argv)[1] != '\0') {
			only_operands = strcmp(*argv, "--") == 0;
			argv += only_operands ? 1 : take_option(s, argv);
		} else if (!a->command) {
			a->command = *argv++;
		} else {
			view_words_add(&a->operand, *argv++);
		}
	}
}

int arguments_parse(struct arguments *out_arguments, char *const *argv, flags_lookup_fn *lookup,
		    struct text *out_error)
{
	struct split s = { .arguments = out_arguments };
	size_t n = 0;
	int rc;

	*out_arguments = (struct arguments){ 0 };
	memcpy(out_arguments->option, options, sizeof(options));
	while (argv[n])
		n++;
	s.option = mem_new(n + 1, sizeof(*s.option));
	split(&s, argv);
	rc = flags_parse(out_arguments->option, ARGUMENTS_N_OPTIONS, s.option, lookup, out_error);
	if (rc == -EINVAL && s.has_n) {
		text_clear(out_error);
		text_add(out_error, "-n is not taken: name a service as NAMESPACE/NAME; where TinLB is "
			 "installed is --namespace");
	}
	for (size_t i = 0; i < ARGUMENTS_N_OPTIONS; i++) {
		struct flags_option *o = &out_arguments->option[i];

		o->text = mem_strdup(o->text); /* it points into what is freed now */
	}
	for (size_t i = 0; i < s.n_option; i++)
		free(s.option[i]);
	free(s.option);
	return rc;
}

void arguments_done(struct arguments *a)
{
	for (size_t i = 0; i < ARGUMENTS_N_OPTIONS; i++)
		free((char *)(uintptr_t)a->option[i].text);
	for (size_t i = 0; i < VIEW_N_COMPONENTS; i++)
		view_words_done(&a->direct[i]);
	view_words_done(&a->operand);
	*a = (struct arguments){ 0 };
}

const char *arguments_text(const struct arguments *a, const char *name)
{
	return flags_find(a->option, ARGUMENTS_N_OPTIONS, name)->text;
}

bool arguments_is_on(const struct arguments *a, const char *name)
{
	return flags_find(a->option, ARGUMENTS_N_OPTIONS, name)->on;
}

static bool is_own(const char *name)
{
	for (size_t i = 0; i < ARGUMENTS_N_OWN; i++)
		if (strcmp(arguments_own[i], name) == 0)
			return true;
	return false;
}

void arguments_usage(const char *own, bool offline, struct text *out_text)
{
	for (size_t i = 0; i < ARGUMENTS_N_OPTIONS; i++) {
		const char *name = options[i].name;
		bool fits = is_own(name) ? !own || strcmp(own, name) == 0 :
			    !offline || strcmp(name, "output") == 0 || strcmp(name, "namespace") == 0;

		if (fits)
			flags_usage(&options[i], 1, out_text);
	}
}

void arguments_names(struct text *out_text)
{
	for (size_t i = 0; i < ARGUMENTS_N_OPTIONS; i++)
		text_addf(out_text, "%s--%s", i > 0 ? " " : "", options[i].name);
}
