/* test_overview - pools, who waits, who sees whom, and what the doctor finds */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include "cli/core/overview.h"
#include "cli/wire/overview_json.h"

#define NOW_US INT64_C(1767323045000000)
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
	overview_of(&view, NOW_US, &o);
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

static void what_the_doctor_finds_is_a_line_each(void **state)
{
	struct view_words gaps = { 0 };
	struct view view = world_view();
	struct overview o;
	struct text t;

	(void)state;
	text_init(&t, 100000);
	add_controller(&view);
	world_add(&view, VIEW_SPEAKER, "a", SPEAKER(BOTH, "h", "k"));
	world_add(&view, VIEW_SPEAKER, "b", SPEAKER(MEMBER("a", "false") "," MEMBER("b", "true"), "other", "k"));
	overview_of(&view, NOW_US, &o);
	overview_format(&o, false, &t);
	world_assert_has(t.s, "\n\n! error gossipBlockedOneWay: gossip of b does not reach a");
	world_assert_has(t.s, "\n! warning configDiffers: the speaker on b has another configuration");
	world_assert_has(t.s, "(tinlb doctor says what to do)\n");
	text_clear(&t);
	overview_json_write(&o, &gaps, &t);
	world_assert_has(t.s, "\"findings\":[\"gossip of b does not");
	overview_done(&o);
	view_done(&view);
	text_done(&t);
}

static void an_address_counts_as_answered_by_one_node_only(void **state)
{
	static const struct {
		const char *b;
		size_t answered;
	} row[] = { { "notOwner", 1 }, { "announced", 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct view view = world_view();
		struct overview o;

		world_speaker(&view, "a", "announced", NULL);
		world_speaker(&view, "b", row[i].b, "a");
		overview_of(&view, NOW_US, &o);
		assert_int_equal(o.n_address, 1);
		assert_int_equal(o.n_answered, row[i].answered);
		overview_done(&o);
		view_done(&view);
	}
}

static void what_is_little_and_what_is_much_is_shown_in_few_words(void **state)
{
	struct view view = world_view();
	struct overview o;
	struct text t;

	(void)state;
	text_init(&t, 100000);
	overview_of(&view, NOW_US, &o);
	overview_format(&o, false, &t);
	assert_string_equal(t.s, "TinLB in namespace metallb-system: 0 of 0 addresses answered\n\n"
				 "! error nothingRuns: there is neither a controller nor a speaker in namespace "
				 "metallb-system\n  (tinlb doctor says what to do)\n");
	overview_done(&o);
	text_clear(&t);
	world_add(&view, VIEW_SPEAKER, "z", NULL);
	world_add(&view, VIEW_SPEAKER, "a", "'notes':['mind this'],'ring':{'state':'alone','message':'lonely'},'members':["
		  MEMBER("a", "true") "," MEMBER("b", "true") "," MEMBER("c", "true") "," MEMBER("d", "true") ","
		  MEMBER("e", "true") "," MEMBER("f", "true") "," MEMBER("z", "true") "]");
	view_sort(&view);
	assert_string_equal(view.daemon[VIEW_SPEAKER].at[0].node, "a");
	overview_of(&view, NOW_US, &o);
	overview_format(&o, true, &t);
	text_clear(&t);
	overview_format(&o, false, &t);
	world_assert_has(t.s, "a        yes       0        alone  7     -       -\n");
	world_assert_has(t.s, "z        not read  -        -      -     -       -\n");
	world_assert_has(t.s, "\nspeaker-a says: mind this\n");
	world_assert_has(t.s, "\n! warning speakerSilent: the speaker on z does not answer");
	overview_done(&o);
	view_done(&view);
	text_done(&t);
}

static void who_has_not_entered_the_membership_misses_nobody(void **state)
{
	struct view view = world_view();
	struct overview o;

	(void)state;
	world_add(&view, VIEW_SPEAKER, "a", SPEAKER(BOTH, "h", "k"));
	world_add(&view, VIEW_SPEAKER, "b", "'ring':{'state':'waiting'},'members':[]");
	overview_of(&view, NOW_US, &o);
	assert_int_equal(o.speaker[1].misses.n, 0);
	overview_done(&o);
	view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_all_agree_there_is_nothing_to_say),
		cmocka_unit_test(what_the_doctor_finds_is_a_line_each),
		cmocka_unit_test(an_address_counts_as_answered_by_one_node_only),
		cmocka_unit_test(what_is_little_and_what_is_much_is_shown_in_few_words),
		cmocka_unit_test(who_has_not_entered_the_membership_misses_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
