/* test_severity - how bad a finding is, and that the worst comes first */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/doctor/world.h"

#define TEXT_MAX 65536

/* ---- faults ---- */

static void one_silent(struct view *v) { world_lose_page(world_speaker(v, 1)); }
static void owner_silent(struct view *v) { world_lose_page(world_speaker(v, 0)); }
static void all_silent(struct view *v)
{
	for (size_t i = 0; i < N; i++)
		world_lose_page(world_speaker(v, i));
}
static void all_crash(struct view *v)
{
	all_silent(v);
	for (size_t i = 0; i < N; i++)
		world_set(&world_speaker(v, i)->pod_trouble, "CrashLoopBackOff");
}
static void one_link_down(struct view *v)
{
	world_set(&world_page(v, 1)->address->state, "withheld");
	world_set(&world_page(v, 1)->address->reason, "linkDown");
}
static void all_links_down(struct view *v) { world_withhold(v, "linkDown"); }
static void no_network(struct view *v)
{
	for (size_t i = 0; i < N; i++)
		v->node[i]->network_unavailable = true;
	world_withhold(v, "noCandidate");
}
static void only_a_note(struct view *v) { world_exclude(v, 1); }
static void a_note_without_an_answer(struct view *v)
{
	world_exclude(v, 1);
	world_withhold(v, "notSynced");
}

/* ---- tests ---- */

/* "severity word" of each, by lines. */
static char *weighed(const struct doctor *doctor)
{
	struct text t;

	text_init(&t, TEXT_MAX);
	for (size_t i = 0; i < doctor->n; i++)
		text_addf(&t, "%s %s\n", doctor_severity_word(doctor->at[i].severity),
			  doctor_word(doctor->at[i].word));
	return text_take(&t);
}

static void expect(const struct view *view, const char *wanted)
{
	struct doctor doctor;
	char *found;

	doctor_examine(view, NOW_US, &doctor);
	found = weighed(&doctor);
	assert_string_equal(found, wanted);
	free(found);
	doctor_done(&doctor);
}

static void the_worst_comes_first(void **state)
{
	struct view view;

	(void)state;
	world_healthy(&view);
	world_exclude(&view, 1);
	view.node[1]->ready = false;
	world_set(&world_page(&view, 1)->version, "0.9");
	world_set(&world_leader(&view)->service->reason, "allPoolsFull");
	world_set(&world_leader(&view)->role, "standby");
	world_set(&world_speaker(&view, 2)->pod_trouble, "Pending");
	world_lose_page(world_speaker(&view, 2));
	expect(&view, "error noLeader\nerror serviceWaiting\nwarning speakerMissing\nwarning nodeNotReady\n"
		      "note versionsDiffer\nnote nodeExcluded\n");
	view_done(&view);
}

static void notes_alone_are_healthy(void **state)
{
	struct view view;
	char *told;

	(void)state;
	world_healthy(&view);
	only_a_note(&view);
	expect(&view, "note nodeExcluded\n");
	told = world_told(&view);
	assert_ptr_equal(strstr(told, "note nodeExcluded: "), told);
	assert_non_null(strstr(told, "\nhealthy: "));
	assert_non_null(strstr(told, "\"healthy\":true"));
	free(told);
	view_done(&view);
}

static void a_warning_is_an_error_while_nobody_answers(void **state)
{
	static const struct {
		void (*fault)(struct view *v);
		enum doctor_severity severity; /* of all that is found */
	} row[] = {
		{ one_silent, DOCTOR_WARNING },	   { owner_silent, DOCTOR_WARNING },
		{ all_crash, DOCTOR_ERROR },	   { all_silent, DOCTOR_ERROR },
		{ one_link_down, DOCTOR_WARNING }, { all_links_down, DOCTOR_ERROR },
		{ no_network, DOCTOR_ERROR },	   { only_a_note, DOCTOR_NOTE },
		{ a_note_without_an_answer, DOCTOR_NOTE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct doctor doctor;
		struct view view;

		world_healthy(&view);
		world_know_address(world_leader(&view));
		row[i].fault(&view);
		doctor_examine(&view, NOW_US, &doctor);
		assert_true(doctor.n > 0);
		for (size_t k = 0; k < doctor.n; k++)
			if (doctor.at[k].severity != row[i].severity)
				fail_msg("case %zu: %s is a %s", i, doctor_word(doctor.at[k].word),
					 doctor_severity_word(doctor.at[k].severity));
		doctor_done(&doctor);
		view_done(&view);
	}
}

static void an_error_that_explains_it_leaves_warnings_as_they_are(void **state)
{
	struct view view;

	(void)state;
	world_healthy(&view);
	world_withhold(&view, "noEndpoints");
	view.node[1]->ready = false;
	expect(&view, "error notAnnounced\nwarning nodeNotReady\n");
	view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_comes_first),
		cmocka_unit_test(notes_alone_are_healthy),
		cmocka_unit_test(a_warning_is_an_error_while_nobody_answers),
		cmocka_unit_test(an_error_that_explains_it_leaves_warnings_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
