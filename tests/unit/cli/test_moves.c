/* test_moves - from look to look: only what has changed is told */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include "cli/core/moves.h"
#include "cli/wire/moves_json.h"

/* What a look tells, by line ends; view is ended. */
static char *look(struct moves *m, struct view *view)
{
	struct moves_list list = { 0 };
	struct text t;

	text_init(&t, 10000);
	moves_look(m, view, NULL, &list);
	for (size_t i = 0; i < list.n; i++) {
		moves_format(&list.at[i], &t);
		text_add(&t, "\n");
	}
	moves_list_done(&list);
	view_done(view);
	return text_take(&t);
}

static void expect(struct moves *m, struct view view, const char *wanted)
{
	char *said = look(m, &view);

	assert_string_equal(said, wanted);
	free(said);
}

static struct view seen(const char *state, const char *word)
{
	struct view view = world_view();

	world_speaker(&view, "a", state, word);
	return view;
}

static struct view at_other(void)
{
	struct view view = world_view();

	world_speaker(&view, "b", "announced", NULL);
	return view;
}

static struct view since(const char *time)
{
	struct view view = world_view();
	struct text t;

	text_init(&t, 1000);
	text_addf(&t, "'addresses':[{'ip':'10.0.0.1','state':'announced','since':'%s'}]", time);
	world_add(&view, VIEW_SPEAKER, "a", t.s);
	text_done(&t);
	return view;
}

static void each_change_is_told_once(void **state)
{
	struct moves m = { 0 };

	(void)state;
	expect(&m, seen("announced", NULL), "10.0.0.1 (default/web): a answers\n");
	expect(&m, seen("announced", NULL), "");
	expect(&m, at_other(), "10.0.0.1 (default/web): a -> b\n");
	expect(&m, seen("withheld", "noEndpoints"), "10.0.0.1 (default/web): b -> nobody (noEndpoints)\n");
	expect(&m, seen("withheld", "linkDown"), "");
	expect(&m, world_view(), ""); /* nobody could be asked: nothing is known to have changed */
	assert_true(m.is_blind);
	expect(&m, seen("announced", NULL), "10.0.0.1 (default/web): nobody -> a\n");
	assert_false(m.is_blind);
	moves_done(&m);
}

static void who_went_and_came_back_between_two_looks_is_told(void **state)
{
	struct moves m = { 0 };

	(void)state;
	expect(&m, since("2026-01-01T00:00:00Z"), "10.0.0.1: a answers\n");
	expect(&m, since("2026-01-01T00:00:00Z"), "");
	expect(&m, since("2026-01-01T00:00:05Z"), "10.0.0.1: a answers anew\n");
	moves_done(&m);
}

static void an_address_that_is_given_up_goes(void **state)
{
	struct view empty = world_view();
	struct moves m = { 0 };

	(void)state;
	world_add(&empty, VIEW_SPEAKER, "a", "");
	expect(&m, seen("withheld", "noEndpoints"), "10.0.0.1 (default/web): nobody answers (noEndpoints)\n");
	expect(&m, empty, "10.0.0.1 (default/web): no service has it any more\n");
	expect(&m, seen("announced", NULL), "10.0.0.1 (default/web): a answers\n");
	moves_done(&m);
}

static void lines_in_json_stand_alone(void **state)
{
	struct move move = { .ip = world_ip("10.0.0.1"), .services = mem_strdup("a/b, c/d"),
			     .to = mem_strdup("n") };
	struct moves_list list = { .at = mem_new(1, sizeof(move)), .n = 1 };
	struct text t;

	(void)state;
	text_init(&t, 1000);
	list.at[0] = move;
	moves_json_write(&move, 1000000, &t);
	assert_string_equal(t.s, "{\"schema\":1,\"command\":\"watch\",\"complete\":true,\"missing\":[],"
				 "\"time\":\"1970-01-01T00:00:01Z\",\"ip\":\"10.0.0.1\","
				 "\"services\":[\"a/b\",\"c/d\"],\"from\":null,\"to\":\"n\",\"reason\":null,"
				 "\"first\":false,\"gone\":false}\n");
	moves_list_done(&list);
	text_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_is_told_once),
		cmocka_unit_test(who_went_and_came_back_between_two_looks_is_told),
		cmocka_unit_test(an_address_that_is_given_up_goes),
		cmocka_unit_test(lines_in_json_stand_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
