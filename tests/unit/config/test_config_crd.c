/* test_config_crd - MetalLB's custom resources, right and wrong */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/wire/config_crd.h"

#define POOL(name, spec) "p{\"metadata\":{\"name\":\"" name "\"},\"spec\":" spec "}"
#define ADVERT(name, spec) "a{\"metadata\":{\"name\":\"" name "\"},\"spec\":" spec "}"
#define RANGE "\"addresses\":[\"10.0.0.0/24\"]"

/* Objects, each behind a letter for its kind; NULL at the end. */
static int decode(const char *const *text, struct config **out_config, struct config_errors *errors)
{
	struct config_crd_object object[16] = { 0 };
	char *essence[16];
	size_t n = 0;
	int rc;

	for (; text[n]; n++) {
		essence[n] = config_crd_essence(text[n] + 1);
		assert_non_null(essence[n]);
		object[n].kind = text[n][0] == 'a' ? CONFIG_CRD_ADVERT : CONFIG_CRD_POOL;
		object[n].essence = essence[n];
	}
	rc = config_from_objects(object, n, out_config, errors);
	for (size_t i = 0; i < n; i++)
		free(essence[i]);
	return rc;
}

static struct config *accepted(const char *const *text)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;
	struct text t;

	if (decode(text, &config, &errors) != 0) {
		text_init(&t, 2000);
		config_errors_format(&errors, &t);
		fail_msg("%s", t.s);
	}
	return config;
}

#define ACCEPTED(...) accepted((const char *const[]){ __VA_ARGS__, NULL })

/* A server stores it in any text; the object is read, and nothing behind it is lost. */
static void a_nul_is_refused_where_it_matters_and_harmless_elsewhere(void **state)
{
	static const char *const bad[] = {
		POOL("p", "{\"addresses\":[\"10.0.0.0/24\\u0000-junk\"]}"),
		POOL("p", "{" RANGE ",\"serviceAllocation\":{\"namespaces\":[\"a\\u0000b\"]}}"),
		POOL("p", "{" RANGE ",\"serviceAllocation\":{\"serviceSelectors\":"
			  "[{\"matchLabels\":{\"a\\u0000b\":\"c\"}}]}}"),
	};
	char *plain = config_crd_essence(&POOL("p", "{" RANGE "}")[1]); /* without its kind */
	char *noted = config_crd_essence("{\"metadata\":{\"name\":\"p\",\"annotations\":{\"a\":\"b\\u0000c\","
					 "\"d\\u0000\":\"\"}},\"spec\":{" RANGE "}}");

	(void)state;
	assert_string_equal(noted, plain);
	free(plain);
	free(noted);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *const object[] = { bad[i], NULL };
		struct config_errors errors = { 0 };
		struct config *config = NULL;
		struct text t;

		text_init(&t, 2000);
		assert_int_equal(decode(object, &config, &errors), -EINVAL);
		config_errors_format(&errors, &t);
		assert_non_null(strstr(t.s, "IPAddressPool p: spec: a text or a key in it holds a NUL"));
		text_done(&t);
		config_errors_done(&errors);
	}
}

static void a_pool_has_all_its_fields(void **state)
{
	struct config *config = ACCEPTED(
		"p{\"metadata\":{\"name\":\"a\",\"labels\":{\"z\":\"1\",\"b\":\"2\"},\"uid\":\"u\"},"
		"\"status\":{\"assignedIPv4\":1},\"spec\":{\"addresses\":[\"10.0.0.0/24\",\"fd00::/120\"],"
		"\"autoAssign\":false,\"avoidBuggyIPs\":true,\"serviceAllocation\":{\"priority\":-3,"
		"\"namespaces\":[\"x\",\"y\"],\"namespaceSelectors\":[{\"matchLabels\":{\"t\":\"r\"}}],"
		"\"serviceSelectors\":[{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"NotIn\","
		"\"values\":[\"v\"]}]}, {}]}}}");
	const struct config_pool *pool = &config->pool[0];

	(void)state;
	assert_int_equal(config->n_pool, 1);
	assert_string_equal(pool->name, "a");
	assert_int_equal(pool->n_range, 2);
	assert_false(pool->auto_assign);
	assert_true(pool->avoid_buggy);
	assert_string_equal(kube_label_find(&pool->labels, "z"), "1");
	assert_true(pool->scope.given);
	assert_int_equal(pool->scope.priority, -3);
	assert_int_equal(pool->scope.namespace.n, 2);
	assert_int_equal(pool->scope.namespace_selectors.n, 1);
	assert_int_equal(pool->scope.service_selectors.n, 2);
	assert_int_equal(pool->scope.service_selectors.at[0].term[0].operator, SELECTOR_NOT_IN);
	assert_int_equal(pool->scope.service_selectors.at[1].n_term, 0);
	assert_int_equal(pool->n_advert, 0); /* there is none: given away, never announced */
	assert_int_equal(strlen(config->hash), 16);
	config_free(config);
}

