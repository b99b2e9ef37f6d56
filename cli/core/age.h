/*
 * age - how long ago something was, as kubectl writes it
 *
 * Core: no sockets, no clock, no logging. 59s, 3m12s, 2h5m, 3d4h, 412d.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_AGE_H
#define TINLB_CLI_CORE_AGE_H

#include "common/core/base.h"

#define AGE_MAX 32

/* Of a length in microseconds; what is negative (clocks differ) is 0s. Returns out_text. */
const char *age_format(int64_t us, char out_text[static AGE_MAX]);

#endif
