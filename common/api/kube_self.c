/* kube_self - see kube_self.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/kube_self.h"

#include <stdlib.h>

#include "common/api/wire/kube_decode.h"
#include "common/io/log.h"

#define TIMEOUT_MS 15000
#define RETRY_MS 5000

struct kube_self {
	struct kube_client *client;
	struct loop_timer *timer;
	struct http_request *request;
	char *target, *pod, *uid;
	bool known, refused;
	void (*on_known)(void *ctx);
	void *ctx;
};

static void settle(struct kube_self *self, const char *uid)
{
	self->known = true;
	self->uid = mem_strdup(uid);
	self->on_known(self->ctx);
}

/* The one item's uid, or NULL. */
static char *uid_in(const struct http_answer *answer)
{
	struct kube_page page;
	struct text error;
	char *uid = NULL;
	void *object;

	text_init(&error, 512);
	if (kube_decode_page(answer->bytes, answer->n, &page, &error) == 0) {
		const json_t *item = json_array_get(page.items, 0);

		if (item && kube_decode(KUBE_POD, item, &object, &error) == 0) {
			uid = mem_strdup(kube_object_meta(KUBE_POD, object)->uid);
			kube_object_free(KUBE_POD, object);
		}
		kube_page_done(&page);
	}
	text_done(&error);
	return uid;
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct kube_self *self = ctx;
	bool refused = answer->error == 0 && (answer->status == 403 || answer->status == 404);
	struct text why;
	char *uid;

	self->request = NULL;
	if (answer->error == 0 && answer->status == 200) {
		uid = uid_in(answer);
		settle(self, uid);
		free(uid);
	} else if (refused && self->refused) {
		text_init(&why, 512);
		kube_client_explain(self->client, answer, &why);
		log_line(LOG_INFO, { "op", "findOwnPod" }, { "error", why.s },
			 { "msg", "what is written names no pod as its owner" });
		text_done(&why);
		settle(self, NULL);
	} else { /* an API server that starts refuses everybody: once is not for good */
		self->refused = refused;
		loop_timer_set(self->timer,
			       instant_add_ms(loop_now(kube_client_loop(self->client)), RETRY_MS));
	}
}

static void on_timer(void *ctx, instant now)
{
	struct kube_self *self = ctx;
	const struct http_call call = { .method = "GET", .target = self->target,
					.timeout_ms = TIMEOUT_MS, .on_done = on_done, .ctx = self };

	(void)now;
	if (self->pod && *self->pod)
		self->request = kube_client_send(self->client, &call);
	else
		settle(self, NULL);
}

/* A LIST of one, for the role to list pods is there anyway. */
struct kube_self *kube_self_new(struct kube_client *client, const char *namespace, const char *pod,
				void (*on_known)(void *ctx), void *ctx)
{
	struct kube_self *self = mem_new(1, sizeof(*self));
	struct text target;

	*self = (struct kube_self){ .client = client, .pod = mem_strdup(pod), .on_known = on_known,
				    .ctx = ctx };
	text_init(&target, 2048);
	text_addf(&target, "/api/v1/namespaces/%s/pods?fieldSelector=metadata.name%%3D%s", namespace,
		  pod ? pod : "");
	self->target = text_take(&target);
	self->timer = loop_timer_new(kube_client_loop(client), on_timer, self);
	loop_timer_set(self->timer, loop_now(kube_client_loop(client)));
	return self;
}

void kube_self_free(struct kube_self *self)
{
	if (!self)
		return;
	if (self->request)
		http_cancel(self->request);
	loop_timer_free(self->timer);
	free(self->target);
	free(self->pod);
	free(self->uid);
	free(self);
}

bool kube_self_is_known(const struct kube_self *self)
{
	return self->known;
}

const char *kube_self_pod(const struct kube_self *self)
{
	return self->pod;
}

const char *kube_self_uid(const struct kube_self *self)
{
	return self->uid;
}
