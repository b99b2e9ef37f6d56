/* flags - see flags.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/flags.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct flags_option *flags_find(const struct flags_option *option, size_t n,
				      const char *name)
{
	size_t i = 0;

	while (i < n && strcmp(option[i].name, name) != 0)
		i++;
	CHECK(i < n);
	return &option[i];
}

static struct flags_option *find_n(struct flags_option *option, size_t n, const char *name,
				   size_t name_n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(option[i].name) == name_n && memcmp(option[i].name, name, name_n) == 0)
			return &option[i];
	return NULL;
}

/* Go's strconv.ParseBool. */
static int parse_switch(const char *value, bool *out_on)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
			*out_on = strcmp(value, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const struct flags_option *o, const char *value, int64_t *out_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end || number < o->low || number > o->high)
		return -EINVAL;
	*out_number = number;
	return 0;
}

static bool is_allowed(const struct flags_option *o, const char *value)
{
	size_t i = 0;

	while (i < FLAGS_MAX_WORDS && o->word[i] && strcmp(value, o->word[i]) != 0)
		i++;
	return !o->word[0] || (i < FLAGS_MAX_WORDS && o->word[i]);
}

/* Take `value`, which came from `origin` ("--name" or the variable's name). */
static int take(struct flags_option *o, const char *value, const char *dashes, const char *origin,
		struct text *out_error)
{
	if (o->kind == FLAGS_NUMBER && parse_number(o, value, &o->number) != 0) {
		text_addf(out_error, "%s%s takes a number from %" PRId64 " to %" PRId64 ", not \"%s\"",
			  dashes, origin, o->low, o->high, value);
		return -EINVAL;
	}
	if (o->kind == FLAGS_SWITCH && parse_switch(value, &o->on) != 0) {
		text_addf(out_error, "%s%s takes true or false, not \"%s\"", dashes, origin, value);
		return -EINVAL;
	}
	if (!is_allowed(o, value)) {
		text_addf(out_error, "%s%s takes ", dashes, origin);
		for (size_t i = 0; i < FLAGS_MAX_WORDS && o->word[i]; i++)
			text_addf(out_error, "%s%s", i > 0 ? " or " : "", o->word[i]);
		text_addf(out_error, ", not \"%s\"", value);
		return -EINVAL;
	}
	o->text = value;
	return 0;
}

/* One argument, and the next when it is its value. */
static int take_argument(struct flags_option *option, size_t n, char *const **argv,
			 struct text *out_error)
{
	const char *argument = **argv;
	const char *name = argument + 1 + (argument[1] == '-');
	const char *equals = strchr(name, '=');
	size_t name_n = equals ? (size_t)(equals - name) : strlen(name);
	struct flags_option *o = find_n(option, n, name, name_n);
	bool is_switch;
	const char *value;

	if ((name_n == 4 && memcmp(name, "help", 4) == 0) || (name_n == 1 && *name == 'h'))
		return -ENOENT;
	if (!o) {
		text_addf(out_error, "there is no option --%.*s (--help lists them all)",
			  (int)(name_n > 100 ? 100 : name_n), name);
		return -EINVAL;
	}
	is_switch = o->kind == FLAGS_SWITCH || (o->kind == FLAGS_UNUSED && o->is_switch);
	value = equals ? equals + 1 : is_switch ? "true" : *++*argv;
	if (!value) {
		text_addf(out_error, "--%s needs a value", o->name);
		return -EINVAL;
	}
	++*argv;
	o->given = true;
	return take(o, value, "--", o->name, out_error);
}

static int take_presets(struct flags_option *option, size_t n, flags_lookup_fn *lookup,
			struct text *out_error)
{
	for (size_t i = 0; i < n; i++) {
		struct flags_option *o = &option[i];
		const char *value = o->variable && !o->given ? lookup(o->variable) : NULL;

		if (o->given)
			continue;
		if (value && *value) {
			o->given = true;
			if (take(o, value, "", o->variable, out_error) != 0)
				return -EINVAL;
		} else if (o->preset) {
			CHECK(take(o, o->preset, "--", o->name, out_error) == 0);
		}
	}
	return 0;
}

int flags_parse(struct flags_option *option, size_t n, char *const *argv, flags_lookup_fn *lookup,
		struct text *out_error)
{
	while (*argv) {
		int rc;

		if ((*argv)[0] != '-' || (*argv)[1] == '\0') {
			text_addf(out_error, "\"%.100s\" is not an option (options begin with --)", *argv);
			return -EINVAL;
		}
		rc = take_argument(option, n, &argv, out_error);
		if (rc != 0)
			return rc;
	}
	return take_presets(option, n, lookup, out_error);
}

void flags_usage(const struct flags_option *option, size_t n, struct text *out_text)
{
	for (size_t i = 0; i < n; i++) {
		const struct flags_option *o = &option[i];

		text_addf(out_text, "  --%-24s %s", o->name, o->help);
		if (o->variable)
			text_addf(out_text, " [%s]", o->variable);
		if (o->preset && *o->preset)
			text_addf(out_text, " (default %s)", o->preset);
		text_add(out_text, "\n");
	}
}
