/*
 * confine - gives up what an announcer does not need: rights and system calls
 *
 * I/O: capabilities and process flags; no decision.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_IO_CONFINE_H
#define TINLB_SPEAKER_ANNOUNCER_IO_CONFINE_H

#include "common/core/base.h"

/*
 * Keep CAP_NET_RAW and drop all else, for this process and its children; and cage_hide().
 * 0; -EPERM: CAP_NET_RAW is not there to be kept.
 */
int confine_to_net_raw(void) MUST_CHECK;

/*
 * From now on only the system calls of an announcer (cage.h). The agent is its child and
 * inherits the limit, so what the agent needs is allowed here as well. As cage_enter().
 */
int confine_calls(void) MUST_CHECK;

#endif
