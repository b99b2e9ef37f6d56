/*
 * confine - gives up every right but the one to open packet sockets
 *
 * I/O: capabilities and process flags; no decision.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_IO_CONFINE_H
#define TINLB_SPEAKER_ANNOUNCER_IO_CONFINE_H

#include "common/core/base.h"

/*
 * Keep CAP_NET_RAW and drop all else, for this process and its children; no new
 * privileges, no core dump. 0; -EPERM: CAP_NET_RAW is not there to be kept.
 */
int confine_to_net_raw(void) MUST_CHECK;

#endif
