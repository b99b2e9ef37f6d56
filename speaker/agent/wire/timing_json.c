/* timing_json - see timing_json.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/wire/timing_json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define NS_PER_MINUTE (60 * NS_PER_S)
#define NS_PER_HOUR (60 * NS_PER_MINUTE)
#define MAX_NS (24 * NS_PER_HOUR)
#define MAX_MS (MAX_NS / NS_PER_MS)

enum kind { TIME, COUNT, IGNORED_TIME, IGNORED_COUNT, IGNORED_SWITCH };

static const struct key {
	const char *name;
	enum kind kind;
	enum table_timing timing;
	int64_t most; /* COUNT */
	bool usual;   /* IGNORED_SWITCH: what is done here, and worth no word */
} keys[] = {
	{ "ProbeInterval", TIME, TABLE_PROBE_INTERVAL_MS, 0, false },
	{ "ProbeTimeout", TIME, TABLE_PROBE_TIMEOUT_MS, 0, false },
	{ "GossipInterval", TIME, TABLE_GOSSIP_INTERVAL_MS, 0, false },
	{ "GossipToTheDeadTime", TIME, TABLE_GOSSIP_TO_DEAD_MS, 0, false },
	{ "PushPullInterval", TIME, TABLE_PUSH_PULL_MS, 0, false },
	{ "TCPTimeout", TIME, TABLE_TCP_TIMEOUT_MS, 0, false },
	{ "IndirectChecks", COUNT, TABLE_INDIRECT_CHECKS, 32, false },
	{ "GossipNodes", COUNT, TABLE_GOSSIP_NODES, 32, false },
	{ "RetransmitMult", COUNT, TABLE_RETRANSMIT_MULT, 100, false },
	{ "SuspicionMult", COUNT, TABLE_SUSPICION_MULT, 100, false },
	{ "SuspicionMaxTimeoutMult", COUNT, TABLE_SUSPICION_MAX_MULT, 100, false },
	{ "AwarenessMaxMultiplier", COUNT, TABLE_AWARENESS_MAX, 100, false },
	{ "DisableTcpPings", IGNORED_SWITCH, 0, 0, false },
	{ "GossipVerifyIncoming", IGNORED_SWITCH, 0, 0, true },
	{ "GossipVerifyOutgoing", IGNORED_SWITCH, 0, 0, true },
	{ "EnableCompression", IGNORED_SWITCH, 0, 0, false },
	{ "HandoffQueueDepth", IGNORED_COUNT, 0, 0, false },
	{ "UDPBufferSize", IGNORED_COUNT, 0, 0, false },
	{ "QueueCheckInterval", IGNORED_TIME, 0, 0, false },
};

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = { /* where one begins as another does, the longer one comes first */
	{ "ns", 1 },	    { "us", 1000 },   { "\u00b5s", 1000 },     { "\u03bcs", 1000 },
	{ "ms", NS_PER_MS }, { "s", NS_PER_S }, { "m", NS_PER_MINUTE }, { "h", NS_PER_HOUR },
};

static const struct unit *take_unit(const char **text)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*text, units[i].name, n) == 0) {
			*text += n;
			return &units[i];
		}
	}
	return NULL;
}

/* Digits with one dot among them, as `whole` and a fraction of `scale`. */
static bool take_number(const char **text, int64_t *out_whole, int64_t *out_part, int64_t *out_scale)
{
	bool dot = false;
	size_t n_digit = 0;

	*out_whole = *out_part = 0;
	*out_scale = 1;
	for (; (**text >= '0' && **text <= '9') || (**text == '.' && !dot); ++*text) {
		if (**text == '.') {
			dot = true;
		} else if (!dot) {
			*out_whole = *out_whole * 10 + (**text - '0');
			n_digit++;
		} else if (*out_scale < 1000000) {
			*out_part = *out_part * 10 + (**text - '0');
			*out_scale *= 10;
			n_digit++;
		}
		if (*out_whole > MAX_NS)
			return false;
	}
	return n_digit > 0;
}

