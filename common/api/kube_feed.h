/*
 * kube_feed - all objects of one kind, now and as they change
 *
 * Hallway: wires kube_watch (core), kube_decode and kube_stream (wire) and the
 * client. What the user is told is level-triggered: after on_synced it has been
 * told of every object that exists and of none that does not. Only keys and
 * versions are kept here. An object that cannot be read is reported and harms
 * no other; the last state that could be read stays.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_KUBE_FEED_H
#define TINLB_COMMON_API_KUBE_FEED_H

#include "common/api/kube_client.h"
#include "common/api/kube_group.h"
#include "common/api/wire/kube_decode.h"

enum kube_trouble {
	KUBE_TROUBLE_NONE,    /* it works again */
	KUBE_TROUBLE_DENIED,  /* 403: the role lacks a verb */
	KUBE_TROUBLE_MISSING, /* 404: the API does not have the kind */
	KUBE_TROUBLE_AWAY,    /* no answer, or a failing one */
	KUBE_TROUBLE_OBJECT,  /* one object cannot be read; the feed goes on */
};

struct kube_feed_user {
	void (*on_object)(void *ctx, void *object); /* new or changed; the user owns it */
	void (*on_gone)(void *ctx, const char *key);
	void (*on_synced)(void *ctx); /* after each complete LIST */
	/* When it changes; text is a sentence. May be NULL. */
	void (*on_trouble)(void *ctx, enum kube_trouble trouble, const char *text);
	void *ctx;
};

struct kube_feed_config {
	enum kube_kind kind;
	const char *path;      /* /api/v1/services; must outlive the feed, as selectors */
	const char *selectors; /* encoded query, or "" */
	struct kube_feed_user user;
	struct kube_group *group; /* waits for a kind that is missing; NULL: the feed asks again */
};

struct kube_feed;

struct kube_feed *kube_feed_new(struct kube_client *client, const struct kube_feed_config *config)
	MUST_CHECK;
void kube_feed_free(struct kube_feed *feed); /* NULL is fine */
/*
 * LIST anew, as the server stores it now; on_synced follows, or on_trouble, also with the trouble
 * of before. Not from the feed's own callbacks.
 */
void kube_feed_relist(struct kube_feed *feed);
bool kube_feed_is_synced(const struct kube_feed *feed); /* a LIST was complete, once */

#endif
