/*
 * elect - in which order the nodes may answer for an address
 *
 * Core: no sockets, no clock, no logging. MetalLB's rule, so that rings of both
 * agree: ascending bytes of SHA-256(node "#" key), where the key is the
 * canonical text of the first address of the service, or for the rings of old
 * versions namespace/name. Nodes that advertisements prefer stand before the
 * others, by the sum of the weights.
 *
 * Always true: the order depends on names, weights and the key alone;
 * taking one name away leaves the others in their order.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_CORE_ELECT_H
#define TINLB_SPEAKER_AGENT_CORE_ELECT_H

#include "common/core/base.h"

#define ELECT_KEY_MAX 512 /* bytes of a key */
#define ELECT_DIGEST_BYTES 32

struct elect_candidate {
	const char *node; /* at most TABLE_NODE_NAME_MAX - 1 bytes */
	uint16_t index;   /* the caller's */
	unsigned weight;  /* of the advertisements' preferences: higher goes first */
	uint8_t digest[ELECT_DIGEST_BYTES];
};

/* Fill the digests and sort, best first. */
void elect_sort(struct elect_candidate *candidate, size_t n, const char *key);

#endif
