/*
 * kube_stream - the lines of a watch out of the pieces that arrive
 *
 * Wire: no codec. A line longer than the limit ends the stream with an error,
 * for nothing that follows it could be trusted.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_KUBE_STREAM_H
#define TINLB_COMMON_API_WIRE_KUBE_STREAM_H

#include "common/core/base.h"

struct kube_stream { /* all zero but max: empty */
	size_t max; /* bytes of one line */
	char *held; /* the beginning of a line */
	size_t n, cap;
};

/*
 * Give the pieces in; `line` is called for each whole line, without its end.
 * 0, or -EMSGSIZE: a line is too long.
 */
int kube_stream_push(struct kube_stream *s, const char *bytes, size_t n,
		     void (*line)(void *ctx, const char *bytes, size_t n), void *ctx) MUST_CHECK;
void kube_stream_done(struct kube_stream *s);

#endif