/* Go's time.ParseDuration, without signs. */
static bool parse_time(const char *text, int64_t *out_ms)
{
	int64_t ns = 0;

	if (!*text)
		return false;
	while (*text) {
		int64_t whole, part, scale;
		const struct unit *unit;

		if (!take_number(&text, &whole, &part, &scale))
			return false;
		unit = take_unit(&text);
		if (!unit || whole > MAX_NS / unit->ns)
			return false;
		ns += whole * unit->ns + part * unit->ns / scale;
		if (ns > MAX_NS)
			return false;
	}
	*out_ms = ns / NS_PER_MS;
	return true;
}

static int take_time(const struct key *key, const json_t *value, uint32_t *timing,
		     struct text *out_error)
{
	const char *text = json_string_value(value);
	int64_t ms;

	if (text && parse_time(text, &ms) && ms >= 1 && ms <= MAX_MS) {
		timing[key->timing] = (uint32_t)ms;
		return 0;
	}
	text_addf(out_error, "%s takes a time from \"1ms\" to \"24h\" in quotes, such as \"500ms\"",
		  key->name);
	return -EINVAL;
}

static int take_count(const struct key *key, const json_t *value, uint32_t *timing,
		      struct text *out_error)
{
	json_int_t number = json_integer_value(value);

	if (json_is_integer(value) && number >= 1 && number <= key->most) {
		timing[key->timing] = (uint32_t)number;
		return 0;
	}
	text_addf(out_error, "%s takes a number from 1 to %" PRId64 "; left out, it keeps its preset",
		  key->name, key->most);
	return -EINVAL;
}

static int ignore(const struct key *key, const json_t *value, struct text *out_ignored,
		  struct text *out_error)
{
	bool fits = key->kind == IGNORED_TIME ? json_is_string(value) :
		    key->kind == IGNORED_COUNT ? json_is_integer(value) : json_is_boolean(value);

	if (!fits) {
		text_addf(out_error, "%s takes %s", key->name,
			  key->kind == IGNORED_TIME ? "a time in quotes" :
			  key->kind == IGNORED_COUNT ? "a number" : "true or false");
		return -EINVAL;
	}
	if (key->kind == IGNORED_SWITCH && json_is_true(value) == key->usual)
		return 0;
	text_addf(out_ignored, "%s%s", out_ignored->n > 0 ? " " : "", key->name);
	return 0;
}

static int take_key(const char *name, const json_t *value, uint32_t *timing,
		    struct text *out_ignored, struct text *out_error)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		return keys[i].kind == TIME ? take_time(&keys[i], value, timing, out_error) :
		       keys[i].kind == COUNT ? take_count(&keys[i], value, timing, out_error) :
					       ignore(&keys[i], value, out_ignored, out_error);
	}
	text_addf(out_error, "there is no key \"%.60s\"; there are:", name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		text_addf(out_error, " %s", keys[i].name);
	return -EINVAL;
}

static int take_object(json_t *root, uint32_t *timing, struct text *out_ignored,
		       struct text *out_error)
{
	const char *name;
	json_t *value;

	json_object_foreach(root, name, value)
		if (take_key(name, value, timing, out_ignored, out_error) != 0)
			return -EINVAL;
	if (timing[TABLE_PROBE_INTERVAL_MS] != 0 &&
	    timing[TABLE_PROBE_TIMEOUT_MS] > timing[TABLE_PROBE_INTERVAL_MS]) {
		text_add(out_error, "ProbeTimeout is longer than ProbeInterval: nobody would be asked "
				    "to try as well");
		return -EINVAL;
	}
	return 0;
}

int timing_from_json(const char *bytes, size_t n, uint32_t out_timing[TABLE_N_TIMINGS],
		     struct text *out_ignored, struct text *out_error)
{
	uint32_t timing[TABLE_N_TIMINGS] = { 0 };
	json_error_t error;
	json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &error);
	int rc = -EINVAL;

	if (!root)
		text_addf(out_error, "line %d: %s", error.line, error.text);
	else if (!json_is_object(root))
		text_add(out_error, "this is no JSON object with memberlist's names as keys");
	else
		rc = take_object(root, timing, out_ignored, out_error);
	json_decref(root);
	if (rc == 0)
		memcpy(out_timing, timing, sizeof(timing));
	return rc;
}
