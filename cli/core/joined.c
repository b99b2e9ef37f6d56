/* joined - see joined.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/core/joined.h"

#include <stdlib.h>

void joined_init(struct joined *j, size_t max_bytes)
{
	*j = (struct joined){ 0 };
	text_init(&j->text, max_bytes);
}

void joined_done(struct joined *j)
{
	text_done(&j->text);
	free(j->file);
	*j = (struct joined){ 0 };
}

static void add(struct joined *j, const char *bytes, size_t n)
{
	text_add_n(&j->text, bytes, n);
	for (size_t i = 0; i < n; i++)
		j->n_line += bytes[i] == '\n';
}

void joined_add(struct joined *j, const char *name, const char *bytes, size_t n)
{
	if (j->n > 0)
		add(j, "---\n", 4);
	j->file = mem_resize(j->file, j->n + 1, sizeof(*j->file));
	j->file[j->n++] = (struct joined_file){ name, j->n_line + 1 };
	add(j, bytes, n);
	if (n > 0 && bytes[n - 1] != '\n')
		add(j, "\n", 1);
}

const char *joined_find(const struct joined *j, unsigned line, unsigned *out_line)
{
	size_t i = j->n;

	*out_line = 0;
	if (line == 0 || j->n == 0)
		return j->n == 1 ? j->file[0].name : NULL;
	while (i > 1 && j->file[i - 1].first > line)
		i--;
	*out_line = line - j->file[i - 1].first + 1;
	return j->file[i - 1].name;
}
