/* table - see table.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/table/core/table.h"

const char *table_reason_word(enum table_reason reason)
{
	static const char *const word[TABLE_N_REASONS] = {
		[TABLE_OK] = "ok",
		[TABLE_NOT_OWNER] = "notOwner",
		[TABLE_NO_CONFIG] = "noConfig",
		[TABLE_IP_NOT_ALLOWED] = "ipNotAllowed",
		[TABLE_INVALID_IP] = "invalidIP",
		[TABLE_NODE_ADDRESS] = "nodeAddress",
		[TABLE_IPV6] = "ipv6",
		[TABLE_NO_ENDPOINTS] = "noEndpoints",
		[TABLE_NO_LOCAL_ENDPOINTS] = "noLocalEndpoints",
		[TABLE_NO_CANDIDATE] = "noCandidate",
		[TABLE_NO_INTERFACE] = "noInterface",
		[TABLE_LINK_DOWN] = "linkDown",
		[TABLE_NOT_SYNCED] = "notSynced",
		[TABLE_NO_LOCAL_ENDPOINT_HERE] = "noLocalEndpointHere",
		[TABLE_NODE_EXCLUDED] = "nodeExcluded",
		[TABLE_TAKING] = "taking",
		[TABLE_WRONG_SECRET] = "wrongSecret",
		[TABLE_PAUSED] = "paused",
		[TABLE_NO_ADVERTISEMENT] = "noMatchingAdvertisement",
		[TABLE_SHARED_SELECTED] = "sharedIPWithServiceSelector",
		[TABLE_NOT_ADVERTISED_HERE] = "notAdvertisedHere",
	};

	CHECK(reason < TABLE_N_REASONS);
	return word[reason];
}

const char *table_cause_word(enum table_cause cause)
{
	static const char *const word[TABLE_N_CAUSES] = {
		[TABLE_CAUSE_NONE] = "none", [TABLE_CAUSE_FREE] = "free",
		[TABLE_CAUSE_DEAD] = "dead", [TABLE_CAUSE_GIVEN] = "given",
		[TABLE_CAUSE_LINK] = "link", [TABLE_CAUSE_SILENT] = "silent",
		[TABLE_CAUSE_LOST] = "lost",
	};

	CHECK(cause < TABLE_N_CAUSES);
	return word[cause];
}

const char *table_ring_word(enum table_ring_state state)
{
	static const char *const word[TABLE_N_RING_STATES] = {
		[TABLE_RING_OFF] = "off",	[TABLE_RING_WAITING] = "waiting",
		[TABLE_RING_PORT] = "portTaken", [TABLE_RING_SECRET] = "wrongSecret",
		[TABLE_RING_REFUSED] = "refused",
		[TABLE_RING_ALONE] = "alone",	[TABLE_RING_JOINED] = "joined",
	};

	CHECK(state < TABLE_N_RING_STATES);
	return word[state];
}

const char *table_ring_trouble_word(size_t trouble)
{
	static const char *const word[TABLE_RING_TROUBLES] = {
		"notOpened", "notSealed", "malformed", "nameClash", "addressClash", "ringFull",
		"notReached", "udpBlocked",
	};

	CHECK(trouble < TABLE_RING_TROUBLES);
	return word[trouble];
}
