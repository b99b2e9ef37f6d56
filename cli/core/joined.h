/*
 * joined - several files as one text, and which file a line of it is from
 *
 * Core: no sockets, no clock, no logging. Between two files stands a line ---,
 * so that each keeps its YAML documents to itself.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_JOINED_H
#define TINLB_CLI_CORE_JOINED_H

#include "common/core/text.h"

struct joined {
	struct text text;
	struct joined_file {
		const char *name; /* borrowed */
		unsigned first;   /* line of the text */
	} *file;
	size_t n;
	unsigned n_line;
};

void joined_init(struct joined *j, size_t max_bytes);
void joined_done(struct joined *j);
void joined_add(struct joined *j, const char *name, const char *bytes, size_t n);

/* The file of a line, and the line in it. NULL: the line is 0, and there are several files. */
const char *joined_find(const struct joined *j, unsigned line, unsigned *out_line);

#endif