static void an_advertisement_has_all_its_fields(void **state)
{
	struct config *config = ACCEPTED(
		POOL("p", "{" RANGE "}"),
		ADVERT("a", "{\"ipAddressPools\":[\"p\",\"none\"],\"ipAddressPoolSelectors\":[{}],"
			    "\"nodeSelectors\":[{\"matchLabels\":{\"n\":\"1\"}}],"
			    "\"serviceSelectors\":[{\"matchLabels\":{\"s\":\"1\"}}],"
			    "\"interfaces\":[\"eth0\",\"eth1\"],\"preferredNodeSelectors\":[{\"weight\":100,"
			    "\"preference\":{\"matchLabels\":{\"rack\":\"1\"}}}]}"));
	const struct config_advert *advert = &config->advert[0];

	(void)state;
	assert_int_equal(config->n_advert, 1);
	assert_int_equal(advert->pool.n, 2);
	assert_int_equal(advert->pool_selectors.n, 1);
	assert_int_equal(advert->node_selectors.n, 1);
	assert_int_equal(advert->service_selectors.n, 1);
	assert_string_equal(advert->interface.at[1], "eth1");
	assert_int_equal(advert->preference[0].weight, 100);
	assert_int_equal(advert->preference[0].selector.n_term, 1);
	assert_int_equal(config->pool[0].n_advert, 1);
	config_free(config);
}

static void nothing_given_means_everything(void **state)
{
	struct config *config = ACCEPTED(POOL("p", "{" RANGE ",\"serviceAllocation\":null}"),
					 "a{\"metadata\":{\"name\":\"a\"}}");

	(void)state;
	assert_true(config->pool[0].auto_assign);
	assert_false(config->pool[0].scope.given);
	assert_int_equal(config->pool[0].n_advert, 1);
	config_free(config);
}

static void the_hash_tells_what_differs_and_nothing_else(void **state)
{
	struct config *a = ACCEPTED(POOL("p", "{" RANGE ",\"autoAssign\":true}"), ADVERT("a", "{}"));
	struct config *b = ACCEPTED(ADVERT("a", "{}"),
				    "p{\"status\":{\"assignedIPv4\":7},\"spec\":{\"autoAssign\":true," RANGE
				    "},\"metadata\":{\"resourceVersion\":\"9\",\"name\":\"p\"}}");
	struct config *c = ACCEPTED(POOL("p", "{" RANGE "}"), ADVERT("a", "{}"));

	(void)state;
	assert_string_equal(a->hash, b->hash);
	assert_string_not_equal(a->hash, c->hash);
	config_free(a);
	config_free(b);
	config_free(c);
}

static void assert_refused(const char *const *text, const char *object, const char *path,
			   const char *words)
{
	struct config_errors errors = { 0 };
	struct config *config = NULL;

	if (decode(text, &config, &errors) == 0)
		fail_msg("%s is taken", text[0]);
	if (!str_equal(errors.at[0].object, object) || strcmp(errors.at[0].path, path) != 0 ||
	    !strstr(errors.at[0].text, words))
		fail_msg("%s: %s: %s", errors.at[0].object, errors.at[0].path, errors.at[0].text);
	config_errors_done(&errors);
}

