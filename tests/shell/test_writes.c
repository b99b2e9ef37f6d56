/* test_writes - what reaches the API of a status, and what becomes of the answers */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "controller/controller.h"
#include "controller/pages.h"
#include "controller/writes.h"
#include "tests/shell/api.h"
#include "tests/shell/world.h"
#include "tests/unit/controller/world.h"

#define N_SHARING 10000
#define KEY "default/a"
#define SERVICE " /api/v1/namespaces/default/services/a"
#define POOL "address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/30]}]"
#define OTHER "address-pools: [{name: q, protocol: layer2, addresses: [9.9.9.0/30]}]"
#define OBJECT(version, ip)                                                                     \
	"{\"metadata\":{\"namespace\":\"default\",\"name\":\"a\",\"uid\":\"uid\","              \
	"\"resourceVersion\":\"" version "\"},\"spec\":{\"type\":\"LoadBalancer\","             \
	"\"clusterIP\":\"10.96.0.10\",\"ports\":[{\"protocol\":\"TCP\",\"port\":80}]},"         \
	"\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"" ip "\"}]}}}"

struct fixture { /* a controller that leads, without its feeds */
	struct controller c;
	struct api api;
};

static void on_timer(void *ctx, instant now)
{
	(void)now;
	writes_pump(ctx);
}

/* Events are not what these tests are about. */
static void pump(struct controller *c)
{
	struct reconcile_note note;

	while (reconcile_next_note(c->reconcile, &note))
		;
	writes_pump(c);
}

