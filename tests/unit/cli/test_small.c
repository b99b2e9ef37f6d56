/* test_small - ages, tables, files as one text, targets and gaps */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include <errno.h>

#include "cli/core/age.h"
#include "cli/core/gaps.h"
#include "cli/core/grid.h"
#include "cli/core/joined.h"
#include "cli/core/target.h"

static void ages_are_written_as_kubectl_does(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} row[] = { { -5, "0s" }, { 0, "0s" }, { 59, "59s" }, { 192, "3m12s" }, { 7500, "2h5m" },
		    { 273600, "3d4h" }, { 8640000, "100d" } };
	char text[AGE_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_string_equal(age_format(row[i].s * 1000000, text), row[i].text);
}

static void columns_are_aligned_and_nothing_speaks_to_the_terminal(void **state)
{
	struct grid g;
	struct text t;

	(void)state;
	text_init(&t, 1000);
	grid_init(&g, 2);
	grid_add(&g, "\xc3\xa4" "b", GRID_PLAIN);
	grid_add(&g, "\033[31mx\xc2\x9by\x7f", GRID_BAD);
	grid_add(&g, "abcd", GRID_PLAIN);
	grid_add(&g, NULL, GRID_PLAIN);
	grid_format(&g, false, &t);
	assert_string_equal(t.s, "\xc3\xa4" "b    ?[31mx?y?\nabcd  -\n");
	text_clear(&t);
	grid_format(&g, true, &t);
	world_assert_has(t.s, "\033[1;31m?[31mx?y?\033[0m\n");
	grid_done(&g);
	text_done(&t);
}

static void a_line_is_found_in_its_file(void **state)
{
	struct joined j;
	unsigned line;

	(void)state;
	joined_init(&j, 1000);
	assert_null(joined_find(&j, 1, &line));
	joined_add(&j, "a", "1\n2", 3);
	assert_string_equal(joined_find(&j, 0, &line), "a");
	joined_add(&j, "b", "", 0);
	joined_add(&j, "c", "x\n", 2);
	assert_string_equal(j.text.s, "1\n2\n---\n---\nx\n");
	assert_string_equal(joined_find(&j, 2, &line), "a");
	assert_int_equal(line, 2);
	assert_string_equal(joined_find(&j, 5, &line), "c");
	assert_int_equal(line, 1);
	assert_null(joined_find(&j, 0, &line));
	joined_done(&j);
}

static const char services[] =
	"{'metadata':{'namespace':'a','name':'web'},'spec':{'type':'LoadBalancer'},"
	"'status':{'loadBalancer':{'ingress':[{'ip':'10.0.0.7'},{'ip':'fd00::1'}]}}},"
	"{'metadata':{'namespace':'b','name':'web'},'spec':{'type':'ClusterIP'}},"
	"{'metadata':{'namespace':'c','name':'web'},'spec':{'type':'LoadBalancer'}},"
	"{'metadata':{'namespace':'d','name':'only'},'spec':{'type':'ClusterIP'}}";

static void find(const struct view *view, const char *words, int rc, const char *said)
{
	struct target t = { 0 };
	struct text error;

	text_init(&error, 1000);
	assert_int_equal(target_find(view, words, &t, &error), rc);
	world_assert_has(rc == 0 && t.service ? t.service : error.s, said);
	target_done(&t);
	text_done(&error);
}

static void services_are_found_by_name_where_that_is_clear(void **state)
{
	struct view view = world_view();
	struct target t;
	struct text error;

	(void)state;
	text_init(&error, 1000);
	find(&view, "web", -EAGAIN, "were not read: it may have no address, or not exist (tinlb why web says)");
	world_services(&view, services);
	find(&view, "a/web", 0, "a/web");
	find(&view, "b/web", 0, "b/web");
	find(&view, "web", -EINVAL, "a/web or c/web");
	find(&view, "only", 0, "d/only");
	find(&view, "none", -ENOENT, "no service \"none\" (NAMESPACE/NAME, or a name alone)");
	find(&view, "10.0.0.9", 0, "");
	assert_int_equal(target_find(&view, "a/web", &t, &error), 0);
	assert_int_equal(t.n_ip, 2);
	assert_non_null(t.object);
	target_done(&t);
	view_done(&view);
	text_done(&error);
}

static void without_the_api_pages_say_which_services_there_are(void **state)
{
	struct view view = world_view();
	struct target t;
	struct text error;

	(void)state;
	text_init(&error, 1000);
	world_speaker(&view, "a", "announced", NULL);
	world_add(&view, VIEW_CONTROLLER, "c",
		  "'services':[{'service':'default/web','addresses':['10.0.0.1','10.0.0.2']}]");
	assert_int_equal(target_find(&view, "web", &t, &error), 0);
	assert_string_equal(t.service, "default/web");
	assert_int_equal(t.n_ip, 2);
	assert_null(t.object);
	target_done(&t);
	view_done(&view);
	text_done(&error);
}

static void what_could_not_be_read_is_told_once_with_what_to_do(void **state)
{
	struct view view = world_view();
	struct view_words gaps = { 0 };

	(void)state;
	gaps_of(&view, &gaps);
	assert_int_equal(gaps.n, 2);
	world_assert_has(gaps.at[0], "has no speaker pods");
	world_assert_has(gaps.at[1], "--namespace");
	view_words_done(&gaps);
	world_speaker(&view, "a", "announced", NULL);
	world_add(&view, VIEW_SPEAKER, "b", NULL);
	world_add(&view, VIEW_CONTROLLER, "c", NULL)->pod_trouble = mem_strdup("Pending");
	view.error[VIEW_PODS] = mem_strdup("away");
	view.error[VIEW_NODES] = mem_strdup("away");
	view.error[VIEW_SERVICES] = mem_strdup("forbidden");
	gaps_of(&view, &gaps);
	assert_int_equal(gaps.n, 4);
	world_assert_has(gaps.at[0], "the pods of TinLB could not be read: away");
	world_assert_has(gaps.at[1], "the services could not be read: forbidden");
	world_assert_has(gaps.at[2], "speaker-b on b could not be read: connection refused");
	world_assert_has(gaps.at[3], "does not run (Pending)");
	assert_true(gaps_has_page(&view, VIEW_SPEAKER));
	assert_false(gaps_has_page(&view, VIEW_CONTROLLER));
	view_words_done(&gaps);
	view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages_are_written_as_kubectl_does),
		cmocka_unit_test(columns_are_aligned_and_nothing_speaks_to_the_terminal),
		cmocka_unit_test(a_line_is_found_in_its_file),
		cmocka_unit_test(services_are_found_by_name_where_that_is_clear),
		cmocka_unit_test(without_the_api_pages_say_which_services_there_are),
		cmocka_unit_test(what_could_not_be_read_is_told_once_with_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