static void a_wrong_pool_is_refused_with_its_field(void **state)
{
	static const struct {
		const char *spec, *path, *words;
	} row[] = {
		{ "{\"addresses\":[]}", "spec.addresses", "no prefixes" },
		{ "{\"addresses\":[\"100.200.300.400/24\"]}", "spec.addresses[0]", "not an address" },
		{ "{\"addresses\":[1]}", "spec.addresses[0]", "text" },
		{ "{\"addresses\":\"10.0.0.0/24\"}", "spec.addresses", "list" },
		{ "{" RANGE ",\"autoAssign\":\"yes\"}", "spec.autoAssign", "true or false" },
		{ "{" RANGE ",\"protocol\":\"bgp\"}", "spec.protocol", "unknown field" },
		{ "[]", "spec", "object" },
		{ "{" RANGE ",\"serviceAllocation\":{\"priority\":1.5}}", "spec.serviceAllocation.priority",
		  "whole number" },
		{ "{" RANGE ",\"serviceAllocation\":{\"namespaces\":[\"a\",\"a\"]}}",
		  "spec.serviceAllocation.namespaces[1]", "duplicate" },
		{ "{" RANGE ",\"serviceAllocation\":{\"serviceSelectors\":[{},{}]}}",
		  "spec.serviceAllocation.serviceSelectors[1]", "duplicate" },
		{ "{" RANGE ",\"serviceAllocation\":{\"namespaceSelectors\":[{\"matchLabels\":"
		  "{\"a b\":\"c\"}}]}}",
		  "spec.serviceAllocation.namespaceSelectors[0].matchLabels", "no key" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char text[512];
		const char *const texts[] = { text, NULL };

		snprintf(text, sizeof(text), "p{\"metadata\":{\"name\":\"bad\"},\"spec\":%s}", row[i].spec);
		assert_refused(texts, "IPAddressPool bad", row[i].path, row[i].words);
	}
}

static void a_wrong_advertisement_is_refused_with_its_field(void **state)
{
	static const struct {
		const char *spec, *path, *words;
	} row[] = {
		{ "{\"ipAddressPools\":[\"p\",\"p\"]}", "spec.ipAddressPools[1]", "duplicate" },
		{ "{\"interfaceSelectors\":[]}", "spec.interfaceSelectors", "unknown field" },
		{ "{\"interfaces\":[\"\"]}", "spec.interfaces[0]", "network interface" },
		{ "{\"preferredNodeSelectors\":[{\"weight\":101,\"preference\":{}}]}",
		  "spec.preferredNodeSelectors[0].weight", "1 to 100" },
		{ "{\"preferredNodeSelectors\":[{\"weight\":1}]}", "spec.preferredNodeSelectors[0]",
		  "must both" },
	};
	static const struct {
		const char *expression, *path, *words;
	} expression[] = {
		{ "{\"key\":\"x\",\"operator\":\"BadOperator\"}", ".operator", "BadOperator" },
		{ "{\"key\":\"x\",\"operator\":\"In\"}", "", "need values" },
		{ "{\"key\":\"x\",\"operator\":\"Exists\",\"values\":[\"v\"]}", "", "no values" },
		{ "{\"key\":\"x\"}", "", "must both" },
		{ "{\"operator\":\"Exists\"}", "", "must both" },
		{ "{\"key\":\"x\",\"operator\":\"In\",\"values\":[\"v\",\"v\"]}", ".values[1]",
		  "duplicate" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char text[512];
		const char *const texts[] = { text, NULL };

		snprintf(text, sizeof(text), "a{\"metadata\":{\"name\":\"bad\"},\"spec\":%s}", row[i].spec);
		assert_refused(texts, "L2Advertisement bad", row[i].path, row[i].words);
	}
	for (size_t i = 0; i < ARRAY_LEN(expression); i++) {
		char text[512], path[128];
		const char *const texts[] = { text, NULL };

		snprintf(text, sizeof(text),
			 "a{\"metadata\":{\"name\":\"bad\"},\"spec\":{\"nodeSelectors\":"
			 "[{\"matchExpressions\":[%s]}]}}",
			 expression[i].expression);
		snprintf(path, sizeof(path), "spec.nodeSelectors[0].matchExpressions[0]%s",
			 expression[i].path);
		assert_refused(texts, "L2Advertisement bad", path, expression[i].words);
	}
}

static void selectors_that_say_the_same_are_duplicates(void **state)
{
	const char *const texts[] = {
		ADVERT("bad", "{\"nodeSelectors\":["
			      "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":"
			      "[\"1\",\"2\"]},{\"key\":\"b\",\"operator\":\"Exists\"}]},"
			      "{\"matchExpressions\":[{\"key\":\"b\",\"operator\":\"Exists\"},"
			      "{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"2\",\"1\"]}]}]}"),
		NULL
	};
	const char *const expressions[] = {
		ADVERT("bad", "{\"nodeSelectors\":[{\"matchExpressions\":["
			      "{\"key\":\"b\",\"operator\":\"Exists\"},"
			      "{\"key\":\"b\",\"operator\":\"Exists\"}]}]}"),
		NULL
	};

	(void)state;
	assert_refused(texts, "L2Advertisement bad", "spec.nodeSelectors[1]", "duplicate");
	assert_refused(expressions, "L2Advertisement bad",
		       "spec.nodeSelectors[0].matchExpressions[1]", "duplicate");
}

static void one_bad_object_refuses_all_and_every_error_is_told(void **state)
{
	const char *const texts[] = { POOL("good", "{" RANGE "}"), POOL("bad", "{\"addresses\":[\"x\"]}"),
				      ADVERT("odd", "{\"interfaces\":1}"), NULL };
	struct config_errors errors = { 0 };
	struct config *config = NULL;

	(void)state;
	assert_true(decode(texts, &config, &errors) != 0);
	assert_null(config);
	assert_int_equal(errors.n, 2);
	config_errors_done(&errors);
}

static void what_is_no_object_has_no_essence(void **state)
{
	(void)state;
	assert_null(config_crd_essence(""));
	assert_null(config_crd_essence("[]"));
	assert_null(config_crd_essence("{\"metadata\":{}}"));
	assert_null(config_crd_essence("{\"metadata\":{\"name\":\"\"}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nul_is_refused_where_it_matters_and_harmless_elsewhere),
		cmocka_unit_test(a_pool_has_all_its_fields),
		cmocka_unit_test(an_advertisement_has_all_its_fields),
		cmocka_unit_test(nothing_given_means_everything),
		cmocka_unit_test(the_hash_tells_what_differs_and_nothing_else),
		cmocka_unit_test(a_wrong_pool_is_refused_with_its_field),
		cmocka_unit_test(a_wrong_advertisement_is_refused_with_its_field),
		cmocka_unit_test(selectors_that_say_the_same_are_duplicates),
		cmocka_unit_test(one_bad_object_refuses_all_and_every_error_is_told),
		cmocka_unit_test(what_is_no_object_has_no_essence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
