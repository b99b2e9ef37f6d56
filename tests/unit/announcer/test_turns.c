/* test_turns - whom a speaker asks when the first one says that it does not have the address */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/announcer/pair.h"

/* This node comes first, and asks "other"; "third" has it. */
static struct node *ring_of_three(void)
{
	struct node *n = ring(&me_first, true);

	tell_row_of_three(n, T(0), &(const uint16_t[3]){ 0, 1, 2 });
	from_other(n, T(1), HAND_GIVE, expect(n, HAND_ASK).entry[0].token);
	return n;
}

static struct hand_msg asks_third(struct node *n)
{
	struct hand_msg msg;
	const char *to;

	assert_true(node_next_hand(n, &to, &msg));
	assert_string_equal(to, "third");
	assert_int_equal(msg.kind, HAND_ASK);
	memcpy(msg.from, "third", sizeof("third"));
	return msg;
}

static void where_one_denies_the_next_one_is_asked(void **state)
{
	struct node *n = ring_of_three();
	struct hand_msg give = asks_third(n);

	(void)state;
	assert_false(answers(n, T(1)));
	give.kind = HAND_GIVE;
	give.held = true;
	node_on_hand(n, T(2), &give);
	assert_true(answers(n, T(2)));
	assert_int_equal(verdict_of(n, T(2)).cause, TABLE_CAUSE_GIVEN);
	node_free(n);
}

static void where_all_deny_or_are_silent_it_is_taken(void **state)
{
	struct node *n = ring_of_three();
	struct hand_msg give = asks_third(n);

	(void)state;
	give.kind = HAND_GIVE;
	node_on_hand(n, T(2), &give);
	assert_true(answers(n, T(2)));
	assert_int_equal(verdict_of(n, T(2)).cause, TABLE_CAUSE_FREE); /* it was a guess */
	node_free(n);
	n = ring_of_three();
	for (int ms = 1; ms < 101; ms += 20)
		assert_false(answers(n, T(ms)));
	assert_true(answers(n, T(101)));
	node_free(n);
}

static void one_that_is_asked_in_turn_may_keep_it(void **state)
{
	struct node *n = ring_of_three();
	struct hand_msg keep = asks_third(n);

	(void)state;
	keep.kind = HAND_KEEP;
	node_on_hand(n, T(2), &keep);
	for (int ms = 2; ms < 2700; ms += 100) /* then it is probed for, and not just taken */
		assert_false(answers(n, T(ms)));
	node_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_one_denies_the_next_one_is_asked),
		cmocka_unit_test(where_all_deny_or_are_silent_it_is_taken),
		cmocka_unit_test(one_that_is_asked_in_turn_may_keep_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
