/* peer_source - see peer_source.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/peer_source.h"

#include <stdlib.h>
#include <string.h>

#include "common/api/wire/kube_decode.h"

#define MISSING_EVERY_MS 10000
#define WHOLE_EVERY_MS 300000
#define TIMEOUT_MS 10000
#define TARGET_MAX 4096
#define MAX_IPS 1024

struct peer_source {
	struct kube_client *client;
	struct peer_source_user user;
	struct loop_timer *timer;
	struct http_request *request;
	char *target;
	bool known, trouble;
	bool incomplete; /* a pod had no address yet */
	struct ip ip[MAX_IPS], told[MAX_IPS]; /* sorted */
	size_t n, n_told, n_members;
	size_t telling; /* of told[]: so many were taken; n_told: all */
	bool due;       /* told[] has to be taken (an empty one, too) */
	instant asked;
};

static int compare(const void *a, const void *b)
{
	return ip_compare(a, b);
}

/* The addresses are new: what is told begins again. */
static void renew(struct peer_source *p)
{
	qsort(p->ip, p->n, sizeof(*p->ip), compare);
	if (p->known && p->n == p->n_told &&
	    memcmp(p->ip, p->told, p->n * sizeof(*p->ip)) == 0)
		return;
	memcpy(p->told, p->ip, p->n * sizeof(*p->ip));
	p->n_told = p->n;
	p->telling = 0;
	p->due = true;
}

static void take_pod(struct peer_source *p, const json_t *json)
{
	struct text error;
	void *object;

	text_init(&error, TARGET_MAX);
	if (kube_decode(KUBE_POD, json, &object, &error) == 0) {
		const struct kube_pod *pod = object;
		struct ip ip;

		if (!pod->ip || ip_parse(pod->ip, &ip) != 0)
			p->incomplete = true;
		else if (p->n < MAX_IPS)
			p->ip[p->n++] = ip;
		kube_object_free(KUBE_POD, object);
	}
	text_done(&error);
}

static bool take_list(struct peer_source *p, const struct http_answer *answer, struct text *error)
{
	struct kube_page page;
	const json_t *item;
	size_t i;

	if (kube_decode_page(answer->bytes, answer->n, &page, error) != 0)
		return false;
	p->n = 0;
	p->incomplete = false;
	json_array_foreach (page.items, i, item)
		take_pod(p, item);
	kube_page_done(&page);
	renew(p);
	return true;
}

static void say_trouble(struct peer_source *p, const char *sentence)
{
	if (p->trouble != (sentence != NULL))
		p->user.on_trouble(p->user.ctx, sentence);
	p->trouble = sentence != NULL;
}

static void set_timer(struct peer_source *p)
{
	bool missing = p->trouble || p->incomplete || p->n_members < p->n;
	int64_t ms = missing ? MISSING_EVERY_MS : WHOLE_EVERY_MS;

	loop_timer_set(p->timer, instant_add_ms(p->asked, ms));
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct peer_source *p = ctx;
	struct text error;

	p->request = NULL;
	text_init(&error, TARGET_MAX);
	if (answer->error == 0 && answer->status == 200) {
		say_trouble(p, take_list(p, answer, &error) ? NULL : error.s);
	} else {
		kube_client_explain(p->client, answer, &error);
		say_trouble(p, error.s);
	}
	text_done(&error);
	p->known = true;
	set_timer(p);
	p->user.on_change(p->user.ctx);
}

static void on_timer(void *ctx, instant now)
{
	struct peer_source *p = ctx;
	const struct http_call call = { .method = "GET", .target = p->target,
					.timeout_ms = TIMEOUT_MS, .on_done = on_done, .ctx = p };

	p->asked = now;
	if (!p->request)
		p->request = kube_client_send(p->client, &call);
}

struct peer_source *peer_source_new(struct kube_client *client, const char *namespace,
				    const char *labels, const struct peer_source_user *user)
{
	struct peer_source *p = mem_new(1, sizeof(*p));
	struct text target;

	p->client = client;
	p->user = *user;
	text_init(&target, TARGET_MAX);
	text_addf(&target, "/api/v1/namespaces/%s/pods?labelSelector=", namespace);
	text_add_escaped(&target, labels);
	p->target = text_take(&target);
	p->timer = loop_timer_new(kube_client_loop(client), on_timer, p);
	loop_timer_set(p->timer, loop_now(kube_client_loop(client)));
	return p;
}

void peer_source_free(struct peer_source *p)
{
	if (!p)
		return;
	if (p->request)
		http_cancel(p->request);
	loop_timer_free(p->timer);
	free(p->target);
	free(p);
}

size_t peer_source_n(const struct peer_source *p)
{
	return p->n_told;
}

bool peer_source_is_known(const struct peer_source *p)
{
	return p->known;
}

void peer_source_on_members(struct peer_source *p, size_t n)
{
	if (n == p->n_members)
		return;
	p->n_members = n;
	if (!p->request)
		set_timer(p);
}

bool peer_source_next(struct peer_source *p, struct table_peers *out)
{
	size_t left = p->n_told - p->telling;

	if (!p->due)
		return false;
	*out = (struct table_peers){ .n = (uint16_t)(left < TABLE_MAX_PEERS ? left : TABLE_MAX_PEERS) };
	memcpy(out->ip, p->told + p->telling, out->n * sizeof(*out->ip));
	p->telling += out->n;
	out->more = p->telling < p->n_told;
	p->due = out->more;
	return true;
}
