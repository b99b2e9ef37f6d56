/*
 * heap - things ordered by the instant at which they are due
 *
 * Core: no sockets, no clock, no logging. A binary heap of nodes that are part
 * of the caller's structs; equal instants come out in the order of insertion.
 *
 * Always true: heap_first() is due no later than any other node.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_CORE_HEAP_H
#define TINLB_COMMON_CORE_HEAP_H

#include "common/core/base.h"

struct heap_node { /* all zero: in no heap */
	instant due;
	uint64_t order;
	size_t place; /* index + 1, 0 when in no heap */
};

struct heap { /* all zero: empty */
	struct heap_node **node;
	size_t n, cap;
	uint64_t next_order;
};

void heap_done(struct heap *heap); /* nodes stay the caller's */
struct heap_node *heap_first(const struct heap *heap); /* or NULL */
instant heap_deadline(const struct heap *heap);        /* or INSTANT_NEVER */

/* Put in, or move to another instant when it is in already. */
void heap_set(struct heap *heap, struct heap_node *node, instant due);
void heap_remove(struct heap *heap, struct heap_node *node); /* in no heap: no-op */

#endif
