/* test_leader - one Lease, several controllers, virtual time */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/core/leader.h"

#define T(ms) ((instant)(ms)*NS_PER_MS)

static struct leader *candidate(const char *identity)
{
	const struct leader_config config = { .identity = identity, .namespace = "metallb-system",
					      .name = "tinlb-controller", .duration_s = 10, .seed = 7 };

	return leader_new(&config);
}

/* The Lease as the server stores it. */
static struct kube_lease *stored(const char *holder, int64_t renew_us, const char *version)
{
	struct kube_lease *lease = mem_new(1, sizeof(*lease));

	lease->meta.name = mem_strdup("tinlb-controller");
	lease->meta.resource_version = mem_strdup(version);
	lease->holder = mem_strdup(holder);
	lease->duration_s = 10;
	lease->renew_us = renew_us;
	return lease;
}

static void see(struct leader *l, instant now, const char *holder, int64_t renew_us,
		const char *version)
{
	struct kube_lease *lease = stored(holder, renew_us, version);

	leader_on_lease(l, now, lease);
	kube_lease_free(lease);
}

/* The write that is due is sent at `now` and stored under this version. */
static void write_it(struct leader *l, instant now, const char *version)
{
	struct kube_lease out, *lease;

	assert_true(leader_next_write(l, now, now / 1000, &out));
	lease = stored(out.holder, out.renew_us, version);
	leader_on_written(l, now, LEADER_WRITTEN, lease);
	kube_lease_free(lease);
}

static bool has_write(struct leader *l, instant now)
{
	struct kube_lease out;

	return leader_next_write(l, now, 1, &out);
}

static void a_lease_that_is_not_there_is_created(void **state)
{
	struct leader *l = candidate("a_1");
	struct kube_lease out;

	(void)state;
	assert_int_equal(leader_role(l, T(0)), LEADER_UNKNOWN);
	assert_false(has_write(l, T(0)));
	leader_on_no_lease(l, T(0));
	assert_true(leader_next_write(l, T(0), 5, &out));
	assert_null(out.meta.resource_version);
	assert_string_equal(out.holder, "a_1");
	assert_string_equal(out.meta.name, "tinlb-controller");
	assert_int_equal(out.transitions, 0);
	assert_false(leader_may_write(l, T(0))); /* not before the answer */
	leader_free(l);
}

static void it_leads_until_two_seconds_before_others_may(void **state)
{
	struct leader *l = candidate("a_1");

	(void)state;
	leader_on_no_lease(l, T(0));
	write_it(l, T(0), "1");
	assert_true(leader_may_write(l, T(0)));
	assert_int_equal(leader_deadline(l), T(2500));
	assert_true(has_write(l, T(2500))); /* and no answer comes */
	assert_true(leader_may_write(l, T(7999)));
	assert_false(leader_may_write(l, T(8000)));
	assert_int_equal(leader_deadline(l), T(8000));
	assert_false(has_write(l, T(8000)));
	assert_int_equal(leader_deadline(l), INSTANT_NEVER); /* its time is over, once */
	leader_free(l);
}

static void a_late_answer_counts_from_when_the_write_was_sent(void **state)
{
	struct leader *l = candidate("a_1");
	struct kube_lease *lease = stored("a_1", 1, "2");

	(void)state;
	leader_on_no_lease(l, T(0));
	write_it(l, T(0), "1");
	assert_true(has_write(l, T(2500)));
	leader_on_written(l, T(7000), LEADER_WRITTEN, lease);
	assert_true(leader_may_write(l, T(10499)));
	assert_false(leader_may_write(l, T(10500)));
	kube_lease_free(lease);
	leader_free(l);
}

static void another_holder_is_waited_for_since_it_last_moved(void **state)
{
	struct leader *l = candidate("b_1");

	(void)state;
	see(l, T(0), "a_1", 1, "1");
	assert_int_equal(leader_role(l, T(0)), LEADER_STANDBY);
	assert_string_equal(leader_holder(l), "a_1");
	assert_false(has_write(l, T(9000)));
	see(l, T(9000), "a_1", 2, "2");
	see(l, T(12000), "a_1", 2, "2"); /* listed again: nothing new */
	assert_int_equal(leader_deadline(l), T(19000));
	assert_false(has_write(l, T(18999)));
	write_it(l, T(19000), "3");
	assert_true(leader_may_write(l, T(19000)));
	leader_free(l);
}

static void a_released_lease_is_taken_at_once(void **state)
{
	struct leader *l = candidate("b_1");
	struct kube_lease out;

	(void)state;
	see(l, T(0), "a_1", 1, "1");
	see(l, T(100), "", 2, "2");
	assert_true(leader_next_write(l, T(100), 1, &out));
	assert_string_equal(out.meta.resource_version, "2");
	assert_int_equal(out.transitions, 1);
	leader_free(l);
}

