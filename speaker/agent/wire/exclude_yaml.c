/* exclude_yaml - see exclude_yaml.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/exclude_yaml.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "common/api/wire/yaml_tree.h"

#define KEY "announcedInterfacesToExclude"
#define MAX_PLUS 6 /* in one expression, for each may double what regcomp() builds */
#define MAX_BRACE 1

/* What is not taken: Go's syntax that POSIX reads as something else, or too much repetition. */
static const char *foreign_syntax(const char *pattern)
{
	unsigned n_plus = 0, n_brace = 0;

	for (const char *c = pattern; *c; c++) {
		if (c[0] == '\\' && c[1] && strchr("0123456789AQEdDpPzaftnrvxC", c[1]))
			return "a backslash before a letter or digit, other than \\b, \\s and \\w";
		if (c[0] == '\\' && c[1])
			c++;
		else if (c[0] == '(' && c[1] == '?')
			return "a group that begins with (?";
		else if (strchr("*+?}", c[0]) && c[1] && strchr("*+?{", c[1]))
			return "a repetition of a repetition"; /* also Go's lazy ones */
		n_plus += c[0] == '+';
		n_brace += c[0] == '{';
	}
	if (n_plus > MAX_PLUS || n_brace > MAX_BRACE)
		return "more than six + or more than one {";
	return NULL;
}

static int check_pattern(const struct yaml_node *node, struct text *out_error)
{
	const char *foreign;
	char why[128];
	regex_t regex;
	int rc;

	if (node->kind != YAML_TEXT || node->text[0] == '\0') {
		text_addf(out_error, "line %u: a regular expression was expected", node->line);
		return -EINVAL;
	}
	foreign = foreign_syntax(node->text);
	if (foreign) {
		text_addf(out_error, "line %u: \"%.100s\" has %s, which is not taken here: "
			  "write a simple POSIX extended expression", node->line, node->text,
			  foreign);
		return -EINVAL;
	}
	rc = regcomp(&regex, node->text, REG_EXTENDED | REG_NOSUB);
	if (rc != 0) {
		regerror(rc, &regex, why, sizeof(why));
		text_addf(out_error, "line %u: \"%.100s\" is no regular expression: %s", node->line,
			  node->text, why);
		return -EINVAL;
	}
	regfree(&regex);
	return 0;
}

static int check_form(const struct yaml_node *root, struct text *out_error)
{
	if (!root || yaml_is_null(root))
		return 0;
	if (root->kind != YAML_MAP) {
		text_addf(out_error, "line %u: the key %s was expected", root->line, KEY);
		return -EINVAL;
	}
	for (size_t i = 0; i < root->n; i++) {
		const struct yaml_node *child = &root->child[i];

		if (strcmp(child->key, KEY) != 0 || i > 0) {
			text_addf(out_error, "line %u: the only key here is %s, once",
				  child->key_line, KEY);
			return -EINVAL;
		}
		if (child->kind != YAML_LIST && !yaml_is_null(child)) {
			text_addf(out_error, "line %u: a list of regular expressions was expected",
				  child->line);
			return -EINVAL;
		}
	}
	return 0;
}

/* "(one)|(two)" */
static int join(const struct yaml_node *list, char *out_regex, size_t max, struct text *out_error)
{
	struct text joined;
	int rc = 0;

	text_init(&joined, max - 1);
	for (size_t i = 0; rc == 0 && list && i < list->n; i++) {
		rc = check_pattern(&list->child[i], out_error);
		if (rc == 0)
			text_addf(&joined, "%s(%s)", i > 0 ? "|" : "", list->child[i].text);
	}
	if (rc == 0 && text_is_cut(&joined)) {
		text_addf(out_error, "line %u: the expressions are longer than %zu bytes together",
			  list->line, max - 1);
		rc = -EINVAL;
	}
	if (rc == 0)
		memcpy(out_regex, joined.s, joined.n + 1);
	text_done(&joined);
	return rc;
}

int exclude_from_yaml(const char *text, size_t n, char *out_regex, size_t max,
		      struct text *out_error)
{
	struct yaml_node *root = NULL;
	struct text why;
	unsigned line = 0;
	int rc;

	text_init(&why, 512);
	rc = yaml_tree_parse(text, n, &root, &why, &line);
	if (rc != 0)
		text_addf(out_error, "line %u: %s", line, why.s);
	else
		rc = check_form(root, out_error);
	if (rc == 0)
		rc = join(yaml_find(root, KEY), out_regex, max, out_error);
	yaml_tree_free(root);
	text_done(&why);
	return rc;
}
