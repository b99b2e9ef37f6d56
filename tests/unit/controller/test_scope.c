/* test_scope - whom a pool is for, and which pool is tried first */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/reconcile.h"
#include "tests/unit/controller/world.h"

#define POOL(name, address, scope)                                                         \
	"{\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"addresses\":[\"" address "\"]" scope \
	"}}"
#define SCOPE(rules) ",\"serviceAllocation\":{" rules "}"
#define OF_RED SCOPE("\"namespaceSelectors\":[{\"matchLabels\":{\"team\":\"red\"}}]")
#define FOR_WEB SCOPE("\"serviceSelectors\":[{\"matchLabels\":{\"app\":\"web\"}}]")

static struct reconcile *fresh(const char *const *pools)
{
	struct reconcile *r = reconcile_new("", 1);

	reconcile_on_config(r, 0, world_pools(pools));
	reconcile_on_all_services(r, 0);
	return r;
}

#define FRESH(...) fresh((const char *const[]){ __VA_ARGS__, NULL })

static const struct service *in(struct reconcile *r, const char *key)
{
	return reconcile_find(r, key);
}

/* The pool of its address, or the word of its reason. */
static const char *what(struct reconcile *r, const char *key)
{
	const struct service *s = in(r, key);

	return s->pool ? s->pool : reason_word((enum reason)s->reason);
}

static void pools_with_a_scope_come_first_by_priority(void **state)
{
	struct reconcile *r = FRESH(POOL("a-open", "1.0.0.0/32", ""),
				    POOL("b-last", "1.0.1.0/32", SCOPE("\"namespaces\":[\"default\"]")),
				    POOL("c-20", "1.0.2.0/32", SCOPE("\"priority\":20")),
				    POOL("d-10", "1.0.3.0/32", SCOPE("\"priority\":10")));

	(void)state;
	for (size_t i = 0; i < 5; i++)
		reconcile_on_service(r, 0, world_service((const char *[]){ "1", "2", "3", "4", "5" }[i]));
	assert_string_equal(what(r, "default/1"), "d-10");
	assert_string_equal(what(r, "default/2"), "c-20");
	assert_string_equal(what(r, "default/3"), "b-last");
	assert_string_equal(what(r, "default/4"), "a-open");
	assert_string_equal(what(r, "default/5"), "allPoolsFull");
	reconcile_free(r);
}

static void a_pool_for_others_gives_nothing_asked_for_or_not(void **state)
{
	struct reconcile *r = FRESH(POOL("ns", "1.0.0.0/24", SCOPE("\"namespaces\":[\"a\"]")),
				    POOL("web", "1.0.1.0/24", FOR_WEB));

	(void)state;
	reconcile_on_service(r, 0, world_service("1"));
	reconcile_on_service(r, 0, world_with_ip(world_service("2"), "1.0.0.7"));
	reconcile_on_service(r, 0,
			     world_with_note(world_service("3"), "metallb.io/address-pool", "web"));
	reconcile_on_service(r, 0, world_in(world_with_ip(world_service("4"), "1.0.0.7"), "a"));
	reconcile_on_service(r, 0, world_with_label(world_service("5"), "app", "web"));
	assert_string_equal(what(r, "default/1"), "noPoolForService");
	assert_string_equal(what(r, "default/2"), "poolForOtherNamespaces");
	assert_string_equal(what(r, "default/3"), "poolForOtherServices");
	assert_string_equal(what(r, "a/4"), "ns");
	assert_string_equal(what(r, "default/5"), "web");
	reconcile_free(r);
}

static void labels_of_namespaces_count_as_they_are_now(void **state)
{
	struct reconcile *r = FRESH(POOL("red", "1.0.0.0/24", OF_RED));

	(void)state;
	reconcile_on_namespace(r, 0, world_namespace("default", NULL, NULL));
	reconcile_on_namespaces_read(r, 0);
	reconcile_on_service(r, 0, world_service("1"));
	assert_string_equal(what(r, "default/1"), "noPoolForService");
	reconcile_on_namespace(r, 0, world_namespace("default", "team", "red"));
	assert_string_equal(what(r, "default/1"), "red");
	reconcile_on_namespace(r, 0, world_namespace("default", "team", "blue"));
	assert_string_equal(what(r, "default/1"), "noPoolForService");
	reconcile_free(r);
}

static void a_service_waits_until_its_namespace_is_known(void **state)
{
	struct reconcile *r = FRESH(POOL("open", "1.0.1.0/24", ""), POOL("red", "1.0.0.0/24", OF_RED));

	(void)state;
	reconcile_on_service(r, 0, world_service("1"));
	reconcile_on_service(r, 0, world_with_stored(world_service("2"), "1.0.0.9"));
	assert_string_equal(what(r, "default/1"), "notSynced"); /* not from pool open */
	assert_string_equal(what(r, "default/2"), "red");       /* and nothing is taken */
	reconcile_on_namespace(r, 0, world_namespace("default", "team", "red"));
	reconcile_on_namespaces_read(r, 0);
	assert_string_equal(what(r, "default/1"), "red");
	reconcile_on_service(r, 0, world_in(world_service("1"), "new"));
	assert_string_equal(what(r, "new/1"), "notSynced");
	reconcile_on_namespace(r, 0, world_namespace("new", "team", "red"));
	assert_string_equal(what(r, "new/1"), "red");
	reconcile_free(r);
}

