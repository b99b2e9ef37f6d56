/* test_config_model - objects checked, who may have an address of a pool, and where it is announced */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/core/config_address.h"
#include "config/core/config_admission.h"
#include "config/core/config_check.h"
#include "config/core/config_reach.h"

#define L(k, v) { (char[]){ k }, (char[]){ v } }

static struct kube_label app_web[] = { L("app", "web") };
static struct kube_label app_db[] = { L("app", "db") };
static const struct kube_labels web = { app_web, 1 }, db = { app_db, 1 }, none;

/* A list of one selector, for labels with app=value. */
static struct selectors app_is(const char *value)
{
	struct selectors s = { mem_new(1, sizeof(*s.at)), 1 };
	struct selector_term *term = mem_new(1, sizeof(*term));

	term->key = mem_strdup("app");
	term->operator = SELECTOR_EQUALS;
	term->value = mem_new(1, sizeof(char *));
	term->value[0] = mem_strdup(value);
	term->n_value = 1;
	s.at[0] = (struct selector){ term, 1 };
	return s;
}

static struct config_names names(const char *const *name, size_t n)
{
	struct config_names list = { mem_new(n, sizeof(char *)), n };

	for (size_t i = 0; i < n; i++)
		list.at[i] = mem_strdup(name[i]);
	return list;
}

#define NAMES(...) \
	names((const char *[]){ __VA_ARGS__ }, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))

static void a_pool_without_a_scope_is_for_everyone(void **state)
{
	const struct config_pool pool = { 0 };
	const struct config_client client = { "any", NULL, &none };

	(void)state;
	assert_int_equal(config_pool_admission(&pool, &client), CONFIG_ADMITTED);
}

static void names_and_selectors_of_namespaces_are_alternatives(void **state)
{
	struct config_pool pool = { .scope = { .given = true, .namespace = NAMES("a"),
					       .namespace_selectors = app_is("web") } };

	(void)state;
	assert_true(config_pool_admits(&pool, &(struct config_client){ "a", &none, &none }));
	assert_true(config_pool_admits(&pool, &(struct config_client){ "b", &web, &none }));
	assert_int_equal(config_pool_admission(&pool, &(struct config_client){ "b", &db, &none }),
			 CONFIG_OTHER_NAMESPACE);
	assert_int_equal(config_pool_admission(&pool, &(struct config_client){ "b", NULL, &none }),
			 CONFIG_UNKNOWN_NAMESPACE);
	assert_true(config_pool_admits(&pool, &(struct config_client){ "a", NULL, &none }));
	assert_true(config_selects_namespaces(&(struct config){ .pool = &pool, .n_pool = 1 }));
	assert_false(config_selects_namespaces(&(struct config){ 0 }));
	config_scope_done(&pool.scope);
}

static void a_selector_that_no_namespace_meets_leaves_the_pool_to_none(void **state)
{
	struct config_pool pool = { .scope = { .given = true, .namespace_selectors = app_is("x") } };

	(void)state;
	assert_false(config_pool_admits(&pool, &(struct config_client){ "a", &web, &none }));
	config_scope_done(&pool.scope);
}

static void namespace_and_labels_of_the_service_must_both_fit(void **state)
{
	struct config_pool pool = { .scope = { .given = true, .namespace = NAMES("a"),
					       .service_selectors = app_is("web") } };

	(void)state;
	assert_true(config_pool_admits(&pool, &(struct config_client){ "a", &none, &web }));
	assert_int_equal(config_pool_admission(&pool, &(struct config_client){ "a", &none, &db }),
			 CONFIG_OTHER_LABELS);
	assert_int_equal(config_pool_admission(&pool, &(struct config_client){ "b", &none, &web }),
			 CONFIG_OTHER_NAMESPACE);
	config_scope_done(&pool.scope);
}

/* ---- objects ---- */

static void add_pool(struct config_draft *draft, const char *name, const char *address)
{
	struct config_draft_pool *pool = &draft->pool[draft->n_pool++];
	struct text object;

	text_init(&object, 100);
	text_addf(&object, "IPAddressPool %s", name);
	pool->object = text_take(&object);
	pool->name.text = mem_strdup(name);
	pool->address = mem_new(1, sizeof(*pool->address));
	pool->address[pool->n_address++].text = mem_strdup(address);
}

