/* test_who - who answers, as all speakers together say it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/world.h"

#include "cli/core/who.h"
#include "cli/wire/who_json.h"

static struct who who_of_all(const struct view *view)
{
	struct who who;

	who_of(view, NULL, &who);
	assert_int_equal(who.n, 1);
	return who;
}

static void one_answers_and_all_agree(void **state)
{
	struct view view = world_view();
	struct who who;
	struct text t;

	(void)state;
	text_init(&t, 10000);
	world_speaker(&view, "a", "notOwner", "b");
	world_speaker(&view, "b", "announced", NULL);
	who = who_of_all(&view);
	assert_string_equal(who.row[0].owner, "b");
	assert_true(who_is_well(&who));
	who_format(&who, INT64_C(1767225600) * 1000000 + 65000000, false, &t);
	assert_string_equal(t.s,
			    "ADDRESS   SERVICE      NODE  INTERFACE  MAC                SINCE  NEXT\n"
			    "10.0.0.1  default/web  b     eth0       02:00:00:00:00:01  1m5s   z\n");
	text_clear(&t);
	who_json_write(&who, &(struct view_words){ 0 }, &t);
	world_assert_has(t.s, "\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:01\"}],"
			      "\"since\":\"2026-01-01T00:00:00Z\",\"next\":\"z\",\"announcers\":1");
	who_done(&who);
	view_done(&view);
	text_done(&t);
}

static void hearsay_is_marked(void **state)
{
	struct view view = world_view();
	struct who who;
	struct text t;

	(void)state;
	text_init(&t, 10000);
	world_speaker(&view, "a", "notOwner", "b");
	who = who_of_all(&view);
	who_format(&who, 0, false, &t);
	world_assert_has(t.s, "10.0.0.1: the others say so; the page of b was not read\n");
	who_done(&who);
	view_done(&view);
	text_done(&t);
}

static void what_is_amiss_is_said(void **state)
{
	static const struct {
		const char *state[3], *word[3]; /* of speakers a, b, c; NULL: not there, "-": not read */
		const char *owner, *said;
		bool is_hearsay;
	} row[] = {
		{ { "announced", "announced" }, { NULL }, "a", "a and b all say that they answer", false },
		{ { "withheld", "withheld" }, { "noEndpoints", "noEndpoints" }, NULL,
		  "nobody answers: noEndpoints", false },
		{ { "notOwner", "-" }, { "b" }, "b", NULL, true },
		{ { "notOwner", "notOwner" }, { "b", "a" }, NULL, "nobody answers: notOwner", false },
		{ { "announced", "notOwner", "notOwner" }, { NULL, "a", "b" }, "a",
		  "c says that b answers", false },
		{ { "notOwner", "withheld" }, { "b", "linkDown" }, NULL, "nobody answers: linkDown", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		static const char *const node[] = { "a", "b", "c" };
		struct view view = world_view();
		struct who who;

		for (size_t k = 0; k < 3 && row[i].state[k]; k++) {
			if (strcmp(row[i].state[k], "-") == 0)
				world_add(&view, VIEW_SPEAKER, node[k], NULL);
			else
				world_speaker(&view, node[k], row[i].state[k], row[i].word[k]);
		}
		who = who_of_all(&view);
		if (!str_equal(who.row[0].owner, row[i].owner))
			fail_msg("row %zu: %s", i, who.row[0].owner ? who.row[0].owner : "nobody");
		assert_int_equal(who.row[0].is_hearsay, row[i].is_hearsay);
		assert_int_equal(who_is_well(&who), row[i].said == NULL);
		if (row[i].said)
			world_assert_has(who.row[0].trouble, row[i].said);
		who_done(&who);
		view_done(&view);
	}
}

static void a_machine_outside_that_answers_is_trouble(void **state)
{
	struct view view = world_view();
	struct who who;

	(void)state;
	world_add(&view, VIEW_SPEAKER, "a", "'addresses':[{'ip':'10.0.0.1','state':'announced','owner':'a',"
		  "'claimants':['02:00:00:00:00:99']}]");
	who = who_of_all(&view);
	world_assert_has(who.row[0].trouble, "02:00:00:00:00:99");
	who_done(&who);
	view_done(&view);
}

static void an_address_that_nobody_knows_is_a_row_too(void **state)
{
	struct target target = { .ip = { world_ip("10.9.9.9") }, .n_ip = 1 };
	struct view_words gaps = { 0 };
	struct view view = world_view();
	struct who who;
	struct text t;

	(void)state;
	text_init(&t, 10000);
	who_of(&view, &target, &who);
	world_assert_has(who.row[0].trouble, "no speaker could be asked");
	who_done(&who);
	world_speaker(&view, "a", "announced", NULL);
	who_of(&view, &target, &who);
	world_assert_has(who.row[0].trouble, "no speaker knows it");
	who_format(&who, 0, true, &t);
	world_assert_has(t.s, "tinlb why 10.9.9.9");
	text_clear(&t);
	who_json_write(&who, &gaps, &t);
	world_assert_has(t.s, "{\"schema\":1,\"command\":\"who\",\"complete\":true,\"missing\":[],"
			      "\"addresses\":[{\"ip\":\"10.9.9.9\",\"services\":[],\"node\":null");
	who_done(&who);
	text_clear(&t);
	who_format(&(struct who){ 0 }, 0, false, &t);
	world_assert_has(t.s, "no service has an address");
	view_done(&view);
	text_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answers_and_all_agree),
		cmocka_unit_test(hearsay_is_marked),
		cmocka_unit_test(what_is_amiss_is_said),
		cmocka_unit_test(a_machine_outside_that_answers_is_trouble),
		cmocka_unit_test(an_address_that_nobody_knows_is_a_row_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
