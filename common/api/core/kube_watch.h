/*
 * kube_watch - when to LIST and when to WATCH one kind of object
 *
 * Core: no sockets, no clock, no logging. LIST in pages, then WATCH from the
 * list's resourceVersion, from the last event's after a clean or broken end,
 * and LIST again when the server has forgotten (410).
 *
 * Always true: one request at a time; a WATCH never starts before a LIST was
 * complete, nor from a version older than one that was seen since; after a
 * failure the wait doubles from 0.2 s to 30 s, with jitter, and a WATCH that could
 * be heard for a second makes it short again. What the role forbids
 * is asked for after 1 s first (an API server that starts refuses everybody until
 * it has read the roles), and each minute in the end.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_CORE_KUBE_WATCH_H
#define TINLB_COMMON_API_CORE_KUBE_WATCH_H

#include "common/core/backoff.h"
#include "common/core/text.h"

#define KUBE_WATCH_PAGE 500
#define KUBE_WATCH_MISSING_MS 5000 /* of a kind that the API does not have */

enum kube_watch_end {
	KUBE_END_OK,      /* a complete answer; a watch that the server closed */
	KUBE_END_EXPIRED, /* 410, as status or in the stream; a line that cannot be read */
	KUBE_END_DENIED,  /* 403 */
	KUBE_END_MISSING, /* 404: the API does not have this kind */
	KUBE_END_FAILED,  /* everything else: no connection, 5xx, 429, broken stream */
};

enum kube_watch_state { KUBE_WATCH_IDLE, KUBE_WATCH_LISTING, KUBE_WATCH_STREAMING };

struct kube_watch {
	const char *path;      /* /api/v1/services */
	const char *selectors; /* fieldSelector=...&labelSelector=..., encoded, or "" */
	struct prng prng;
	struct backoff backoff, denials;
	enum kube_watch_state state; /* of the request under way */
	bool listed;                 /* a LIST was complete, and its version is still good */
	char *version, *page;        /* of list or last event; continue token, or NULL */
	instant not_before;
	instant heard_since; /* of the WATCH under way; INSTANT_NEVER: its answer has not begun */
};

void kube_watch_init(struct kube_watch *w, const char *path, const char *selectors, uint64_t seed);
void kube_watch_done(struct kube_watch *w);

/*
 * The next request, if it is time: path and query into out_target. From then on it is under
 * way, as `state` says, until kube_watch_on_end().
 */
bool kube_watch_next(struct kube_watch *w, instant now, struct text *out_target) MUST_CHECK;

/* A page of the LIST was taken in; true when it was the last one. */
bool kube_watch_on_page(struct kube_watch *w, const char *version, const char *page) MUST_CHECK;
void kube_watch_on_stream(struct kube_watch *w, instant now); /* the answer to a WATCH goes on or begins */
void kube_watch_on_version(struct kube_watch *w, const char *version); /* of an event, a bookmark */
void kube_watch_on_end(struct kube_watch *w, instant now, enum kube_watch_end end);
/* Forget the version: the next request is a LIST, at once. What is under way was cancelled. */
void kube_watch_relist(struct kube_watch *w);
void kube_watch_hold(struct kube_watch *w, instant until); /* the server asked for a pause */

instant kube_watch_deadline(const struct kube_watch *w); /* INSTANT_NEVER while one is under way */

#endif
