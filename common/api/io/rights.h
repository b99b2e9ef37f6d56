/*
 * rights - giving up every right that a client of the API might have
 *
 * I/O: no decisions. For the agent and for the controller.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_IO_RIGHTS_H
#define TINLB_COMMON_API_IO_RIGHTS_H

#include "common/core/base.h"

/* No capability in any set, none to be had from programs run later; and cage_hide(). 0 or -errno. */
int rights_drop(void) MUST_CHECK;

/*
 * From now on only the system calls of a program that asks the API and serves pages
 * (cage.h): no process, no program, no packet socket. As cage_enter().
 */
int rights_limit_calls(void) MUST_CHECK;

#endif
