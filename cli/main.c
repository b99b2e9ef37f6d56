/* main - tinlb: asks a cluster who answers for an address, and why not */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "cli/commands.h"
#include "cli/core/completion.h"
#include "cli/core/grid.h"
#include "cli/io/surroundings.h"
#include "cli/watch.h"
#include "common/io/loop.h"

#define OUT_MAX_BYTES (256u * 1024 * 1024)
#define SENTENCE_MAX_BYTES 8192
#define PAGES VIEW_BIT(VIEW_STATUS)
#define EVERYTHING (PAGES | VIEW_BIT(VIEW_SERVICES) | VIEW_BIT(VIEW_NODES) | VIEW_BIT(VIEW_CONFIG))

static enum command_status run_completion(struct command_context *c);

static const struct command commands[] = {
	{ "who", "[ADDRESS|SERVICE]", "which node answers, since when, and who is next",
	  "tinlb who 192.168.1.240", 0, 1, NULL, PAGES, commands_who },
	{ "why", "ADDRESS|SERVICE", "why an address is answered or not, and what to do",
	  "tinlb why default/web", 1, 1, "node", EVERYTHING | VIEW_BIT(VIEW_ENDPOINTS), commands_why },
	{ "status", "", "pools, services that wait, speakers, and what is wrong", "tinlb status", 0, 0,
	  NULL, PAGES, commands_status },
	{ "doctor", "", "everything that is wrong, each cause once, with what to do",
	  "tinlb doctor --node=node1", 0, 0, "node", EVERYTHING, commands_doctor },
	{ "check", "FILE...", "judges configurations in files, offline; - is standard input",
	  "tinlb check pools.yaml adverts.yaml", 1, ARGUMENTS_ANY, "convert", 0, check_run },
	{ "watch", "[ADDRESS|SERVICE]", "a line for each change of who answers, as it happens",
	  "tinlb watch default/web", 0, 1, NULL, PAGES, watch_run },
	{ "events", "[ADDRESS|SERVICE]", "the same as watch", "tinlb events", 0, 1, NULL, PAGES, watch_run },
	{ "completion", "bash|zsh", "a script that completes commands and options",
	  "source <(tinlb completion bash)", 1, 1, NULL, 0, run_completion },
	{ "version", "", "the version of this program", "tinlb version", 0, 0, NULL, 0, commands_version },
};

static enum command_status run_completion(struct command_context *c)
{
	const char *shell = c->arguments->operand.at[0];
	struct text names;
	int rc;

