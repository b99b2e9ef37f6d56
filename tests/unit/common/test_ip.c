/* test_ip - addresses as text and as numbers */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/core/ip.h"

static struct ip of(const char *text)
{
	struct ip ip = { 0 };

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static struct ip_range range_of(const char *first, const char *last)
{
	return (struct ip_range){ of(first), of(last) };
}

static void addresses_are_written_canonically(void **state)
{
	static const char *const pair[][2] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "::", "::" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "::ffff:10.0.0.1", "10.0.0.1" },
		{ "::ffff:a00:1", "10.0.0.1" },
	};
	char text[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
		struct ip ip = of(pair[i][0]);

		assert_string_equal(ip_format(&ip, text), pair[i][1]);
	}
	assert_string_equal(ip_format(&(struct ip){ 0 }, text), "");
}

static void what_is_no_address_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const wrong[] = {
		"",           " 10.0.0.1", "10.0.0.1 ",    "10.0.0",
		"10.0.0.256", "10.0.0.01", "fe80::1%eth0", "10.0.0.1:80",
		"[::1]",      "1::2::3",   "word"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct ip ip = { .len = 99 };

		assert_int_equal(ip_parse(wrong[i], &ip), -EINVAL);
		assert_int_equal(ip.len, 99);
	}
}

static void ipv4_sorts_before_ipv6_and_then_as_numbers(void **state)
{
	static const char *const order[] = { "9.255.255.255", "10.0.0.0", "10.0.1.0",
					     "255.0.0.0",     "::",       "::1",
					     "fe80::" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		for (size_t k = 0; k < ARRAY_LEN(order); k++) {
			struct ip a = of(order[i]), b = of(order[k]);
			int sign = ip_compare(&a, &b);

			assert_int_equal((sign > 0) - (sign < 0), (i > k) - (i < k));
			assert_true(ip_equal(&a, &b) == (i == k));
		}
	}
}

static void adding_carries_and_stops_at_the_last_address(void **state)
{
	struct ip start = of("10.0.0.255"), last = of("255.255.255.255"), sum;
	struct ip six = of("2001:db8::ffff:ffff:ffff:ffff"), wanted = of("2001:db8:0:1::");

	(void)state;
	assert_true(ip_add(&start, 1, &sum));
	wanted = of("10.0.1.0");
	assert_true(ip_equal(&sum, &wanted));
	assert_true(ip_add(&start, 0, &sum));
	assert_true(ip_equal(&sum, &start));
	sum = start;
	assert_false(ip_add(&last, 1, &sum));
	assert_false(ip_add(&start, UINT64_MAX, &sum));
	assert_true(ip_equal(&sum, &start));
	wanted = of("2001:db8:0:1::");
	assert_true(ip_add(&six, 1, &sum));
	assert_true(ip_equal(&sum, &wanted));
}

static void a_prefix_is_the_range_around_its_address(void **state)
{
	static const struct {
		const char *ip, *first, *last;
		unsigned bits;
	} sample[] = {
		{ "10.1.2.3", "10.1.2.0", "10.1.2.255", 24 },
		{ "10.1.2.3", "10.1.2.3", "10.1.2.3", 32 },
		{ "10.1.2.3", "0.0.0.0", "255.255.255.255", 0 },
		{ "10.1.2.77", "10.1.2.64", "10.1.2.95", 27 },
		{ "2001:db8::7", "2001:db8::", "2001:db8::ff", 120 },
	};
	struct ip_range range;
	struct ip ip = of("10.0.0.0");

	(void)state;
	assert_int_equal(ip_prefix_range(&ip, 33, &range), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(sample); i++) {
		struct ip_range wanted = range_of(sample[i].first, sample[i].last);

		ip = of(sample[i].ip);
		assert_int_equal(ip_prefix_range(&ip, sample[i].bits, &range), 0);
		assert_true(ip_equal(&range.first, &wanted.first));
		assert_true(ip_equal(&range.last, &wanted.last));
	}
}

static void a_range_contains_its_ends_and_nothing_of_the_other_family(void **state)
{
	struct ip_range range = range_of("10.0.0.5", "10.0.1.5");
	struct ip in[] = { of("10.0.0.5"), of("10.0.0.200"), of("10.0.1.5") };
	struct ip out[] = { of("10.0.0.4"), of("10.0.1.6"), of("::a00:7") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		assert_true(ip_range_contains(&range, &in[i]));
		assert_false(ip_range_contains(&range, &out[i]));
	}
}

static void ranges_overlap_when_they_share_an_address(void **state)
{
	struct ip_range a = range_of("10.0.0.5", "10.0.0.9");
	struct ip_range touching = range_of("10.0.0.9", "10.0.0.20");
	struct ip_range after = range_of("10.0.0.10", "10.0.0.20");
	struct ip_range around = range_of("10.0.0.0", "10.0.0.255");
	struct ip_range six = range_of("::", "ffff::");

	(void)state;
	assert_true(ip_range_overlaps(&a, &touching) && ip_range_overlaps(&touching, &a));
	assert_true(ip_range_overlaps(&a, &around) && ip_range_overlaps(&around, &a));
	assert_false(ip_range_overlaps(&a, &after) || ip_range_overlaps(&after, &a));
	assert_false(ip_range_overlaps(&a, &six) || ip_range_overlaps(&six, &a));
}

static void sizes_and_offsets_that_do_not_fit_are_the_largest_number(void **state)
{
	struct ip_range four = range_of("10.0.0.0", "10.0.0.255");
	struct ip_range six = range_of("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	struct ip_range half = range_of("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff");
	struct ip ip = of("10.0.0.7");

	(void)state;
	assert_true(ip_range_size(&four) == 256);
	assert_true(ip_range_offset(&four, &ip) == 7);
	assert_true(ip_range_offset(&six, &six.last) == UINT64_MAX);
	assert_true(ip_range_size(&six) == UINT64_MAX);
	assert_true(ip_range_size(&half) == UINT64_MAX);
}

static void hashes_of_neighbours_differ_in_their_low_bits(void **state)
{
	struct ip ip = of("10.0.0.0");
	bool seen[256] = { false };
	unsigned n_seen = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t low;

		ip.byte[3] = (uint8_t)i;
		low = (uint8_t)ip_hash(&ip);
		n_seen += !seen[low];
		seen[low] = true;
	}
	assert_true(n_seen > 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_written_canonically),
		cmocka_unit_test(what_is_no_address_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(ipv4_sorts_before_ipv6_and_then_as_numbers),
		cmocka_unit_test(adding_carries_and_stops_at_the_last_address),
		cmocka_unit_test(a_prefix_is_the_range_around_its_address),
		cmocka_unit_test(a_range_contains_its_ends_and_nothing_of_the_other_family),
		cmocka_unit_test(ranges_overlap_when_they_share_an_address),
		cmocka_unit_test(sizes_and_offsets_that_do_not_fit_are_the_largest_number),
		cmocka_unit_test(hashes_of_neighbours_differ_in_their_low_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