static void the_order_of_namespaces_in_their_list_does_not_matter(void **state)
{
	struct reconcile *r = FRESH(POOL("red", "1.0.0.0/32", OF_RED), POOL("open", "1.0.1.0/32", ""));

	(void)state;
	reconcile_on_service(r, 0, world_in(world_service("1"), "a"));
	reconcile_on_service(r, 0, world_in(world_service("1"), "b"));
	reconcile_on_namespace(r, 0, world_namespace("b", "team", "red"));
	reconcile_on_namespace(r, 0, world_namespace("a", "team", "red"));
	assert_string_equal(what(r, "b/1"), "notSynced");
	reconcile_on_namespaces_read(r, 0);
	assert_string_equal(what(r, "a/1"), "red");
	assert_string_equal(what(r, "b/1"), "open");
	reconcile_free(r);
}

static void a_role_that_hid_namespaces_and_shows_them_lets_services_wait_again(void **state)
{
	struct reconcile *r = FRESH(POOL("open", "1.0.1.0/24", ""), POOL("red", "1.0.0.0/24", OF_RED));

	(void)state;
	reconcile_on_namespaces_denied(r, 0); /* as every request is, while a server starts */
	reconcile_on_namespaces_read(r, 0);
	reconcile_on_service(r, 0, world_service("1"));
	assert_string_equal(what(r, "default/1"), "notSynced");
	reconcile_on_namespace(r, 0, world_namespace("default", "team", "red"));
	assert_string_equal(what(r, "default/1"), "red");
	reconcile_free(r);
}

static void a_role_that_hides_namespaces_takes_nothing_and_gives_by_name_only(void **state)
{
	struct reconcile *r = FRESH(POOL("open", "1.0.1.0/24", ""), POOL("red", "1.0.0.0/24", OF_RED));

	(void)state;
	reconcile_on_service(r, 0, world_with_stored(world_service("1"), "1.0.0.9"));
	reconcile_on_service(r, 0, world_service("2"));
	reconcile_on_namespaces_denied(r, 0);
	reconcile_on_service(r, 0, world_with_ip(world_service("3"), "1.0.0.8"));
	assert_string_equal(what(r, "default/1"), "red");
	assert_string_equal(what(r, "default/2"), "open");
	assert_string_equal(what(r, "default/3"), "poolForOtherNamespaces");
	reconcile_free(r);
}

static void an_address_of_a_pool_that_went_to_others_is_taken_back(void **state)
{
	struct reconcile *r = FRESH(POOL("p", "1.0.0.0/24", ""));
	struct reconcile_note note;
	bool told = false;

	(void)state;
	reconcile_on_service(r, 0, world_with_stored(world_service("1"), "1.0.0.0"));
	assert_string_equal(what(r, "default/1"), "p");
	reconcile_on_config(r, 0, world_pools((const char *const[]){
					  POOL("p", "1.0.0.0/24", SCOPE("\"namespaces\":[\"a\"]")),
					  POOL("q", "1.0.1.0/24", ""), NULL }));
	assert_string_equal(what(r, "default/1"), "q");
	while (reconcile_next_note(r, &note))
		told |= strcmp(note.reason, "ClearAssignment") == 0;
	assert_true(told);
	reconcile_free(r);
}

static void an_address_that_nobody_announces_is_told_once(void **state)
{
	struct reconcile *r = FRESH(POOL("p", "1.0.0.0/24", ""));
	struct reconcile_note note;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		reconcile_on_service(r, 0, world_service("1"));
	while (reconcile_next_note(r, &note))
		n += strcmp(note.reason, "NotAdvertised") == 0;
	assert_int_equal(n, 1);
	reconcile_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools_with_a_scope_come_first_by_priority),
		cmocka_unit_test(a_pool_for_others_gives_nothing_asked_for_or_not),
		cmocka_unit_test(labels_of_namespaces_count_as_they_are_now),
		cmocka_unit_test(a_service_waits_until_its_namespace_is_known),
		cmocka_unit_test(the_order_of_namespaces_in_their_list_does_not_matter),
		cmocka_unit_test(a_role_that_hid_namespaces_and_shows_them_lets_services_wait_again),
		cmocka_unit_test(a_role_that_hides_namespaces_takes_nothing_and_gives_by_name_only),
		cmocka_unit_test(an_address_of_a_pool_that_went_to_others_is_taken_back),
		cmocka_unit_test(an_address_that_nobody_announces_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