static void who_loses_the_race_waits_for_the_winner(void **state)
{
	struct leader *l = candidate("b_1");

	(void)state;
	see(l, T(0), "", 1, "1");
	assert_true(has_write(l, T(0)));
	leader_on_written(l, T(10), LEADER_CONFLICT, NULL);
	assert_int_equal(leader_role(l, T(10)), LEADER_STANDBY);
	assert_false(has_write(l, T(20)));
	see(l, T(20), "a_1", 2, "2");
	assert_false(has_write(l, T(5000)));
	leader_free(l);
}

static void another_holder_ends_it_at_once_even_before_its_own_answer(void **state)
{
	struct leader *l = candidate("a_1");
	struct kube_lease *lease = stored("a_1", 1, "2");

	(void)state;
	leader_on_no_lease(l, T(0));
	write_it(l, T(0), "1");
	assert_true(has_write(l, T(2500)));
	see(l, T(2600), "b_1", 9, "3");
	assert_false(leader_may_write(l, T(2600)));
	leader_on_written(l, T(2700), LEADER_WRITTEN, lease); /* of before b_1's */
	assert_false(leader_may_write(l, T(2700)));
	kube_lease_free(lease);
	leader_free(l);
}

static void an_older_state_is_ignored_and_a_deleted_lease_is_made_again(void **state)
{
	struct leader *l = candidate("a_1");
	struct kube_lease out;

	(void)state;
	see(l, T(0), "", 1, "7");
	write_it(l, T(0), "8");
	see(l, T(1), "", 1, "7"); /* the watch is late */
	assert_true(leader_may_write(l, T(1)));
	leader_on_no_lease(l, T(100));
	assert_false(leader_may_write(l, T(100)));
	assert_true(leader_next_write(l, T(2500), 1, &out));
	assert_null(out.meta.resource_version);
	leader_free(l);
}

static void it_gives_the_lease_back_when_it_leaves(void **state)
{
	struct leader *l = candidate("a_1");
	struct kube_lease out, *lease;

	(void)state;
	leader_on_no_lease(l, T(0));
	write_it(l, T(0), "1");
	leader_leave(l, T(1000));
	assert_false(leader_may_write(l, T(1000)));
	assert_false(leader_is_released(l));
	assert_true(leader_next_write(l, T(1000), 1, &out));
	assert_null(out.holder); /* no text of the function's own, which is gone by now */
	lease = stored("", 1, "2");
	leader_on_written(l, T(1010), LEADER_WRITTEN, lease);
	assert_true(leader_is_released(l));
	assert_false(has_write(l, T(5000)));
	assert_int_equal(leader_deadline(l), INSTANT_NEVER);
	kube_lease_free(lease);
	leader_free(l);
}

/* On the way out nobody waits for the turn of the next renewal. */
static void it_gives_the_lease_back_right_after_a_renewal_that_was_under_way(void **state)
{
	struct leader *l = candidate("a_1");
	struct kube_lease out, *lease = stored("a_1", 2, "2");

	(void)state;
	leader_on_no_lease(l, T(0));
	write_it(l, T(0), "1");
	assert_true(leader_next_write(l, T(2500), 2, &out));
	leader_leave(l, T(2600));
	leader_on_written(l, T(2700), LEADER_WRITTEN, lease);
	assert_true(leader_deadline(l) <= T(2700));
	assert_true(leader_next_write(l, T(2700), 3, &out));
	assert_null(out.holder);
	kube_lease_free(lease);
	leader_free(l);
}

static void a_standby_leaves_without_a_write(void **state)
{
	struct leader *l = candidate("b_1");

	(void)state;
	see(l, T(0), "a_1", 1, "1");
	leader_leave(l, T(1000));
	assert_true(leader_is_released(l));
	assert_false(has_write(l, T(20000)));
	leader_free(l);
}

/* As by an API server that has not read the roles yet: two would lead at once. */
static void a_refusal_that_passes_makes_nobody_lead(void **state)
{
	struct leader *l = candidate("a_1");

	(void)state;
	leader_on_forbidden(l, T(0));
	assert_false(leader_may_write(l, T(1000)));
	see(l, T(1000), "b_1", 1, "1");
	assert_int_equal(leader_role(l, T(6000)), LEADER_STANDBY);
	leader_free(l);
}

static void who_leads_when_leases_are_forbidden_goes_on(void **state)
{
	struct leader *l = candidate("a_1");
	struct kube_lease out;

	(void)state;
	leader_on_no_lease(l, T(0));
	write_it(l, T(0), "1");
	assert_true(leader_next_write(l, T(2500), 1, &out));
	leader_on_written(l, T(2600), LEADER_FORBIDDEN, NULL);
	assert_int_equal(leader_role(l, T(2600)), LEADER_ALONE);
	assert_false(has_write(l, T(2600)));
	leader_free(l);
}

