/*
 * rights - giving up every right that the process might have
 *
 * I/O: no decisions.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_IO_RIGHTS_H
#define TINLB_SPEAKER_AGENT_IO_RIGHTS_H

#include "common/core/base.h"

/* No capability in any set, and none to be had from programs run later. 0 or -errno. */
int rights_drop(void) MUST_CHECK;

#endif