	text_init(&names, SENTENCE_MAX_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		text_addf(&names, "%s%s", i > 0 ? " " : "", commands[i].name);
	rc = completion_write(shell, names.s, &c->out);
	if (rc != 0)
		text_addf(&c->errors, "there is completion for bash and zsh, not for \"%.100s\"", shell);
	text_done(&names);
	return rc == 0 ? COMMAND_OK : COMMAND_USAGE;
}

static void print_usage(FILE *to)
{
	struct text options;

	text_init(&options, SENTENCE_MAX_BYTES);
	arguments_usage(NULL, false, &options);
	fputs("Usage: tinlb COMMAND [OPERAND]... [OPTION]...\n"
	      "       kubectl tinlb COMMAND [OPERAND]... [OPTION]...\n\nCommands:\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  %-10s %-22s %s\n", commands[i].name, commands[i].operands,
			commands[i].summary);
	fprintf(to, "\nOptions:\n%s\nOf one command: tinlb COMMAND --help\n"
		    "Exit status: 0: nothing is broken; 1: something is; 2: usage; 3: it could not be "
		    "found out.\n",
		options.s);
	text_done(&options);
}

static void print_help(const struct command *command)
{
	struct text options;

	text_init(&options, SENTENCE_MAX_BYTES);
	printf("Usage: tinlb %s%s%s%s\n\n%s\n%s\nExample:\n  %s\n", command->name,
	       *command->operands ? " " : "", command->operands,
	       command->needs || command->option ? " [OPTION]..." : "", command->summary,
	       strstr(command->operands, "SERVICE") ? "SERVICE is NAMESPACE/NAME, or NAME where one "
						      "namespace only has it.\n" : "", command->example);
	if (command->needs || command->option) {
		arguments_usage(command->option ? command->option : "", command->needs == 0, &options);
		printf("\nOptions:\n%s", options.s);
	}
	text_done(&options);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* What does not go together; false and a sentence. */
static bool fits(const struct command *command, const struct arguments *a, struct text *error)
{
	const char *output = arguments_text(a, "output");

	for (size_t i = 0; i < ARGUMENTS_N_OWN; i++)
		if (flags_find(a->option, ARGUMENTS_N_OPTIONS, arguments_own[i])->given &&
		    !str_equal(command->option, arguments_own[i]))
			text_addf(error, "%s takes no --%s", command->name, arguments_own[i]);
	if (strcmp(output, "text") != 0 && strcmp(output, "json") != 0)
		text_addf(error, "--output takes text or json, not \"%.100s\"", output);
	if (a->operand.n < command->min_operands || a->operand.n > command->max_operands)
		text_addf(error, "usage: tinlb %s%s%s", command->name, *command->operands ? " " : "",
			  *command->operands ? command->operands : ", without more");
	return error->n == 0;
}

static int open_gather(const struct arguments *a, struct gather **out, struct text *error)
{
	char *found = arguments_text(a, "kubeconfig") ? NULL : surroundings_kubeconfig();
	const struct gather_config config = {
		.kubeconfig = found ? found : arguments_text(a, "kubeconfig"),
		.context = arguments_text(a, "context"),
		.server = arguments_text(a, "server"),
		.namespace = arguments_text(a, "namespace"),
		.map_name = arguments_text(a, "config"),
		.direct = { &a->direct[VIEW_SPEAKER], &a->direct[VIEW_CONTROLLER] },
		.timeout_ms = flags_find(a->option, ARGUMENTS_N_OPTIONS, "timeout")->number * 1000,
	};
	int rc = gather_new(&config, out, error);

	free(found);
	return rc;
}

/* A line each. They may hold words of a cluster, which are not to speak to a terminal. */
static void print_errors(const char *sentences)
{
	struct text harmless;

	text_init(&harmless, OUT_MAX_BYTES);
	grid_paint(&harmless, sentences, GRID_PLAIN, false);
	for (const char *line = harmless.s; *line;) {
		size_t n = strcspn(line, "\n");

		fprintf(stderr, "tinlb: %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	text_done(&harmless);
}

static int run(const struct command *command, const struct arguments *a)
{
	struct command_context c = { .arguments = a, .now_us = loop_wall_us(),
				     .json = strcmp(arguments_text(a, "output"), "json") == 0,
				     .colour = surroundings_want_colour() };
	int status = COMMAND_UNKNOWN;

	text_init(&c.out, OUT_MAX_BYTES);
	text_init(&c.errors, OUT_MAX_BYTES);
	if (command->needs == 0 || open_gather(a, &c.gather, &c.errors) == 0) {
		if (c.gather)
			gather_run(c.gather, command->needs, &c.view);
		status = (int)command->run(&c);
	}
	fputs(c.out.s, stdout);
	if (c.errors.n > 0)
		print_errors(c.errors.s);
	view_done(&c.view);
	gather_free(c.gather);
	text_done(&c.out);
	text_done(&c.errors);
	return fflush(stdout) == 0 ? status : COMMAND_UNKNOWN;
}

/* Of all, or of the command that is named: `tinlb why --help`, `tinlb help why`. */
static int help(const struct arguments *a)
{
	bool is_help = str_equal(a->command, "help");
	const char *name = !is_help ? a->command : a->operand.n > 0 ? a->operand.at[0] : NULL;
	const struct command *command = find_command(name);

	if (command)
		print_help(command);
	else
		print_usage(stdout);
	return COMMAND_OK;
}

static int run_arguments(const struct arguments *a, struct text *error)
{
	const struct command *command = find_command(a->command);

	if (!a->command) {
		print_usage(stderr);
		return COMMAND_USAGE;
	}
	if (strcmp(a->command, "help") == 0)
		return help(a);
	if (!command)
		text_addf(error, "there is no command \"%.100s\" (tinlb --help lists them all)",
			  a->command);
	if (!command || !fits(command, a, error))
		return COMMAND_USAGE;
	return run(command, a);
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct text error;
	int status = COMMAND_USAGE, rc;

	signal(SIGPIPE, SIG_DFL);
	text_init(&error, SENTENCE_MAX_BYTES);
	rc = arguments_parse(&arguments, argv + (argc > 0), getenv, &error);
	if (rc == -ENOENT)
		status = help(&arguments);
	else if (rc == 0)
		status = run_arguments(&arguments, &error);
	if (error.n > 0)
		print_errors(error.s);
	arguments_done(&arguments);
	text_done(&error);
	return status;
}
