/*
 * helps - might an address that was given up help a service that waits
 *
 * Core: no sockets, no clock, no logging. False only where trying again would
 * change nothing; true also where another service has the address by now, if
 * the reason why this one waits names who has it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_HELPS_H
#define TINLB_CONTROLLER_CORE_HELPS_H

#include "controller/core/decide.h"

bool helps(const struct service *service, const struct decide_ground *ground,
	   const struct ip *ip) MUST_CHECK;

#endif
