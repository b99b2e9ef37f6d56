/* fuzz_kube_stream - however a stream is cut into pieces, its lines are the same */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_stream.h"
#include "common/core/hash.h"

#define LINE_MAX_BYTES 64

struct seen {
	uint64_t hash;
	size_t n_lines;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void on_line(void *ctx, const char *bytes, size_t n)
{
	struct seen *seen = ctx;

	CHECK(n <= LINE_MAX_BYTES && !memchr(bytes, '\n', n));
	seen->hash = hash_text(hash_bytes(seen->hash, bytes, n), "\n");
	seen->n_lines++;
}

/* In pieces of `step` bytes; each in memory of its own, so that reading beyond it is seen. */
static int feed(const uint8_t *bytes, size_t n, size_t step, struct seen *out_seen)
{
	struct kube_stream stream = { .max = LINE_MAX_BYTES };
	int rc = 0;

	*out_seen = (struct seen){ 0 };
	for (size_t at = 0; at < n && rc == 0; at += step) {
		size_t part = n - at < step ? n - at : step;
		char *piece = mem_strndup((const char *)bytes + at, part);

		rc = kube_stream_push(&stream, piece, part, on_line, out_seen);
		free(piece);
	}
	kube_stream_done(&stream);
	return rc;
}

/* The first byte says how long the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct seen whole, pieces;
	int rc;

	if (n < 2)
		return 0;
	rc = feed(bytes + 1, n - 1, n - 1, &whole);
	CHECK(feed(bytes + 1, n - 1, (size_t)bytes[0] + 1, &pieces) == rc);
	CHECK(whole.n_lines == pieces.n_lines && whole.hash == pieces.hash);
	return 0;
}