static int setup(void **state)
{
	static struct fixture f;
	const struct kube_client_config client = { .server = API_BASE, .user_agent = "test" };
	const struct leader_config leader = { .namespace = "n", .name = "l", .identity = "i",
					      .duration_s = 15 };
	struct controller *c = &f.c;
	struct text error;

	f = (struct fixture){ .c = { .loop = loop_new(), .leads = true } };
	api_open(&f.api, c->loop);
	text_init(&error, 256);
	assert_int_equal(kube_client_new(c->loop, &client, &c->client, &error), 0);
	text_done(&error);
	c->leader = leader_new(&leader);
	leader_on_forbidden(c->leader, loop_now(c->loop) - 10 * NS_PER_S); /* so that there is no Lease to write */
	c->timer = loop_timer_new(c->loop, on_timer, c);
	c->reconcile = reconcile_new("", 1);
	reconcile_on_config(c->reconcile, 0, world_config(POOL));
	reconcile_on_all_services(c->reconcile, 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct controller *c = &f->c;

	writes_cancel(c);
	loop_timer_free(c->timer);
	leader_free(c->leader);
	reconcile_free(c->reconcile);
	history_done(&c->history);
	kube_client_free(c->client);
	loop_free(c->loop);
	api_close(&f->api);
	return 0;
}

/* It has an address of a pool that is gone, so it is moved; the object must be read for that. */
static void move(struct fixture *f)
{
	reconcile_on_service(f->c.reconcile, 0, world_with_stored(world_service("a"), "1.2.3.0"));
	reconcile_on_config(f->c.reconcile, 0, world_config(OTHER));
	pump(&f->c);
}

static void assert_quiet(struct fixture *f)
{
	for (unsigned n = 0; n < 2000 && f->c.n_writes > 0; n++)
		world_turn(f->c.loop, 5);
	assert_int_equal(f->c.n_writes, 0);
	assert_int_equal(reconcile_n_due(f->c.reconcile), 0);
}

static void a_move_is_one_get_and_one_put(void **state)
{
	struct fixture *f = *state;

	move(f);
	close(api_answer(&f->api, "GET" SERVICE " ", API_OK OBJECT("5", "1.2.3.0")));
	close(api_answer(&f->api, "PUT" SERVICE "/status ", API_OK OBJECT("6", "9.9.9.0")));
	assert_non_null(strstr(f->api.request, "\"ingress\":[{\"ip\":\"9.9.9.0\"}]"));
	assert_quiet(f);
	assert_int_equal(f->c.state.writes, 1);
	assert_int_equal(f->c.n_events, 0); /* that it moves was told before */
}

static void a_service_that_is_deleted_while_it_is_read_stays_gone(void **state)
{
	struct fixture *f = *state;

	move(f);
	reconcile_on_gone(f->c.reconcile, loop_now(f->c.loop), KEY);
	close(api_answer(&f->api, "GET" SERVICE " ", API_OK OBJECT("5", "1.2.3.0")));
	assert_quiet(f);
	assert_null(reconcile_find(f->c.reconcile, KEY));
	assert_int_equal(f->c.state.update_errors, 0);
}

static void a_service_that_cannot_be_written_back_is_a_failure_and_is_read(void **state)
{
	struct fixture *f = *state;
	struct kube_service *odd = world_service("a");

	free(odd->raw);
	odd->raw = mem_strdup("[]");
	reconcile_on_service(f->c.reconcile, 0, odd);
	pump(&f->c);
	assert_int_equal(f->c.state.update_errors, 1);
	assert_int_equal(f->c.n_writes, 0);
	assert_int_equal(reconcile_n_due(f->c.reconcile), 1);
	close(api_answer(&f->api, "GET" SERVICE " ", API_OK OBJECT("5", "1.2.3.0")));
	close(api_answer(&f->api, "PUT" SERVICE "/status ", API_OK OBJECT("6", "1.2.3.0")));
	assert_quiet(f);
	assert_int_equal(f->c.state.update_errors, 1);
}

static void an_object_that_cannot_be_read_is_a_failure(void **state)
{
	struct fixture *f = *state;

	move(f);
	close(api_answer(&f->api, "GET" SERVICE " ", API_OK "{\"metadata\":7}"));
	close(api_answer(&f->api, "GET" SERVICE " ", API_OK OBJECT("5", "9.9.9.0")));
	close(api_answer(&f->api, "PUT" SERVICE "/status ", API_OK OBJECT("6", "9.9.9.0"))); /* the note */
	assert_quiet(f);
	assert_int_equal(f->c.state.update_errors, 1);
}

static void a_conflict_is_no_failure_and_the_object_is_read_again(void **state)
{
	struct fixture *f = *state;

	move(f);
	close(api_answer(&f->api, "GET" SERVICE " ", API_OK OBJECT("5", "1.2.3.0")));
	close(api_answer(&f->api, "PUT" SERVICE "/status ",
			 "HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n"));
	close(api_answer(&f->api, "GET" SERVICE " ", API_OK OBJECT("7", "1.2.3.0")));
	close(api_answer(&f->api, "PUT" SERVICE "/status ", API_OK OBJECT("8", "9.9.9.0")));
	assert_non_null(strstr(f->api.request, "\"resourceVersion\":\"7\""));
	assert_quiet(f);
	assert_int_equal(f->c.state.conflicts, 1);
	assert_int_equal(f->c.state.update_errors, 0);
}

static void who_is_asked_for_a_pause_by_the_answer_to_an_event_makes_one(void **state)
{
	struct fixture *f = *state;

	reconcile_on_service(f->c.reconcile, 0, world_service("a"));
	writes_pump(&f->c);
	close(api_answer(&f->api, "POST /api/v1/namespaces/default/events ",
			 "HTTP/1.1 429 Too Many\r\nRetry-After: 60\r\nConnection: close\r\n\r\n"));
	for (unsigned n = 0; n < 2000 && f->c.n_events > 0; n++)
		world_turn(f->c.loop, 5);
	assert_int_equal(f->c.n_events, 0);
	assert_true(f->c.pause_until > loop_now(f->c.loop));
}

/* Names as long as they may be, one sharing key, a port each. */
static void the_page_of_an_address_that_very_many_share_is_whole(void **state)
{
	struct fixture *f = *state;
	char space[64], name[64];
	struct text page;
	const char *type;
	json_t *root;

	memset(space, 'n', sizeof(space));
	space[63] = '\0';
	for (int32_t i = 0; i < N_SHARING; i++) {
		struct kube_service *s;

		snprintf(name, sizeof(name), "%063d", (int)i);
		s = world_with_note(world_in(world_service(name), space), "metallb.io/allow-shared-ip", "k");
		s = world_with_port(s, "TCP", i + 1);
		reconcile_on_service(f->c.reconcile, 0, s);
	}
	text_init(&page, 64u * 1024 * 1024);
	assert_string_equal(controller_pages[3].path, "/status");
	assert_int_equal(controller_pages[3].write(&f->c, &page, &type), 200);
	root = json_loadb(page.s, page.n, 0, NULL);
	assert_non_null(root);
	assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(root, "addresses"), 0),
							 "services")), N_SHARING);
	json_decref(root);
	text_done(&page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_move_is_one_get_and_one_put),
		TEST(a_service_that_is_deleted_while_it_is_read_stays_gone),
		TEST(a_service_that_cannot_be_written_back_is_a_failure_and_is_read),
		TEST(an_object_that_cannot_be_read_is_a_failure),
		TEST(a_conflict_is_no_failure_and_the_object_is_read_again),
		TEST(who_is_asked_for_a_pause_by_the_answer_to_an_event_makes_one),
		TEST(the_page_of_an_address_that_very_many_share_is_whole),
	};
	int rc = world_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
