/* kube_stream - see kube_stream.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/wire/kube_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int hold(struct kube_stream *s, const char *bytes, size_t n)
{
	if (n > s->max - s->n)
		return -EMSGSIZE;
	if (s->n + n > s->cap) {
		s->cap = s->n + n > s->cap * 2 ? s->n + n : s->cap * 2;
		s->held = mem_resize(s->held, s->cap, 1);
	}
	memcpy(s->held + s->n, bytes, n);
	s->n += n;
	return 0;
}

int kube_stream_push(struct kube_stream *s, const char *bytes, size_t n,
		     void (*line)(void *ctx, const char *bytes, size_t n), void *ctx)
{
	while (n > 0) {
		const char *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n;

		if (end && s->n == 0) {
			if (part > s->max)
				return -EMSGSIZE;
			line(ctx, bytes, part);
		} else {
			int rc = hold(s, bytes, part);

			if (rc != 0)
				return rc;
			if (end) {
				line(ctx, s->held, s->n);
				kube_stream_done(s);
			}
		}
		part += end != NULL;
		bytes += part;
		n -= part;
	}
	return 0;
}

void kube_stream_done(struct kube_stream *s)
{
	free(s->held);
	*s = (struct kube_stream){ .max = s->max };
}
