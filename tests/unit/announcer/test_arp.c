/* test_arp - frames as bytes, and the filter that lets them through */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pcap/pcap.h>

#include "speaker/announcer/wire/arp.h"
#include "speaker/announcer/wire/arp_filter.h"

static const struct arp_msg request = {
	.eth_dst = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	.eth_src = { 2, 0, 0, 0, 0, 1 },
	.op = ARP_REQUEST,
	.sha = { 2, 0, 0, 0, 0, 1 },
	.spa = { 10, 0, 0, 9 },
	.tpa = { 10, 0, 0, 100 },
};

static void a_request_is_these_bytes(void **state)
{
	static const uint8_t want[ARP_FRAME_BYTES] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1,
		2, 0, 0, 0, 0, 1, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 100,
	};
	uint8_t frame[ARP_FRAME_BYTES];
	struct arp_msg again;

	(void)state;
	arp_encode(&request, frame);
	assert_memory_equal(frame, want, sizeof(want));
	assert_int_equal(arp_decode(frame, sizeof(frame), &again), 0);
	assert_memory_equal(&again, &request, sizeof(request));
	assert_int_equal(arp_decode(frame, ARP_FRAME_LEAST, &again), 0); /* without padding */
}

static void anything_else_is_refused(void **state)
{
	uint8_t frame[ARP_FRAME_BYTES];
	struct arp_msg msg;

	(void)state;
	arp_encode(&request, frame);
	for (size_t n = 0; n < ARP_FRAME_LEAST; n++)
		assert_int_equal(arp_decode(frame, n, &msg), -EBADMSG);
	for (size_t i = 12; i < 20; i++) { /* types and lengths */
		frame[i] ^= 1;
		assert_int_equal(arp_decode(frame, sizeof(frame), &msg), -EBADMSG);
		frame[i] ^= 1;
	}
}

static struct ip v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return ip_from_v4((const uint8_t[4]){ a, b, c, d });
}

struct filter {
	struct sock_filter code[ARP_FILTER_MAX_CODE];
	size_t n;
};

static bool passes(const struct filter *f, const struct arp_msg *msg)
{
	struct bpf_insn insn[ARP_FILTER_MAX_CODE];
	uint8_t frame[ARP_FRAME_BYTES];

	arp_encode(msg, frame);
	for (size_t i = 0; i < f->n; i++)
		insn[i] = (struct bpf_insn){ f->code[i].code, f->code[i].jt, f->code[i].jf, f->code[i].k };
	return bpf_filter(insn, frame, sizeof(frame), sizeof(frame)) != 0;
}

static struct arp_msg about(struct ip sender, struct ip target)
{
	struct arp_msg msg = request;

	memcpy(msg.spa, sender.byte, 4);
	memcpy(msg.tpa, target.byte, 4);
	return msg;
}

static void the_filter_passes_frames_about_covered_addresses_only(void **state)
{
	struct cover cover = { 0 };
	struct filter f;
	const uint32_t own[] = { 10u << 24 | 105 };
	struct arp_msg msg;

	(void)state;
	for (uint8_t last = 100; last <= 110; last++) {
		struct ip ip = v4(10, 0, 0, last);

		cover_add(&cover, &ip);
	}
	f.n = arp_filter_write(&cover, own, 1, f.code);
	assert_in_range(f.n, 1, ARP_FILTER_MAX_CODE);
	for (unsigned last = 0; last < 256; last++) {
		msg = about(v4(10, 9, 9, 9), v4(10, 0, 0, (uint8_t)last));
		assert_int_equal(passes(&f, &msg), last >= 100 && last <= 110 && last != 105);
		msg = about(v4(10, 0, 0, (uint8_t)last), v4(10, 9, 9, 9)); /* somebody claims it */
		assert_int_equal(passes(&f, &msg), last >= 100 && last <= 110);
	}
}

static void a_cover_keeps_every_address_and_few_ranges(void **state)
{
	struct cover cover = { 0 };
	struct ip ip;

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		ip = v4((uint8_t)(i * 7 % 223 + 1), (uint8_t)(i * 31), (uint8_t)(i * 13), (uint8_t)i);
		cover_add(&cover, &ip);
		assert_in_range(cover.n, 1, COVER_MAX);
		assert_false(cover_add(&cover, &ip));
	}
	for (size_t i = 0; i + 1 < cover.n; i++)
		assert_true(cover.range[i].last < cover.range[i + 1].first);
	for (unsigned i = 0; i < 4000; i++) {
		bool inside = false;
		uint32_t number;

		ip = v4((uint8_t)(i * 7 % 223 + 1), (uint8_t)(i * 31), (uint8_t)(i * 13), (uint8_t)i);
		number = cover_number(&ip);
		for (size_t k = 0; k < cover.n; k++)
			inside |= cover.range[k].first <= number && number <= cover.range[k].last;
		assert_true(inside);
	}
	ip = (struct ip){ IP_V6, { 1 } };
	assert_false(cover_add(&cover, &ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_these_bytes),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(the_filter_passes_frames_about_covered_addresses_only),
		cmocka_unit_test(a_cover_keeps_every_address_and_few_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
