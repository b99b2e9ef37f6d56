/* test_overview - pools, who waits, who sees whom, and every disagreement */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include "cli/core/overview.h"
#include "cli/wire/overview_json.h"

#define MEMBER(name, alive) "{'name':'" name "','alive':" alive "}"
#define SPEAKER(members, hash, key)                                                                \
	"'config':{'loaded':true,'hash':'" hash "'},'ring':{'state':'joined','keyIds':['" key "']},"  \
	"'members':[" members "]"
#define BOTH MEMBER("a", "true") "," MEMBER("b", "true")

static void add_controller(struct view *view)
{
	world_add(view, VIEW_CONTROLLER, "c",
		  "'role':'leader','leader':'me','config':{'loaded':true,'hash':'h','source':'s'},"
		  "'pools':[{'name':'small','size':2,'used':2},{'name':'huge','size':9223372036854775807,'used':1}],"
		  "'services':[{'service':'d/ok','addresses':['10.0.0.1']},"
		  "{'service':'d/waits','reason':'poolFull','message':'full'}]");
}

static char *said(const struct overview *o)
{
	struct text t;

	text_init(&t, 100000);
	for (size_t i = 0; i < o->finding.n; i++)
		text_addf(&t, "%s\n", o->finding.at[i]);
	return text_take(&t);
}

static void expect(const struct view *view, size_t n, const char *words)
{
	struct overview o;
	char *all;

	overview_of(view, &o);
	all = said(&o);
	world_assert_has(all, words);
	if (o.finding.n != n)
		fail_msg("%zu findings, not %zu:\n%s", o.finding.n, n, all);
	free(all);
	overview_done(&o);
}

static void when_all_agree_there_is_nothing_to_say(void **state)
{
	struct view_words gaps = { 0 };
	struct view view = world_view();
	struct overview o;
	struct text t;

	(void)state;
	text_init(&t, 100000);
	add_controller(&view);
	world_add(&view, VIEW_SPEAKER, "a", SPEAKER(BOTH, "h", "k"));
	world_add(&view, VIEW_SPEAKER, "b", SPEAKER(BOTH, "h", "k"));
	expect(&view, 0, "");
	overview_of(&view, &o);
	overview_format(&o, false, &t);
	world_assert_has(t.s, "small  2     2     0\nhuge   many  1     many\n");
	world_assert_has(t.s, "d/waits  poolFull  full\n");
	world_assert_lacks(t.s, "d/ok");
	world_assert_has(t.s, "a        yes    0        joined  a b   -       h\n");
	world_assert_lacks(t.s, "!");
	text_clear(&t);
	overview_json_write(&o, &gaps, &t);
	world_assert_has(t.s, "\"waiting\":[{\"service\":\"d/waits\",\"reason\":\"poolFull\",\"message\":\"full\"}]");
	world_assert_has(t.s, "\"sees\":[\"a\",\"b\"],\"misses\":[]");
	overview_done(&o);
	view_done(&view);
	text_done(&t);
}

