/* kube_watch - see kube_watch.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/core/kube_watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_RETRY_MS 200
#define MAX_RETRY_MS 30000
#define HEARD_MS 1000 /* who cuts streams that lived so long is no server in trouble */
#define FIRST_DENIED_MS 1000
#define MAX_DENIED_MS 60000
#define WATCH_LOW_S 300 /* a watch ends after a random time, so that servers can rebalance */
#define WATCH_HIGH_S 600

void kube_watch_init(struct kube_watch *w, const char *path, const char *selectors, uint64_t seed)
{
	*w = (struct kube_watch){
		.path = path,
		.selectors = selectors,
		.prng = prng_seeded(seed),
		.backoff = { .first_ms = FIRST_RETRY_MS, .max_ms = MAX_RETRY_MS },
		.denials = { .first_ms = FIRST_DENIED_MS, .max_ms = MAX_DENIED_MS },
		.not_before = INT64_MIN,
		.heard_since = INSTANT_NEVER,
	};
}

void kube_watch_done(struct kube_watch *w)
{
	free(w->version);
	free(w->page);
	*w = (struct kube_watch){ 0 };
}

bool kube_watch_next(struct kube_watch *w, instant now, struct text *out_target)
{
	if (w->state != KUBE_WATCH_IDLE || now < w->not_before)
		return false;
	text_clear(out_target);
	text_addf(out_target, "%s?%s%s", w->path, w->selectors, *w->selectors ? "&" : "");
	if (w->listed) {
		text_addf(out_target,
			  "watch=true&allowWatchBookmarks=true&timeoutSeconds=%" PRId64
			  "&resourceVersion=",
			  prng_between(&w->prng, WATCH_LOW_S, WATCH_HIGH_S));
		text_add_escaped(out_target, w->version);
		w->state = KUBE_WATCH_STREAMING;
	} else {
		text_addf(out_target, "limit=%d", KUBE_WATCH_PAGE);
		if (w->page) {
			text_add(out_target, "&continue=");
			text_add_escaped(out_target, w->page);
		}
		w->state = KUBE_WATCH_LISTING;
	}
	w->heard_since = INSTANT_NEVER;
	return true;
}

bool kube_watch_on_page(struct kube_watch *w, const char *version, const char *page)
{
	CHECK(w->state == KUBE_WATCH_LISTING);
	mem_replace(&w->version, version ? version : "");
	mem_replace(&w->page, page && *page ? page : NULL);
	w->listed = w->page == NULL;
	return w->listed;
}

void kube_watch_on_stream(struct kube_watch *w, instant now)
{
	if (w->heard_since > now)
		w->heard_since = now;
}

void kube_watch_on_version(struct kube_watch *w, const char *version)
{
	if (version && *version)
		mem_replace(&w->version, version);
	backoff_succeeded(&w->backoff);
	backoff_succeeded(&w->denials);
}

void kube_watch_relist(struct kube_watch *w)
{
	w->state = KUBE_WATCH_IDLE;
	w->not_before = INT64_MIN;
	w->listed = false;
	mem_replace(&w->page, NULL);
}

void kube_watch_on_end(struct kube_watch *w, instant now, enum kube_watch_end end)
{
	bool was_watch = w->state == KUBE_WATCH_STREAMING;

	w->state = KUBE_WATCH_IDLE;
	if (was_watch && now >= instant_add_ms(w->heard_since, HEARD_MS))
		backoff_succeeded(&w->backoff);
	switch (end) {
	case KUBE_END_OK:
		w->not_before = now;
		/* A server that closes each watch at once must not be asked in a tight loop. */
		if (was_watch)
			w->not_before = instant_add_ms(now, backoff_failed(&w->backoff, &w->prng));
		else
			backoff_succeeded(&w->backoff);
		break;
	case KUBE_END_EXPIRED:
		kube_watch_relist(w);
		w->not_before = instant_add_ms(now, backoff_failed(&w->backoff, &w->prng));
		break;
	case KUBE_END_MISSING: /* it may be installed any time */
		kube_watch_relist(w);
		w->not_before = instant_add_ms(now, prng_between(&w->prng, KUBE_WATCH_MISSING_MS,
								 2 * KUBE_WATCH_MISSING_MS));
		break;
	case KUBE_END_DENIED:
		kube_watch_relist(w);
		w->not_before = instant_add_ms(now, backoff_failed(&w->denials, &w->prng));
		break;
	case KUBE_END_FAILED:
		w->not_before = instant_add_ms(now, backoff_failed(&w->backoff, &w->prng));
		break;
	}
}

void kube_watch_hold(struct kube_watch *w, instant until)
{
	if (w->not_before < until)
		w->not_before = until;
}

instant kube_watch_deadline(const struct kube_watch *w)
{
	return w->state == KUBE_WATCH_IDLE ? w->not_before : INSTANT_NEVER;
}