static void where_leases_are_forbidden_it_leads_without_until_they_are_not(void **state)
{
	struct leader *l = candidate("a_1");

	(void)state;
	leader_on_forbidden(l, T(0));
	leader_on_forbidden(l, T(3000));
	assert_int_equal(leader_role(l, T(4999)), LEADER_UNKNOWN);
	assert_int_equal(leader_deadline(l), T(5000));
	assert_int_equal(leader_role(l, T(5000)), LEADER_ALONE);
	assert_false(has_write(l, T(5000)));
	assert_true(leader_may_write(l, T(1000000)));
	assert_int_equal(leader_deadline(l), INSTANT_NEVER);
	see(l, T(1000000), "b_1", 1, "1");
	assert_false(leader_may_write(l, T(1000000)));
	leader_free(l);
}

static void the_former_process_of_the_same_pod_is_not_waited_for(void **state)
{
	const struct leader_config config = { .identity = "pod_2", .former = "pod_", .namespace = "n",
					      .name = "tinlb-controller", .duration_s = 10 };
	struct leader *l = leader_new(&config);

	(void)state;
	see(l, T(0), "pod_1", 1, "1");
	write_it(l, T(0), "2");
	assert_true(leader_may_write(l, T(0)));
	leader_free(l);
}

/* Two that see each other's writes late, lose answers and stall: never both. */
static void never_two_lead(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct prng prng = prng_seeded(seed);
		struct leader *l[2] = { candidate("a_1"), candidate("b_1") };
		char holder[8] = "", version[16];
		int64_t renew = 0, number = 1, led = 0;
		instant now = 0;

		see(l[0], now, "", 0, "1");
		see(l[1], now, "", 0, "1");
		for (unsigned step = 0; step < 400; step++) {
			unsigned who = (unsigned)prng_below(&prng, 2);
			struct kube_lease out, *lease;

			now += T(prng_below(&prng, 20) == 0 ? prng_below(&prng, 12000) :
							      prng_below(&prng, 900));
			snprintf(version, sizeof(version), "%d", (int)number);
			if (prng_below(&prng, 3) == 0)
				see(l[who], now, holder, renew, version);
			if (leader_next_write(l[who], now, now / 1000, &out)) {
				instant late = now + T(prng_below(&prng, 4) ? 5 : 9000);

				if (strcmp(out.meta.resource_version, version) != 0) {
					leader_on_written(l[who], now, LEADER_CONFLICT, NULL);
				} else {
					snprintf(holder, sizeof(holder), "%s", out.holder);
					renew = out.renew_us;
					snprintf(version, sizeof(version), "%d", (int)++number);
					lease = stored(holder, renew, version);
					if (prng_below(&prng, 4) == 0)
						leader_on_written(l[who], late, LEADER_FAILED, NULL);
					else
						leader_on_written(l[who], late, LEADER_WRITTEN, lease);
					kube_lease_free(lease);
				}
			}
			led += leader_may_write(l[0], now) || leader_may_write(l[1], now);
			if (leader_may_write(l[0], now) && leader_may_write(l[1], now))
				fail_msg("two lead, seed %d", (int)seed);
		}
		assert_true(led > 0);
		leader_free(l[0]);
		leader_free(l[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_that_is_not_there_is_created),
		cmocka_unit_test(it_leads_until_two_seconds_before_others_may),
		cmocka_unit_test(a_late_answer_counts_from_when_the_write_was_sent),
		cmocka_unit_test(another_holder_is_waited_for_since_it_last_moved),
		cmocka_unit_test(a_released_lease_is_taken_at_once),
		cmocka_unit_test(who_loses_the_race_waits_for_the_winner),
		cmocka_unit_test(another_holder_ends_it_at_once_even_before_its_own_answer),
		cmocka_unit_test(an_older_state_is_ignored_and_a_deleted_lease_is_made_again),
		cmocka_unit_test(it_gives_the_lease_back_when_it_leaves),
		cmocka_unit_test(it_gives_the_lease_back_right_after_a_renewal_that_was_under_way),
		cmocka_unit_test(a_standby_leaves_without_a_write),
		cmocka_unit_test(a_refusal_that_passes_makes_nobody_lead),
		cmocka_unit_test(who_leads_when_leases_are_forbidden_goes_on),
		cmocka_unit_test(where_leases_are_forbidden_it_leads_without_until_they_are_not),
		cmocka_unit_test(the_former_process_of_the_same_pod_is_not_waited_for),
		cmocka_unit_test(never_two_lead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
