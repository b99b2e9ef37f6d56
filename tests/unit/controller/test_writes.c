/* test_writes - whose answer counts, and that everything is written and told once */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/reconcile.h"
#include "tests/unit/controller/world.h"

#define KEY "default/a"
#define POOL "address-pools: [{name: p, protocol: layer2, addresses: [1.2.3.0/32]}]"
#define OTHER "address-pools: [{name: q, protocol: layer2, addresses: [9.9.9.0/30]}]"
#define NONE_TO_GIVE \
	"address-pools: [{name: q, protocol: layer2, addresses: [9.9.9.0/30], auto-assign: false}]"

static struct reconcile *fresh(const char *yaml)
{
	struct reconcile *r = reconcile_new("", 1);

	reconcile_on_config(r, 0, world_config(yaml));
	reconcile_on_all_services(r, 0);
	return r;
}

/* The service at that version, with that address in its status and the pool in its note, or with none. */
static struct kube_service *at_version(const char *version, const char *ip, const char *pool)
{
	struct kube_service *s = world_service("a");

	free(s->meta.resource_version);
	s->meta.resource_version = mem_strdup(version);
	return ip ? world_with_stored(world_with_note(s, SERVICE_NOTE, pool), ip) : s;
}

static struct kube_service *of_uid(struct kube_service *s, const char *uid)
{
	free(s->meta.uid);
	s->meta.uid = mem_strdup(uid);
	return s;
}

static struct reconcile_write next_write(struct reconcile *r)
{
	struct reconcile_write write;

	assert_true(reconcile_next_write(r, INSTANT_NEVER, &write));
	write.key = KEY;
	return write;
}

static void assert_no_write(struct reconcile *r)
{
	struct reconcile_write write;

	assert_false(reconcile_next_write(r, INSTANT_NEVER, &write));
}

static void assert_writes(const struct reconcile_write *write, const char *ip, const char *pool)
{
	char text[IP_TEXT_MAX];

	assert_int_equal(write->n_ip, 1);
	assert_string_equal(ip_format(&write->ip[0], text), ip);
	assert_string_equal(write->pool, pool);
}

/* Everything that was told since the last call, by its reasons. */
static const char *told(struct reconcile *r)
{
	static char text[256];
	struct reconcile_note note;

	text[0] = '\0';
	while (reconcile_next_note(r, &note)) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s ", note.reason);
	}
	return text;
}

/* It has 1.2.3.0 in version 5, and the pool that it is from goes. */
static struct reconcile *moved(const char *yaml)
{
	struct reconcile *r = fresh(POOL);

	reconcile_on_service(r, 0, at_version("5", "1.2.3.0", "p"));
	assert_no_write(r);
	reconcile_on_config(r, 0, world_config(yaml));
	return r;
}

static void an_answer_counts_for_no_later_service_of_the_same_name(void **state)
{
	(void)state;
	for (unsigned told_gone = 0; told_gone < 2; told_gone++) {
		struct reconcile *r = fresh(POOL);
		struct reconcile_write former, next;

		reconcile_on_service(r, 0, at_version("1", NULL, NULL));
		former = next_write(r);
		if (told_gone)
			reconcile_on_gone(r, 0, KEY);
		reconcile_on_service(r, 0, of_uid(at_version("3", NULL, NULL), "next"));
		next = next_write(r);
		reconcile_on_written(r, 0, &former, "2");
		assert_no_write(r); /* it is under way still */
		reconcile_on_failed(r, 0, &next);
		next = next_write(r);
		reconcile_on_written(r, 0, &next, "4");
		assert_no_write(r);
		reconcile_free(r);
	}
}

static void what_is_read_for_a_deleted_service_is_dropped(void **state)
{
	struct reconcile *r = moved(OTHER);
	struct reconcile_write write = next_write(r);

	(void)state;
	reconcile_on_gone(r, 0, KEY);
	assert_false(reconcile_on_reread(r, 0, at_version("5", "1.2.3.0", "p"), &write));
	assert_null(reconcile_find(r, KEY));
	reconcile_free(r);
}

static void what_is_read_of_another_service_or_of_an_older_state_is_dropped(void **state)
{
	struct reconcile *r = moved(OTHER);
	struct reconcile_write write = next_write(r);

	(void)state;
	assert_false(reconcile_on_reread(r, 0, of_uid(at_version("9", NULL, NULL), "next"), &write));
	write = next_write(r);
	assert_false(reconcile_on_reread(r, 0, at_version("4", "9.9.9.0", "q"), &write));
	write = next_write(r);
	assert_true(reconcile_on_reread(r, 0, at_version("5", "1.2.3.0", "p"), &write));
	assert_writes(&write, "9.9.9.0", "q");
	reconcile_free(r);
}

static void a_move_is_written_and_told_once(void **state)
{
	struct reconcile *r = moved(OTHER);
	struct reconcile_write write = next_write(r);

	(void)state;
	assert_string_equal(told(r), "ClearAssignment IPAllocated ");
	assert_null(write.raw);
	assert_true(reconcile_on_reread(r, 0, at_version("6", "1.2.3.0", "p"), &write));
	assert_writes(&write, "9.9.9.0", "q");
	reconcile_on_service(r, 0, at_version("6", "1.2.3.0", "p"));
	reconcile_on_config(r, 0, world_config(OTHER));
	reconcile_on_written(r, 0, &write, "7");
	reconcile_on_service(r, 0, at_version("6", "1.2.3.0", "p")); /* late */
	reconcile_on_service(r, 0, at_version("7", "9.9.9.0", "q"));
	assert_no_write(r);
	assert_string_equal(told(r), "");
	assert_int_equal(reconcile_find(r, KEY)->n_overwritten, 0);
	reconcile_free(r);
}

