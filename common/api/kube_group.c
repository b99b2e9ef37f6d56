/* kube_group - see kube_group.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "common/api/kube_group.h"

#include <stdlib.h>

#include "common/api/wire/kube_decode.h"
#include "common/core/prng.h"
#include "common/io/files.h"

#define TIMEOUT_MS 15000

struct kube_group {
	struct kube_client *client;
	const char *path;
	int64_t every_ms;
	struct prng prng;
	struct loop_timer *timer;
	struct http_request *request;
	struct kube_group_wait *first;
};

static void plan(struct kube_group *g)
{
	int64_t ms = prng_between(&g->prng, g->every_ms * 4 / 5, g->every_ms);

	loop_timer_set(g->timer, instant_add_ms(loop_now(kube_client_loop(g->client)), ms));
}

/* Is there news for who waits for it? */
static bool is_over(const struct http_answer *answer, const char *plural)
{
	bool has;

	if (answer->error == 0 && answer->status == 404)
		return false;
	if (answer->error != 0 || answer->status != 200)
		return true;
	return kube_decode_group(answer->bytes, answer->n, plural, &has) != 0 || has;
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct kube_group *g = ctx;
	struct kube_group_wait **at = &g->first;

	g->request = NULL;
	while (*at) {
		struct kube_group_wait *wait = *at;

		if (is_over(answer, wait->plural)) {
			*at = wait->next;
			wait->on_over(wait->ctx);
		} else {
			at = &wait->next;
		}
	}
	if (g->first)
		plan(g);
}

static void on_timer(void *ctx, instant now)
{
	struct kube_group *g = ctx;
	const struct http_call call = { .method = "GET", .target = g->path,
					.timeout_ms = TIMEOUT_MS, .on_done = on_done, .ctx = g };

	(void)now;
	g->request = kube_client_send(g->client, &call);
}

struct kube_group *kube_group_new(struct kube_client *client, const char *path, int64_t every_ms)
{
	struct kube_group *g = mem_new(1, sizeof(*g));
	uint64_t seed;

	files_random(&seed, sizeof(seed));
	*g = (struct kube_group){ .client = client, .path = path, .every_ms = every_ms,
				  .prng = prng_seeded(seed) };
	g->timer = loop_timer_new(kube_client_loop(client), on_timer, g);
	return g;
}

void kube_group_free(struct kube_group *g)
{
	if (!g)
		return;
	if (g->request)
		http_cancel(g->request);
	loop_timer_free(g->timer);
	free(g);
}

void kube_group_wait(struct kube_group *g, struct kube_group_wait *wait)
{
	if (!g->first && !g->request)
		plan(g);
	wait->next = g->first;
	g->first = wait;
}

void kube_group_leave(struct kube_group *g, struct kube_group_wait *wait)
{
	struct kube_group_wait **at = &g->first;

	while (*at && *at != wait)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = wait->next;
	if (!g->first)
		loop_timer_set(g->timer, INSTANT_NEVER);
}
