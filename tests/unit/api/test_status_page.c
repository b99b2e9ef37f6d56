/* test_status_page - what /status says stands on the page, as text and in its place */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "common/api/wire/status_page.h"

static const char *page(struct text *t, const char *json)
{
	text_init(t, 1 << 20);
	assert_int_equal(status_page_write(json, strlen(json), t), 0);
	return t->s;
}

static void whatever_the_json_holds_is_text(void **state)
{
	static const char json[] =
		"{\"component\":\"<script>alert(1)</script>\",\"node\":\"a&b\",\"notes\":[\"\\\"><img src=x>\"],"
		"\"history\":[{\"time\":\"2026-01-02T03:04:05Z\\\"><b>\",\"about\":\"'\",\"event\":\"</td>\","
		"\"message\":\"&lt;\"}]}";
	struct text t;
	const char *html = page(&t, json);

	(void)state;
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<img"));
	assert_null(strstr(html, "<b>"));
	assert_non_null(strstr(html, "<title>TinLB &#60;script&#62;alert(1)&#60;/script&#62; on a&#38;b</title>"));
	assert_non_null(strstr(html, "&#34;&#62;&#60;img src=x&#62;"));
	assert_non_null(strstr(html, "data-label=\"Event\">&#60;/td&#62;</td>"));
	assert_non_null(strstr(html, "&#38;lt;"));
	text_done(&t);
}

static void an_address_is_a_row_with_its_reason_and_remedy(void **state)
{
	static const char json[] =
		"{\"component\":\"speaker\",\"addresses\":[{\"ip\":\"10.0.0.1\",\"services\":[\"d/a\",\"d/b\"],"
		"\"state\":\"withheld\",\"owner\":null,\"next\":null,\"since\":\"2026-01-02T03:04:05Z\","
		"\"reason\":\"noEndpoints\",\"message\":\"no pod\",\"claimants\":[]}]}";
	struct text t;
	const char *html = page(&t, json);

	(void)state;
	assert_non_null(strstr(html, "<h2 id=\"addresses\">Addresses</h2>"));
	assert_non_null(strstr(html, "<a href=\"#addresses\">"));
	assert_non_null(strstr(html, "<th role=\"rowheader\" scope=\"row\">10.0.0.1</th>"));
	assert_non_null(strstr(html, ">d/a, d/b</td>"));
	assert_non_null(strstr(html, ">noEndpoints: no pod</td>"));
	assert_non_null(strstr(html, "<li><strong>10.0.0.1:</strong> no pod</li>"));
	assert_non_null(strstr(html, "<time datetime=\"2026-01-02T03:04:05Z\">2026-01-02 03:04:05</time>"));
	assert_null(strstr(html, ">Claimed by<")); /* nobody has anything there */
	assert_null(strstr(html, "id=\"pools\"")); /* no such list */
	text_done(&t);
}

static void an_empty_list_says_so_and_trouble_comes_first(void **state)
{
	struct text t;
	const char *html = page(&t, "{\"addresses\":[],\"config\":{\"error\":\"line 7: x\"},"
				    "\"api\":{\"denied\":[\"one\",\"two\"]},\"ready\":false}");

	(void)state;
	assert_non_null(strstr(html, "<p>No service has an address.</p>"));
	assert_non_null(strstr(html, "<li><strong>Configuration:</strong> line 7: x</li>"));
	assert_non_null(strstr(html, "<li><strong>Not allowed:</strong> two</li>"));
	assert_true(strstr(html, "line 7") < strstr(html, "No service has"));
	assert_non_null(strstr(html, "<dt>Ready</dt><dd>no</dd>"));
	text_done(&t);
	assert_non_null(strstr(page(&t, "{}"), "<p>Nothing.</p>"));
	text_done(&t);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "{", "3", "{}x" };
	struct text t;

	(void)state;
	text_init(&t, 1024);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(status_page_write(bad[i], strlen(bad[i]), &t), -EPROTO);
	assert_int_equal(t.n, 0);
	text_done(&t);
}

/* The policy lets the browser apply this very style sheet. */
static void the_hash_in_the_policy_is_that_of_the_style(void **state)
{
	unsigned char hash[32], base64[48];

	(void)state;
	assert_int_equal(EVP_Digest(status_page_style, strlen(status_page_style), hash, NULL, EVP_sha256(), NULL), 1);
	EVP_EncodeBlock(base64, hash, sizeof(hash));
	assert_string_equal((const char *)base64, STATUS_PAGE_STYLE_SHA256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_the_json_holds_is_text),
		cmocka_unit_test(an_address_is_a_row_with_its_reason_and_remedy),
		cmocka_unit_test(an_empty_list_says_so_and_trouble_comes_first),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(the_hash_in_the_policy_is_that_of_the_style),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
