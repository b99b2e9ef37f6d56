/*
 * yaml_tree - a YAML document as a tree that knows its lines
 *
 * Wire: libyaml, no state. For configuration that people write: one document,
 * no aliases and no tags, bounded in size, depth and number of nodes. Duplicate
 * keys are kept side by side; who reads the tree refuses them with both lines.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_YAML_TREE_H
#define TINLB_COMMON_API_WIRE_YAML_TREE_H

#include "common/core/text.h"

#define YAML_TREE_MAX_BYTES (1024 * 1024)
#define YAML_TREE_MAX_NODES 200000
#define YAML_TREE_MAX_DEPTH 32

enum yaml_kind { YAML_TEXT, YAML_MAP, YAML_LIST };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line;     /* from 1 */
	char *key;         /* of this entry, when the parent is a map */
	unsigned key_line;
	char *text;        /* YAML_TEXT */
	bool quoted;       /* YAML_TEXT: in quotes, so always a string */
	struct yaml_node *child;
	size_t n;
};

/*
 * 0 and the tree (NULL for an empty document), or -EINVAL with a sentence and
 * its line. The caller frees.
 */
int yaml_tree_parse(const char *text, size_t n, struct yaml_node **out_root,
		    struct text *out_error, unsigned *out_line) MUST_CHECK;
void yaml_tree_free(struct yaml_node *root); /* NULL is fine */

/* The first entry with that key, or NULL; also for NULL and for what is no map. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

/* Nothing, as YAML writes it: no text, ~ or null, not in quotes. */
bool yaml_is_null(const struct yaml_node *node);

#endif
