/* heap - see heap.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/core/heap.h"

#include <stdlib.h>

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void place(struct heap *heap, size_t i, struct heap_node *node)
{
	heap->node[i] = node;
	node->place = i + 1;
}

static size_t sift_up(struct heap *heap, size_t i)
{
	struct heap_node *node = heap->node[i];

	while (i > 0 && before(node, heap->node[(i - 1) / 2])) {
		place(heap, i, heap->node[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(heap, i, node);
	return i;
}

static void sift_down(struct heap *heap, size_t i)
{
	struct heap_node *node = heap->node[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < heap->n && before(heap->node[child + 1], heap->node[child]))
			child++;
		if (child >= heap->n || !before(heap->node[child], node))
			break;
		place(heap, i, heap->node[child]);
		i = child;
	}
	place(heap, i, node);
}

void heap_done(struct heap *heap)
{
	free(heap->node);
	*heap = (struct heap){ 0 };
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->n > 0 ? heap->node[0] : NULL;
}

instant heap_deadline(const struct heap *heap)
{
	return heap->n > 0 ? heap->node[0]->due : INSTANT_NEVER;
}

void heap_set(struct heap *heap, struct heap_node *node, instant due)
{
	size_t i;

	if (node->place == 0) {
		heap->node = mem_grow(heap->node, heap->n, &heap->cap, sizeof(*heap->node));
		place(heap, heap->n++, node);
	}
	i = node->place - 1;
	CHECK(i < heap->n && heap->node[i] == node);
	node->due = due;
	node->order = heap->next_order++;
	sift_down(heap, sift_up(heap, i));
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	size_t i = node->place - 1;
	struct heap_node *last;

	if (node->place == 0)
		return;
	CHECK(i < heap->n && heap->node[i] == node);
	node->place = 0;
	last = heap->node[--heap->n];
	if (last == node)
		return;
	place(heap, i, last);
	sift_down(heap, sift_up(heap, i));
}