static void every_disagreement_is_one_sentence(void **state)
{
	static const struct {
		const char *b, *words;
		size_t n;
	} row[] = {
		{ SPEAKER(MEMBER("a", "false") "," MEMBER("b", "true"), "h", "k"), "b does not see a", 1 },
		{ SPEAKER(BOTH, "other", "k"), "configurations differ: controller-c has h, speaker-b has other", 1 },
		{ SPEAKER(BOTH, "h", "other"), "keys of the membership differ", 1 },
		{ SPEAKER(BOTH, "h", "k") ",'version':'2.0'", "versions differ", 1 },
		{ SPEAKER(BOTH, "h", "k") ",'ready':false", "speaker-b is not ready", 1 },
		{ SPEAKER(BOTH, "h", "k") ",'api':{'trouble':'gone'}", "cannot read the API: gone", 1 },
		{ SPEAKER(BOTH, "h", "k") ",'api':{'denied':['no']}", "lacks a right: no", 1 },
		{ "'config':{'hash':'h'},'ring':{'state':'portTaken','message':'taken','keyIds':['k']},'members':[" BOTH "]",
		  "b: taken", 1 },
		{ "'config':{'hash':'h'},'ring':{'state':'off'},'members':[]", "", 0 },
		{ SPEAKER(BOTH, "h", "k") ",'addresses':[{'ip':'10.0.0.1','state':'withheld','reason':'linkDown'}]",
		  "10.0.0.1: nobody answers: linkDown", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct view view = world_view();

		add_controller(&view);
		world_add(&view, VIEW_SPEAKER, "a", SPEAKER(BOTH, "h", "k"));
		world_add(&view, VIEW_SPEAKER, "b", row[i].b);
		expect(&view, row[i].n, row[i].words);
		view_done(&view);
	}
}

static void a_speaker_that_was_not_read_is_missed_only_by_who_does_not_see_it(void **state)
{
	struct view view = world_view();

	(void)state;
	world_add(&view, VIEW_SPEAKER, "a", SPEAKER(BOTH, "h", "k"));
	world_add(&view, VIEW_SPEAKER, "b", NULL);
	expect(&view, 0, "");
	world_add(&view, VIEW_SPEAKER, "c", NULL);
	expect(&view, 1, "a does not see c, and the page there could not be read: is the node down?");
	view.daemon[VIEW_SPEAKER].at[2].pod_trouble = mem_strdup("Pending");
	expect(&view, 0, "");
	view_done(&view);
}

static void the_state_of_the_configuration_is_told(void **state)
{
	static const struct {
		const char *config, *words;
	} row[] = {
		{ "{'loaded':false,'error':'e'}", "the configuration is refused: e" },
		{ "{'loaded':true,'stale':true,'error':'e'}", "refused, an older one is in force: e" },
		{ "{'loaded':false}", "there is no configuration" },
		{ "{'loaded':true,'stale':true}", "the configuration is gone" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct view view = world_view();
		struct text t;

		text_init(&t, 1000);
		text_addf(&t, "'role':'alone','config':%s", row[i].config);
		world_add(&view, VIEW_CONTROLLER, "c", t.s);
		expect(&view, 1, row[i].words);
		view_done(&view);
		text_done(&t);
	}
}

static void what_is_little_and_what_is_much_is_shown_in_few_words(void **state)
{
	struct view view = world_view();
	struct overview o;
	struct text t;

	(void)state;
	text_init(&t, 100000);
	overview_of(&view, &o);
	overview_format(&o, false, &t);
	assert_string_equal(t.s, "TinLB in namespace metallb-system: 0 of 0 addresses answered\n");
	overview_done(&o);
	text_clear(&t);
	world_add(&view, VIEW_SPEAKER, "z", NULL);
	world_add(&view, VIEW_SPEAKER, "a", "'notes':['mind this'],'ring':{'state':'alone','message':'lonely'},'members':["
		  MEMBER("a", "true") "," MEMBER("b", "true") "," MEMBER("c", "true") "," MEMBER("d", "true") ","
		  MEMBER("e", "true") "," MEMBER("f", "true") "," MEMBER("z", "true") "]");
	view_sort(&view);
	assert_string_equal(view.daemon[VIEW_SPEAKER].at[0].node, "a");
	overview_of(&view, &o);
	overview_format(&o, true, &t);
	text_clear(&t);
	overview_format(&o, false, &t);
	world_assert_has(t.s, "a        yes       0        alone  7     -       -\n");
	world_assert_has(t.s, "z        not read  -        -      -     -       -\n");
	world_assert_has(t.s, "\nspeaker-a says: mind this\n");
	world_assert_has(t.s, "\n! a: lonely\n");
	overview_done(&o);
	view_done(&view);
	text_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_all_agree_there_is_nothing_to_say),
		cmocka_unit_test(every_disagreement_is_one_sentence),
		cmocka_unit_test(a_speaker_that_was_not_read_is_missed_only_by_who_does_not_see_it),
		cmocka_unit_test(what_is_little_and_what_is_much_is_shown_in_few_words),
		cmocka_unit_test(the_state_of_the_configuration_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
