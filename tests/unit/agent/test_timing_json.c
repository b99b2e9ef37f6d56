/* test_timing_json - the file of the ring's timings, or what is wrong with it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "speaker/agent/wire/timing_json.h"

static uint32_t timing[TABLE_N_TIMINGS];
static struct text ignored, error;

static int begin(void **state)
{
	(void)state;
	memset(timing, 0, sizeof(timing));
	text_init(&ignored, 1024);
	text_init(&error, 1024);
	return 0;
}

static int end(void **state)
{
	(void)state;
	text_done(&ignored);
	text_done(&error);
	return 0;
}

static int read_json(const char *json)
{
	text_clear(&ignored);
	text_clear(&error);
	return timing_from_json(json, strlen(json), timing, &ignored, &error);
}

static void metallbs_whole_file_is_taken(void **state)
{
	static const uint32_t wanted[] = {
		[TABLE_PROBE_INTERVAL_MS] = 250,    [TABLE_PROBE_TIMEOUT_MS] = 100,
		[TABLE_GOSSIP_INTERVAL_MS] = 150,   [TABLE_GOSSIP_TO_DEAD_MS] = 45000,
		[TABLE_PUSH_PULL_MS] = 90000,	    [TABLE_TCP_TIMEOUT_MS] = 7000,
		[TABLE_INDIRECT_CHECKS] = 2,	    [TABLE_GOSSIP_NODES] = 4,
		[TABLE_RETRANSMIT_MULT] = 5,	    [TABLE_SUSPICION_MULT] = 6,
		[TABLE_SUSPICION_MAX_MULT] = 7,	    [TABLE_AWARENESS_MAX] = 9,
	};

	(void)state;
	assert_int_equal(read_json("{\"TCPTimeout\": \"7s\", \"IndirectChecks\": 2, \"RetransmitMult\": 5,"
				   "\"SuspicionMult\": 6, \"SuspicionMaxTimeoutMult\": 7,"
				   "\"PushPullInterval\": \"1m30s\", \"ProbeTimeout\": \"100ms\","
				   "\"ProbeInterval\": \"0.25s\", \"DisableTcpPings\": false,"
				   "\"AwarenessMaxMultiplier\": 9, \"GossipNodes\": 4,"
				   "\"GossipInterval\": \"150000us\", \"GossipToTheDeadTime\": \"45s\","
				   "\"GossipVerifyIncoming\": true, \"GossipVerifyOutgoing\": true,"
				   "\"EnableCompression\": true, \"HandoffQueueDepth\": 1024,"
				   "\"UDPBufferSize\": 1400, \"QueueCheckInterval\": \"30s\"}"), 0);
	assert_memory_equal(timing, wanted, sizeof(wanted));
	assert_string_equal(ignored.s, "EnableCompression HandoffQueueDepth UDPBufferSize "
				       "QueueCheckInterval");
}

static void what_is_missing_keeps_its_preset(void **state)
{
	(void)state;
	assert_int_equal(read_json("{\"ProbeInterval\": \"2s\"}"), 0);
	for (size_t i = 0; i < TABLE_N_TIMINGS; i++)
		assert_int_equal(timing[i], i == TABLE_PROBE_INTERVAL_MS ? 2000 : 0);
	assert_int_equal(read_json("{}"), 0);
	assert_int_equal(timing[TABLE_PROBE_INTERVAL_MS], 0);
}

static void a_switch_that_is_not_followed_is_said(void **state)
{
	(void)state;
	assert_int_equal(read_json("{\"GossipVerifyIncoming\": false, \"DisableTcpPings\": true}"), 0);
	assert_string_equal(ignored.s, "GossipVerifyIncoming DisableTcpPings");
}

static void times_are_read_as_go_reads_them(void **state)
{
	static const struct {
		const char *text;
		uint32_t ms; /* 0: refused */
	} times[] = {
		{ "1ms", 1 },	    { "1.5s", 1500 },	  { "1h", 3600000 },  { "24h", 86400000 },
		{ "1m1s1ms", 61001 }, { ".5s", 500 },	  { "5.s", 5000 },    { "2000\u00b5s", 2 },
		{ "999us", 0 },	    { "0s", 0 },	  { "24h1ms", 0 },    { "", 0 },
		{ "5", 0 },	    { "s", 0 },		  { ".s", 0 },	      { "-1s", 0 },
		{ "1 s", 0 },	    { "1x", 0 },	  { "1..5s", 0 },     { "1s ", 0 },
		{ "9999999999999999999999s", 0 },	  { "0.3333333333s", 333 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct text json;

		text_init(&json, 256);
		text_addf(&json, "{\"TCPTimeout\": \"%s\"}", times[i].text);
		timing[TABLE_TCP_TIMEOUT_MS] = 0;
		if (read_json(json.s) != (times[i].ms == 0 ? -EINVAL : 0) ||
		    timing[TABLE_TCP_TIMEOUT_MS] != times[i].ms)
			fail_msg("\"%s\" became %u", times[i].text, timing[TABLE_TCP_TIMEOUT_MS]);
		text_done(&json);
	}
}

static void a_wrong_file_is_an_error_with_place_and_remedy(void **state)
{
	static const struct {
		const char *json, *said;
	} files[] = {
		{ "{\n\"ProbeInterval\": 1,}", "line 2" },
		{ "{\"A\": 1, \"A\": 2}", "line 1" },
		{ "[]", "no JSON object" },
		{ "", "line 1" },
		{ "{\"probeInterval\": \"1s\"}", "no key \"probeInterval\"; there are: ProbeInterval" },
		{ "{\"ProbeInterval\": 1000}", "ProbeInterval takes a time from \"1ms\"" },
		{ "{\"SuspicionMult\": 0}", "SuspicionMult takes a number from 1 to 100" },
		{ "{\"SuspicionMult\": \"4\"}", "SuspicionMult takes a number" },
		{ "{\"GossipNodes\": 33}", "GossipNodes takes a number from 1 to 32" },
		{ "{\"EnableCompression\": 1}", "EnableCompression takes true or false" },
		{ "{\"UDPBufferSize\": true}", "UDPBufferSize takes a number" },
		{ "{\"QueueCheckInterval\": 3}", "QueueCheckInterval takes a time" },
		{ "{\"ProbeInterval\": \"1s\", \"ProbeTimeout\": \"2s\"}", "ProbeTimeout is longer" },
	};

	(void)state;
	timing[0] = 77;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		assert_int_equal(read_json(files[i].json), -EINVAL);
		if (!strstr(error.s, files[i].said))
			fail_msg("%s: \"%s\"", files[i].json, error.s);
		assert_int_equal(timing[0], 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(metallbs_whole_file_is_taken, begin, end),
		cmocka_unit_test_setup_teardown(what_is_missing_keeps_its_preset, begin, end),
		cmocka_unit_test_setup_teardown(a_switch_that_is_not_followed_is_said, begin, end),
		cmocka_unit_test_setup_teardown(times_are_read_as_go_reads_them, begin, end),
		cmocka_unit_test_setup_teardown(a_wrong_file_is_an_error_with_place_and_remedy, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
