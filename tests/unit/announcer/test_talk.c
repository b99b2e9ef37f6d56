/* test_talk - speakers that gossip in bytes: who answers when one comes, goes, or cannot be understood */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/announcer/world.h"

static void start_all(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		world_start(w, i);
	world_run(w, 5000);
}

static void assert_owner(struct world *w, unsigned row, size_t who)
{
	size_t is = SIZE_MAX;

	assert_int_equal(world_answers(w, row, &is), 1);
	assert_int_equal(is, who);
}

static void each_address_has_its_first_candidate(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	start_all(&w);
	for (unsigned row = 0; row < 3; row++)
		assert_owner(&w, row, row);
	world_done(&w);
}

static void the_next_one_answers_when_the_owner_crashes(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	start_all(&w);
	world_crash(&w, 1);
	world_run(&w, 9000); /* membership.md 2.3: 8 s at most with three */
	assert_owner(&w, 1, 2);
	assert_owner(&w, 0, 0);
	world_start(&w, 1);
	world_run(&w, 3000);
	assert_owner(&w, 1, 1);
	world_done(&w);
}

static void another_secret_is_noticed_and_joins_nobody(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3);
	world_start(&w, 0);
	world_start(&w, 1);
	w.config.ring.key[0] = seal_key_of((const uint8_t *)"other", 5, 32);
	world_start(&w, 2);
	world_run(&w, 5000);
	assert_true(talk_is_locked_out(w.node[2].talk));
	assert_false(talk_is_locked_out(w.node[0].talk));
	assert_true(brain_is_alone(talk_brain(w.node[2].talk)));
	assert_int_not_equal(talk_troubles(w.node[0].talk, TALK_NOT_OPENED), 0);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_its_first_candidate),
		cmocka_unit_test(the_next_one_answers_when_the_owner_crashes),
		cmocka_unit_test(another_secret_is_noticed_and_joins_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
