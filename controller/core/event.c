/* event - see event.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/event.h"

enum manner { HAPPENS, HAPPENS_WARNING, HOLDS, HOLDS_WARNING };

static const struct {
	const char *reason;
	enum manner manner;
} table[EVENT_N] = {
	[EVENT_IP_ALLOCATED] = { "IPAllocated", HAPPENS },
	[EVENT_CLEAR_ASSIGNMENT] = { "ClearAssignment", HAPPENS },
	[EVENT_ALLOCATION_FAILED] = { "AllocationFailed", HOLDS_WARNING },
	[EVENT_LOAD_BALANCER_FAILED] = { "LoadBalancerFailed", HOLDS_WARNING },
	[EVENT_BAD_STATUS] = { "nolbIPsIPFamily", HOLDS_WARNING },
	[EVENT_BAD_CLUSTER_IPS] = { "noclusterIPsIPFamily", HOLDS_WARNING },
	[EVENT_NOT_DUAL] = { "not enough clusterips", HOLDS_WARNING },
	[EVENT_NO_SECOND] = { "AdditionalAssignFailed", HOLDS },
	[EVENT_NO_CLUSTER_IP_YET] = { "WaitingForClusterIP", HOLDS },
	[EVENT_NOT_ADVERTISED] = { "NotAdvertised", HOLDS_WARNING },
	[EVENT_IPV6_NOT_ANNOUNCED] = { "IPv6NotAnnounced", HOLDS },
	[EVENT_DEPRECATED] = { "deprecatedAnnotation", HAPPENS_WARNING },
};

const char *event_reason(enum event event)
{
	CHECK(event < EVENT_N);
	return table[event].reason;
}

bool event_is_warning(enum event event)
{
	CHECK(event < EVENT_N);
	return table[event].manner == HAPPENS_WARNING || table[event].manner == HOLDS_WARNING;
}

bool event_is_state(enum event event)
{
	CHECK(event < EVENT_N);
	return table[event].manner == HOLDS || table[event].manner == HOLDS_WARNING;
}
