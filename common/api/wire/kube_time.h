/*
 * kube_time - times as Kubernetes writes them (RFC 3339, UTC)
 *
 * Wire: no codec library, no state. Times are microseconds since 1970.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_KUBE_TIME_H
#define TINLB_COMMON_API_WIRE_KUBE_TIME_H

#include "common/core/base.h"

#define KUBE_TIME_MAX 32

/*
 * 2006-01-02T15:04:05Z, with any number of fraction digits, or an offset; years 0000 to 9999 in
 * UTC. 0 or -EINVAL.
 */
int kube_time_parse(const char *text, int64_t *out_us) MUST_CHECK;

/*
 * Without fraction (Time), and with exactly six digits (MicroTime). Returns out_text.
 * Of a time of those years.
 */
const char *kube_time_format(int64_t us, char out_text[static KUBE_TIME_MAX]);
const char *kube_time_format_micro(int64_t us, char out_text[static KUBE_TIME_MAX]);

#endif