static void what_is_read_may_ask_for_something_else(void **state)
{
	struct reconcile *r = moved(OTHER);
	struct reconcile_write write = next_write(r);

	(void)state;
	assert_true(reconcile_on_reread(
		r, 0, world_with_ip(at_version("6", "1.2.3.0", "p"), "9.9.9.2"), &write));
	assert_writes(&write, "9.9.9.2", "q");
	reconcile_on_written(r, 0, &write, "7");
	assert_no_write(r);
	reconcile_free(r);
}

static void who_moves_a_service_within_a_pool_is_followed(void **state)
{
	struct reconcile *r = fresh(OTHER);

	(void)state;
	reconcile_on_service(r, 0, at_version("5", "9.9.9.0", "q"));
	reconcile_on_service(r, 0, at_version("6", "9.9.9.2", "q"));
	assert_no_write(r);
	reconcile_free(r);
}

static void an_address_that_is_taken_is_told_once(void **state)
{
	struct reconcile *r = moved(NONE_TO_GIVE);
	struct reconcile_write write = next_write(r);

	(void)state;
	assert_string_equal(told(r), "ClearAssignment AllocationFailed ");
	assert_true(reconcile_on_reread(r, 0, at_version("6", "1.2.3.0", "p"), &write));
	assert_int_equal(write.n_ip, 0);
	reconcile_on_config(r, 0, world_config(NONE_TO_GIVE));
	reconcile_on_written(r, 0, &write, "7");
	assert_no_write(r);
	assert_string_equal(told(r), "");
	reconcile_on_service(r, 0, at_version("8", "1.2.3.0", "p")); /* somebody brings it back */
	assert_string_equal(told(r), "ClearAssignment ");
	reconcile_free(r);
}

static void what_is_stored_already_when_it_is_read_is_not_written(void **state)
{
	struct reconcile *r = moved(OTHER);
	struct reconcile_write write = next_write(r);

	(void)state;
	assert_false(reconcile_on_reread(r, 0, at_version("6", "9.9.9.0", "q"), &write));
	assert_no_write(r);
	reconcile_free(r);
}

static void a_pool_that_comes_back_before_the_write_leaves_everything_as_it_is(void **state)
{
	struct reconcile *r = moved(OTHER);

	(void)state;
	reconcile_on_service(r, 0, world_with_ip(world_service("0"), "1.2.3.0")); /* waits for it */
	reconcile_on_config(r, 0, world_config(POOL));
	assert_no_write(r);
	assert_int_equal(reconcile_find(r, KEY)->n_ip, 1);
	reconcile_free(r);
}

static void what_changes_while_it_is_written_is_written_after_it(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct reconcile_write write;

	(void)state;
	reconcile_on_service(r, 0, at_version("1", NULL, NULL));
	write = next_write(r);
	reconcile_on_config(r, 0, world_config(OTHER));
	assert_no_write(r); /* one at a time */
	reconcile_on_written(r, 0, &write, "2");
	write = next_write(r);
	assert_writes(&write, "9.9.9.0", "q");
	reconcile_on_written(r, 0, &write, "3");
	assert_no_write(r);
	reconcile_free(r);
}

static void a_state_from_before_a_write_is_taken_for_what_was_written(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct reconcile_write write;

	(void)state;
	reconcile_on_service(r, 0, at_version("1", NULL, NULL));
	write = next_write(r);
	reconcile_on_written(r, 0, &write, "5");
	reconcile_on_config(r, 0, world_config(OTHER));
	assert_string_equal(told(r), "IPAllocated ClearAssignment IPAllocated ");
	reconcile_on_service(r, 0, at_version("4", NULL, NULL)); /* not for what is decided by now */
	reconcile_on_service(r, 0, at_version("5", "1.2.3.0", "p"));
	assert_int_equal(reconcile_find(r, KEY)->n_overwritten, 0);
	assert_string_equal(told(r), "");
	write = next_write(r);
	assert_writes(&write, "9.9.9.0", "q");
	reconcile_free(r);
}

static void who_changes_it_after_a_write_whose_answer_is_late_is_not_missed(void **state)
{
	struct reconcile *r = fresh(POOL);
	struct reconcile_write write;

	(void)state;
	reconcile_on_service(r, 0, at_version("1", NULL, NULL));
	write = next_write(r);
	reconcile_on_service(r, 0, at_version("2", "1.2.3.0", "p"));
	reconcile_on_service(r, 0, at_version("3", "8.8.8.8", "p"));
	reconcile_on_written(r, 0, &write, "2");
	write = next_write(r);
	assert_writes(&write, "1.2.3.0", "p");
	reconcile_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_counts_for_no_later_service_of_the_same_name),
		cmocka_unit_test(what_is_read_for_a_deleted_service_is_dropped),
		cmocka_unit_test(what_is_read_of_another_service_or_of_an_older_state_is_dropped),
		cmocka_unit_test(a_move_is_written_and_told_once),
		cmocka_unit_test(what_is_read_may_ask_for_something_else),
		cmocka_unit_test(who_moves_a_service_within_a_pool_is_followed),
		cmocka_unit_test(an_address_that_is_taken_is_told_once),
		cmocka_unit_test(what_is_stored_already_when_it_is_read_is_not_written),
		cmocka_unit_test(a_pool_that_comes_back_before_the_write_leaves_everything_as_it_is),
		cmocka_unit_test(what_changes_while_it_is_written_is_written_after_it),
		cmocka_unit_test(a_state_from_before_a_write_is_taken_for_what_was_written),
		cmocka_unit_test(who_changes_it_after_a_write_whose_answer_is_late_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
