/* silence - see silence.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/core/silence.h"

#include "common/core/hash.h"

static bool is_told(enum table_reason reason)
{
	switch (reason) {
	case TABLE_IP_NOT_ALLOWED:
	case TABLE_INVALID_IP:
	case TABLE_NODE_ADDRESS:
	case TABLE_NO_ENDPOINTS:
	case TABLE_NO_LOCAL_ENDPOINTS:
	case TABLE_NO_CANDIDATE:
	case TABLE_SHARED_SELECTED:
		return true;
	default:
		return false;
	}
}

bool silence_set(struct silence *s, enum table_reason reason)
{
	uint8_t now = is_told(reason) ? (uint8_t)reason : TABLE_OK;

	if (now != s->reason)
		s->since_ms = 0;
	if (now == TABLE_OK)
		s->told = TABLE_OK;
	s->reason = now;
	return s->reason != s->told;
}

enum silence_due silence_is_due(struct silence *s, int64_t now_ms)
{
	if (s->reason == s->told)
		return SILENCE_NOTHING;
	if (s->since_ms == 0)
		s->since_ms = now_ms;
	if (now_ms - s->since_ms < SILENCE_TOLD_AFTER_MS)
		return SILENCE_LATER;
	s->told = s->reason;
	return SILENCE_NOW;
}

uint64_t silence_weight(const char *node, const char *service)
{
	uint64_t hash = hash_field(hash_field(HASH_EMPTY, service), node);

	return hash ^ hash >> 29; /* the last bytes reach the high bits, too */
}
