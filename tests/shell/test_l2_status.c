/* test_l2_status - what is touched before it can be written, and is written once it can be */
/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "speaker/agent/l2_status.h"
#include "tests/shell/api.h"
#include "tests/shell/world.h"
#include "tests/unit/agent/fixture.h"

#define RESOURCE " /apis/metallb.io/v1beta1/namespaces/m/servicel2statuses"
#define MISSING "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
#define POD "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"p\",\"uid\":\"new\"}}]}"
#define FORMER                                                                                     \
	"{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{\"metadata\":{\"namespace\":\"m\","       \
	"\"name\":\"l2-18232494b7b78f87\",\"resourceVersion\":\"4\",\"ownerReferences\":[{\"uid\":"      \
	"\"old\"}],\"labels\":{\"metallb.io/node\":\"b\",\"metallb.io/service-name\":\"web\","           \
	"\"metallb.io/service-namespace\":\"d\"}},\"status\":{\"node\":\"b\"}}]}"
#define N_SERVICES 10000
#define FEW_BYTES 65536

struct agent { /* as much of one as it takes */
	struct loop *loop;
	struct api api;
	struct fixture fixture; /* "d/web" is announced */
	struct kube_client *client;
	struct kube_group *group;
	struct kube_self *self;
	struct l2_status *l2;
	bool known;
};

static void on_known(void *ctx)
{
	struct agent *a = ctx;

	a->known = true;
	if (a->l2)
		l2_status_on_self(a->l2);
}

static void begin(void **state, const char *pod)
{
	static struct agent a;
	const struct kube_client_config client = { .server = API_BASE, .user_agent = "test" };
	struct l2_status_config config = { .namespace = "m", .node = "b" };
	struct text error;

	a = (struct agent){ .loop = loop_new() };
	api_open(&a.api, a.loop);
	fixture_set_up(&a.fixture);
	fixture_sent(&a.fixture);
	fixture_verdict(&a.fixture, "10.0.0.1", TABLE_OK, 0);
	fixture_told(&a.fixture);
	text_init(&error, 256);
	assert_int_equal(kube_client_new(a.loop, &client, &a.client, &error), 0);
	text_done(&error);
	a.self = kube_self_new(a.client, "m", pod, on_known, &a);
	config.plan = a.fixture.p;
	config.self = a.self;
	config.group = a.group = kube_group_new(a.client, "/group", 2500);
	a.l2 = l2_status_new(a.client, &config);
	l2_status_arm(a.l2);
	*state = &a;
}

static int setup(void **state)
{
	struct agent *a;

	begin(state, NULL);
	a = *state;
	world_until(a->loop, &a->known);
	return 0;
}

static int setup_in_pod(void **state)
{
	begin(state, "p");
	return 0;
}

static int teardown(void **state)
{
	struct agent *a = *state;

	l2_status_free(a->l2);
	kube_self_free(a->self);
	kube_group_free(a->group);
	kube_client_free(a->client);
	fixture_tear_down(&a->fixture);
	api_close(&a->api);
	loop_free(a->loop);
	return 0;
}

static void touch_many(struct agent *a)
{
	char key[32];

	for (unsigned i = 0; i < N_SERVICES; i++) {
		snprintf(key, sizeof(key), "d/service-%u", i);
		l2_status_touch(a->l2, key);
	}
}

static void what_the_api_does_not_have_costs_nothing(void **state)
{
	struct agent *a = *state;
	size_t before = mallinfo2().uordblks;

	touch_many(a);
	assert_true(mallinfo2().uordblks < before + FEW_BYTES);
}

/* "d/web" was touched before the kind was found, and is written next. The watch is the caller's. */
static int find_kind(struct agent *a)
{
	l2_status_touch(a->l2, "d/web");
	world_turn(a->loop, 100);
	close(api_answer(&a->api, "GET" RESOURCE "?limit=",
			 API_OK "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}"));
	return api_answer(&a->api, "GET" RESOURCE "?watch=true", API_OK);
}

static void what_was_announced_before_the_api_had_the_kind_is_written_then(void **state)
{
	struct agent *a = *state;
	int watch = find_kind(a);

	close(api_answer(&a->api, "PATCH" RESOURCE "/l2-18232494b7b78f87?", API_OK "{}"));
	close(watch);
}

/* The kind is looked for; nobody goes on writing what it cannot hold. */
static void what_the_api_has_no_longer_is_not_written_again_and_again(void **state)
{
	struct agent *a = *state;
	int watch = find_kind(a);

	close(api_answer(&a->api, "PATCH" RESOURCE "/l2-18232494b7b78f87?", MISSING));
	close(watch);
	close(api_answer(&a->api, "GET" RESOURCE "?watch=true", MISSING));
	close(api_answer(&a->api, "GET /group HTTP", MISSING));
}

/* Its owner is judged by the pod's uid. */
static void what_a_former_pod_owned_is_made_ours(void **state)
{
	struct agent *a = *state;
	int pods = api_answer(&a->api, "GET /api/v1/namespaces/m/pods", API_OK);
	struct pollfd early = { .fd = a->api.listener, .events = POLLIN };
	int watch;

	world_turn(a->loop, 100);
	assert_int_equal(poll(&early, 1, 0), 0);
	assert_int_equal(write(pods, POD, strlen(POD)), strlen(POD));
	close(pods);
	close(api_answer(&a->api, "GET" RESOURCE "?limit=", API_OK FORMER));
	watch = api_answer(&a->api, "GET" RESOURCE "?watch=true", API_OK);
	close(api_answer(&a->api, "PATCH" RESOURCE "/l2-18232494b7b78f87?", API_OK "{}"));
	close(watch);
}

/* As by an API server that has not read the roles yet: objects without an owner would stay for ever. */
static void a_refusal_that_passes_leaves_no_object_without_an_owner(void **state)
{
	struct agent *a = *state;

	close(api_answer(&a->api, "GET /api/v1/namespaces/m/pods",
			 "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{}"));
	close(api_answer(&a->api, "GET /api/v1/namespaces/m/pods", API_OK POD));
	world_until(a->loop, &a->known);
	assert_string_equal(kube_self_uid(a->self), "new");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_api_does_not_have_costs_nothing),
		TEST(what_was_announced_before_the_api_had_the_kind_is_written_then),
		TEST(what_the_api_has_no_longer_is_not_written_again_and_again),
		cmocka_unit_test_setup_teardown(a_refusal_that_passes_leaves_no_object_without_an_owner, setup_in_pod,
						teardown),
		cmocka_unit_test_setup_teardown(what_a_former_pod_owned_is_made_ours, setup_in_pod, teardown),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
