/* yaml_tree - see yaml_tree.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/yaml_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct parse {
	yaml_parser_t parser;
	struct text *error;
	unsigned line;
	size_t n_nodes;
};

static int fail(struct parse *p, unsigned line, const char *what)
{
	p->line = line;
	text_add(p->error, what);
	return -EINVAL;
}

/* What libyaml found wrong, in words for people. */
static int fail_parser(struct parse *p)
{
	const yaml_parser_t *parser = &p->parser;
	const char *problem = parser->problem ? parser->problem : "not readable as YAML";

	p->line = (unsigned)parser->problem_mark.line + 1;
	if (strstr(problem, "cannot start any token"))
		text_add(p->error, "a character that YAML does not allow here: indent with blanks, "
				   "not with tabs, and quote texts that begin with a special sign");
	else
		text_addf(p->error, "not valid YAML: %s%s%s", problem, parser->context ? " " : "",
			  parser->context ? parser->context : "");
	return -EINVAL;
}

static int next_event(struct parse *p, yaml_event_t *out)
{
	return yaml_parser_parse(&p->parser, out) ? 0 : fail_parser(p);
}

static void node_done(struct yaml_node *node)
{
	for (size_t i = 0; i < node->n; i++)
		node_done(&node->child[i]);
	free(node->child);
	free(node->key);
	free(node->text);
}

void yaml_tree_free(struct yaml_node *root)
{
	if (!root)
		return;
	node_done(root);
	free(root);
}

static int parse_value(struct parse *p, yaml_event_t *event, unsigned depth,
		       struct yaml_node *out);

static char *scalar_text(const yaml_event_t *event)
{
	return mem_strndup((const char *)event->data.scalar.value, event->data.scalar.length);
}

/* The entries of a map or list, up to its end event. */
static int parse_children(struct parse *p, yaml_event_type_t end, unsigned depth,
			  struct yaml_node *out)
{
	size_t cap = 0;

	for (;;) {
		yaml_event_t event;
		struct yaml_node *child;
		int rc = next_event(p, &event);

		if (rc != 0)
			return rc;
		if (event.type == end) {
			yaml_event_delete(&event);
			return 0;
		}
		out->child = mem_grow(out->child, out->n, &cap, sizeof(*out->child));
		child = &out->child[out->n++];
		*child = (struct yaml_node){ 0 };
		if (out->kind == YAML_MAP) {
			unsigned line = (unsigned)event.start_mark.line + 1;

			if (event.type != YAML_SCALAR_EVENT) {
				yaml_event_delete(&event);
				return fail(p, line, "a key must be a plain text");
			}
			child->key = scalar_text(&event);
			child->key_line = line;
			yaml_event_delete(&event);
			rc = next_event(p, &event);
			if (rc != 0)
				return rc;
		}
		rc = parse_value(p, &event, depth + 1, child);
		if (rc != 0)
			return rc;
	}
}

/* Takes the event over. */
static int parse_value(struct parse *p, yaml_event_t *event, unsigned depth, struct yaml_node *out)
{
	yaml_event_type_t type = event->type;

	out->line = (unsigned)event->start_mark.line + 1;
	if (type == YAML_SCALAR_EVENT) {
		out->kind = YAML_TEXT;
		out->text = scalar_text(event);
		out->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	}
	yaml_event_delete(event);
	if (++p->n_nodes > YAML_TREE_MAX_NODES || depth > YAML_TREE_MAX_DEPTH)
		return fail(p, out->line, "the document is nested too deep or has too many entries");
	switch (type) {
	case YAML_SCALAR_EVENT:
		return 0;
	case YAML_MAPPING_START_EVENT:
		out->kind = YAML_MAP;
		return parse_children(p, YAML_MAPPING_END_EVENT, depth, out);
	case YAML_SEQUENCE_START_EVENT:
		out->kind = YAML_LIST;
		return parse_children(p, YAML_SEQUENCE_END_EVENT, depth, out);
	default:
		return fail(p, out->line, "anchors and aliases (& and *) are not supported here: "
					  "write the value out");
	}
}

/* Up to the first value of the stream; *out_found is false when there is none. */
static int open_document(struct parse *p, yaml_event_t *out_event, bool *out_found)
{
	for (;;) {
		yaml_event_type_t type;
		int rc = next_event(p, out_event);

		if (rc != 0)
			return rc;
		type = out_event->type;
		if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT) {
			yaml_event_delete(out_event);
			continue;
		}
		*out_found = type != YAML_STREAM_END_EVENT;
		if (!*out_found)
			yaml_event_delete(out_event);
		return 0;
	}
}

/* After the value: nothing but the end. */
static int close_document(struct parse *p)
{
	for (;;) {
		yaml_event_t event;
		int rc = next_event(p, &event);
		unsigned line = (unsigned)event.start_mark.line + 1;
		yaml_event_type_t type = event.type;

		if (rc != 0)
			return rc;
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT)
			return 0;
		if (type != YAML_DOCUMENT_END_EVENT)
			return fail(p, line, "a second document begins (---); only one is read");
	}
}

static int parse_document(struct parse *p, struct yaml_node **out_root)
{
	struct yaml_node *root;
	yaml_event_t event;
	bool found;
	int rc = open_document(p, &event, &found);

	if (rc != 0)
		return rc;
	if (!found) {
		*out_root = NULL;
		return 0;
	}
	root = mem_new(1, sizeof(*root));
	rc = parse_value(p, &event, 0, root);
	if (rc == 0)
		rc = close_document(p);
	if (rc != 0) {
		yaml_tree_free(root);
		return rc;
	}
	*out_root = root;
	return 0;
}

int yaml_tree_parse(const char *text, size_t n, struct yaml_node **out_root,
		    struct text *out_error, unsigned *out_line)
{
	struct parse p = { .error = out_error };
	int rc;

	if (n > YAML_TREE_MAX_BYTES) {
		text_addf(out_error, "the document has %zu bytes; at most %d are read", n,
			  YAML_TREE_MAX_BYTES);
		*out_line = 1;
		return -EINVAL;
	}
	CHECK(yaml_parser_initialize(&p.parser));
	yaml_parser_set_input_string(&p.parser, (const unsigned char *)text, n);
	rc = parse_document(&p, out_root);
	yaml_parser_delete(&p.parser);
	if (rc != 0)
		*out_line = p.line;
	return rc;
}

const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++)
		if (strcmp(map->child[i].key, key) == 0)
			return &map->child[i];
	return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
	static const char *const null[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; node->kind == YAML_TEXT && !node->quoted && i < ARRAY_LEN(null); i++)
		if (strcmp(node->text, null[i]) == 0)
			return true;
	return false;
}