static struct config_advert *add_advert(struct config_draft *draft, const char *name)
{
	struct config_advert *advert = &draft->advert[draft->n_advert++];

	advert->name = mem_strdup(name);
	return advert;
}

static struct config_draft draft_for(size_t n_pool, size_t n_advert)
{
	return (struct config_draft){ .pool = mem_new(n_pool, sizeof(struct config_draft_pool)),
				      .advert = mem_new(n_advert, sizeof(struct config_advert)) };
}

static struct config *checked(struct config_draft *draft)
{
	struct config_errors errors = { 0 };
	struct config *config;
	struct text t;

	config_draft_order(draft);
	config = config_check(draft, &errors);
	if (!config) {
		text_init(&t, 1000);
		config_errors_format(&errors, &t);
		fail_msg("%s", t.s);
	}
	config_draft_done(draft);
	return config;
}

static void pools_stand_by_priority_and_then_by_name(void **state)
{
	static const struct {
		const char *name, *address;
		bool given;
		int64_t priority;
	} row[] = {
		{ "free-b", "10.0.0.0/32", false, 0 }, { "zero", "10.0.1.0/32", true, 0 },
		{ "twenty", "10.0.2.0/32", true, 20 }, { "free-a", "10.0.3.0/32", false, 0 },
		{ "below", "10.0.4.0/32", true, -1 },  { "ten-b", "10.0.5.0/32", true, 10 },
		{ "ten-a", "10.0.6.0/32", true, 10 },
	};
	static const char *const wanted[] = { "below", "ten-a", "ten-b", "twenty", "zero", "free-a",
					      "free-b" };
	struct config_draft draft = draft_for(ARRAY_LEN(row), 0);
	struct config *config;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		add_pool(&draft, row[i].name, row[i].address);
		draft.pool[i].scope.given = row[i].given;
		draft.pool[i].scope.priority = row[i].priority;
	}
	config = checked(&draft);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_string_equal(config->pool[i].name, wanted[i]);
	config_free(config);
}

static void advertisements_mean_pools_by_name_by_label_or_all(void **state)
{
	struct config_draft draft = draft_for(2, 4);
	struct config_advert *advert;
	struct config *config;

	(void)state;
	add_pool(&draft, "p", "10.0.0.0/32");
	add_pool(&draft, "q", "10.0.1.0/32");
	draft.pool[1].labels = (struct kube_labels){ mem_new(1, sizeof(struct kube_label)), 1 };
	draft.pool[1].labels.at[0] = (struct kube_label){ mem_strdup("app"), mem_strdup("web") };
	add_advert(&draft, "d-all");
	advert = add_advert(&draft, "c-both");
	advert->pool = NAMES("q", "unknown");
	advert->pool_selectors = app_is("web");
	add_advert(&draft, "b-name")->pool = NAMES("p");
	add_advert(&draft, "a-label")->pool_selectors = app_is("web");
	config = checked(&draft);
	assert_int_equal(config->pool[0].n_advert, 2); /* b-name, d-all */
	assert_string_equal(config->advert[config->pool[0].advert[0]].name, "b-name");
	assert_string_equal(config->advert[config->pool[0].advert[1]].name, "d-all");
	assert_int_equal(config->pool[1].n_advert, 3); /* a-label, c-both once, d-all */
	assert_string_equal(config->advert[config->pool[1].advert[1]].name, "c-both");
	config_free(config);
}

static void a_wrong_object_is_named_with_its_field(void **state)
{
	struct config_draft draft = draft_for(2, 0);
	struct config_errors errors = { 0 };
	struct text t;

	(void)state;
	add_pool(&draft, "p", "10.0.0.0/24");
	add_pool(&draft, "q", "10.0.0.7/32");
	config_draft_order(&draft);
	assert_null(config_check(&draft, &errors));
	config_draft_done(&draft);
	text_init(&t, 1000);
	config_errors_format(&errors, &t);
	assert_string_equal(t.s, "IPAddressPool q: spec.addresses[0]: \"10.0.0.7/32\" overlaps with "
				 "\"10.0.0.0/24\" of pool \"p\": each address may stand in one place only");
	text_done(&t);
	config_errors_done(&errors);
}

