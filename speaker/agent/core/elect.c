/* elect - see elect.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/elect.h"

#include <sodium/crypto_hash_sha256.h>
#include <stdlib.h>
#include <string.h>

#include "speaker/table/core/table.h"

_Static_assert(ELECT_DIGEST_BYTES == crypto_hash_sha256_BYTES, "a digest is one of SHA-256");

static void digest(const char *node, const char *key, uint8_t out_digest[ELECT_DIGEST_BYTES])
{
	uint8_t text[TABLE_NODE_NAME_MAX + ELECT_KEY_MAX];
	size_t n_node = strlen(node), n_key = strlen(key);

	CHECK(n_node < TABLE_NODE_NAME_MAX && n_key < ELECT_KEY_MAX);
	memcpy(text, node, n_node);
	text[n_node] = '#';
	memcpy(text + n_node + 1, key, n_key);
	CHECK(crypto_hash_sha256(out_digest, text, n_node + 1 + n_key) == 0);
}

static int by_rank(const void *a, const void *b)
{
	const struct elect_candidate *x = a, *y = b;
	int order;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	order = memcmp(x->digest, y->digest, sizeof(x->digest));

	return order ? order : strcmp(x->node, y->node);
}

void elect_sort(struct elect_candidate *candidate, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		digest(candidate[i].node, key, candidate[i].digest);
	if (n > 1)
		qsort(candidate, n, sizeof(*candidate), by_rank);
}
