/* freeset - see freeset.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/freeset.h"

#include <stdlib.h>
#include <string.h>

void freeset_done(struct freeset *set)
{
	free(set->run);
	*set = (struct freeset){ 0 };
}

/* The first run that does not end before offset; n when there is none. */
static size_t find(const struct freeset *set, uint64_t offset)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->run[middle].last < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct freeset *set, size_t i, struct freeset_run run)
{
	set->run = mem_grow(set->run, set->n, &set->cap, sizeof(*set->run));
	memmove(&set->run[i + 1], &set->run[i], (set->n - i) * sizeof(*set->run));
	set->run[i] = run;
	set->n++;
}

static void drop(struct freeset *set, size_t i)
{
	set->n--;
	memmove(&set->run[i], &set->run[i + 1], (set->n - i) * sizeof(*set->run));
}

void freeset_take(struct freeset *set, uint64_t offset)
{
	size_t i = find(set, offset);
	bool joins_next = i < set->n && offset != UINT64_MAX && set->run[i].first == offset + 1;
	bool joins_last = i > 0 && set->run[i - 1].last + 1 == offset;

	if (i < set->n && set->run[i].first <= offset)
		return;
	if (joins_last && joins_next) {
		set->run[i - 1].last = set->run[i].last;
		drop(set, i);
	} else if (joins_last) {
		set->run[i - 1].last = offset;
	} else if (joins_next) {
		set->run[i].first = offset;
	} else {
		insert(set, i, (struct freeset_run){ offset, offset });
	}
}

void freeset_release(struct freeset *set, uint64_t offset)
{
	size_t i = find(set, offset);
	struct freeset_run *run = &set->run[i];

	if (i == set->n || run->first > offset)
		return;
	if (run->first == offset && run->last == offset) {
		drop(set, i);
	} else if (run->first == offset) {
		run->first++;
	} else if (run->last == offset) {
		run->last--;
	} else {
		struct freeset_run upper = { offset + 1, run->last };

		run->last = offset - 1;
		insert(set, i + 1, upper);
	}
}

bool freeset_next(const struct freeset *set, uint64_t from, uint64_t *out_offset)
{
	size_t i = find(set, from);

	if (i < set->n && set->run[i].first <= from) {
		if (set->run[i].last == UINT64_MAX)
			return false;
		from = set->run[i].last + 1;
	}
	*out_offset = from;
	return true;
}