static void what_advertisements_say_adds_up(void **state)
{
	struct config_draft draft = draft_for(1, 3);
	struct config_reach reach = { 0 };
	struct config_advert *advert;
	struct config *config;
	struct selectors prefer = app_is("web");
	bool selects;

	(void)state;
	add_pool(&draft, "p", "10.0.0.0/24");
	advert = add_advert(&draft, "a");
	advert->interface = NAMES("eth1", "eth0");
	advert->node_selectors = app_is("web");
	advert->preference = mem_new(1, sizeof(*advert->preference));
	advert->preference[advert->n_preference++] =
		(struct config_preference){ 30, prefer.at[0] };
	free(prefer.at);
	advert = add_advert(&draft, "b");
	advert->interface = NAMES("eth0");
	advert->node_selectors = app_is("web");
	add_advert(&draft, "c")->service_selectors = app_is("db");
	config = checked(&draft);

	assert_int_equal(config_advertises(config, config->pool, &none, &web, &reach), CONFIG_COVERED);
	assert_int_equal(reach.weight, 30);
	assert_false(reach.every_interface);
	assert_true(config_is_advertised(config, config->pool, &none, &selects));
	assert_false(selects);
	assert_int_equal(reach.n_interface, 2);
	assert_string_equal(reach.interface[0], "eth0");
	assert_string_equal(reach.interface[1], "eth1");

	assert_int_equal(config_advertises(config, config->pool, &none, &db, &reach),
			 CONFIG_OTHER_NODES);
	assert_int_equal(reach.n_interface, 0);
	assert_int_equal(config_advertises(config, config->pool, &db, &db, &reach), CONFIG_COVERED);
	assert_true(reach.every_interface);
	assert_true(config_is_advertised(config, config->pool, &db, &selects));
	assert_true(selects);
	assert_int_equal(reach.n_interface, 0);
	config_reach_done(&reach);
	config_free(config);
}

static void a_pool_that_no_advertisement_is_for_is_silent(void **state)
{
	struct config_draft draft = draft_for(1, 1);
	struct config_reach reach = { 0 };
	struct config *config;

	(void)state;
	add_pool(&draft, "p", "10.0.0.0/24");
	add_advert(&draft, "a")->pool = NAMES("other");
	config = checked(&draft);
	assert_int_equal(config_advertises(config, config->pool, &none, &none, &reach),
			 CONFIG_NO_ADVERTISEMENT);
	config_free(config);
}

static void addresses_are_read_as_they_are_written(void **state)
{
	static const struct {
		const char *text, *again;
	} row[] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },	    { "10.1.2.3/24", "10.1.2.0/24" },
		{ "10.0.0.1-10.0.0.4", "10.0.0.1-10.0.0.4" },
		{ "10.0.0.0-10.0.0.255", "10.0.0.0/24" },
		{ "10.0.0.7 - 10.0.0.7", "10.0.0.7/32" }, { "::/0", "::/0" },
		{ "fd00::1-fd00::ff", "fd00::1-fd00::ff" },
	};
	struct config_errors errors = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct ip_range range;
		struct text t;

		text_init(&t, 200);
		assert_true(config_address_parse(row[i].text, &(struct config_place){ .path = "a" },
						 &errors, &range));
		config_address_format(&range, &t);
		assert_string_equal(t.s, row[i].again);
		text_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_without_a_scope_is_for_everyone),
		cmocka_unit_test(names_and_selectors_of_namespaces_are_alternatives),
		cmocka_unit_test(a_selector_that_no_namespace_meets_leaves_the_pool_to_none),
		cmocka_unit_test(namespace_and_labels_of_the_service_must_both_fit),
		cmocka_unit_test(pools_stand_by_priority_and_then_by_name),
		cmocka_unit_test(advertisements_mean_pools_by_name_by_label_or_all),
		cmocka_unit_test(a_wrong_object_is_named_with_its_field),
		cmocka_unit_test(what_advertisements_say_adds_up),
		cmocka_unit_test(a_pool_that_no_advertisement_is_for_is_silent),
		cmocka_unit_test(addresses_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
