/* test_told - what doctor says for people, and as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/doctor/world.h"

static void findings_are_a_line_with_the_remedy_below_it(void **state)
{
	static const char *const wanted[] = {
		("\n    Enlarge a pool, or add addresses of the family of the service; "
		 "`tinlb why default/web` shows the whole chain\n"),
		"\"finding\":\"serviceWaiting\",\"severity\":\"error\"", "\"healthy\":false",
		"\"remedy\":\"Enlarge a pool, ",
	};
	struct view view;
	char *told;

	(void)state;
	world_healthy(&view);
	told = world_told(&view);
	assert_ptr_equal(strstr(told, "healthy: 1 of 1 controller and 3 of 3 speakers answered, 1 address, "
				      "nothing is wrong\n{"), told);
	free(told);
	world_set(&world_leader(&view)->service->reason, "allPoolsFull");
	told = world_told(&view);
	assert_ptr_equal(strstr(told, "error serviceWaiting (allPoolsFull): service default/web waits"), told);
	assert_null(strstr(told, "healthy:"));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_non_null(strstr(told, wanted[i]));
	free(told);
	view_done(&view);
}

static void who_was_not_asked_is_not_counted(void **state)
{
	struct view view;
	char *told;

	(void)state;
	world_healthy(&view);
	world_lose_pod(&view, VIEW_CONTROLLER, 0);
	world_ask_pages_only(&view);
	view.asked = 0;
	told = world_told(&view);
	assert_ptr_equal(strstr(told, "healthy: 3 of 3 speakers answered, 1 address, nothing is wrong\n{"), told);
	free(told);
	view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_a_line_with_the_remedy_below_it),
		cmocka_unit_test(who_was_not_asked_is_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
