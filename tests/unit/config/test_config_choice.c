/* test_config_choice - which source wins */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "config/core/config_choice.h"

static void each_state_has_one_source(void **state)
{
	static const struct {
		const char *what;
		struct config_seen seen;
		enum config_origin origin;
	} row[] = {
		{ "nothing was read", { 0 }, CONFIG_WAIT },
		{ "only the ConfigMap was", { .map = CONFIG_READ, .has_map = true }, CONFIG_WAIT },
		{ "only the pools were", { .pools = CONFIG_READ, .n_pool = 1 }, CONFIG_WAIT },
		{ "pools need no ConfigMap",
		  { .pools = CONFIG_READ, .adverts = CONFIG_READ, .n_pool = 1 }, CONFIG_FROM_OBJECTS },
		{ "pools win", { CONFIG_READ, CONFIG_READ, CONFIG_READ, true, 1, true },
		  CONFIG_FROM_OBJECTS },
		{ "advertisements alone do not", { CONFIG_READ, CONFIG_READ, CONFIG_READ, true, 0, true },
		  CONFIG_FROM_MAP },
		{ "no kinds, a ConfigMap",
		  { CONFIG_READ, CONFIG_ABSENT, CONFIG_ABSENT, true, 0, false }, CONFIG_FROM_MAP },
		{ "no kinds, no ConfigMap",
		  { CONFIG_READ, CONFIG_ABSENT, CONFIG_ABSENT, false, 0, false }, CONFIG_NONE },
		{ "no kinds, the ConfigMap went",
		  { CONFIG_READ, CONFIG_ABSENT, CONFIG_ABSENT, false, 0, true }, CONFIG_MAP_LOST },
		{ "kinds, the ConfigMap went",
		  { CONFIG_READ, CONFIG_READ, CONFIG_READ, false, 0, true }, CONFIG_MAP_LOST },
		{ "kinds, and nothing of them",
		  { CONFIG_READ, CONFIG_READ, CONFIG_READ, false, 0, false }, CONFIG_FROM_OBJECTS },
		{ "the role forbids the ConfigMap",
		  { CONFIG_ABSENT, CONFIG_READ, CONFIG_READ, false, 0, false }, CONFIG_FROM_OBJECTS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (config_choose(&row[i].seen) != row[i].origin)
			fail_msg("%s", row[i].what);
}

static void only_pools_beside_a_configmap_are_two_sources(void **state)
{
	(void)state;
	assert_true(config_is_doubled(&(struct config_seen){ .has_map = true, .n_pool = 1 }));
	assert_false(config_is_doubled(&(struct config_seen){ .has_map = true }));
	assert_false(config_is_doubled(&(struct config_seen){ .n_pool = 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_has_one_source),
		cmocka_unit_test(only_pools_beside_a_configmap_are_two_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
