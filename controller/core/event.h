/*
 * event - what can be told of a service, and how each of it is told
 *
 * Core: no sockets, no clock, no logging. docs/events.md has the same table.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_EVENT_H
#define TINLB_CONTROLLER_CORE_EVENT_H

#include "common/core/base.h"

enum event {
	EVENT_IP_ALLOCATED,
	EVENT_CLEAR_ASSIGNMENT,
	EVENT_ALLOCATION_FAILED,
	EVENT_LOAD_BALANCER_FAILED,
	EVENT_BAD_STATUS,        /* the family of its status cannot be told */
	EVENT_BAD_CLUSTER_IPS,   /* ... or that of its cluster IPs */
	EVENT_NOT_DUAL,
	EVENT_NO_SECOND,
	EVENT_NO_CLUSTER_IP_YET,
	EVENT_NOT_ADVERTISED,
	EVENT_IPV6_NOT_ANNOUNCED,
	EVENT_DEPRECATED,
	EVENT_N
};

const char *event_reason(enum event event); /* of the Event in the API */
bool event_is_warning(enum event event);
bool event_is_state(enum event event); /* holds on: told once, not each time that it is found */

#endif
