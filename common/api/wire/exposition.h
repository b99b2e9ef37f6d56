/*
 * exposition - counters as Prometheus reads them (text format 0.0.4)
 *
 * Wire: no codec library, no state.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_EXPOSITION_H
#define TINLB_COMMON_API_WIRE_EXPOSITION_H

#include "common/core/counters.h"
#include "common/core/histogram.h"
#include "common/core/text.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The two lines before the samples of a family; type: counter, gauge or histogram. */
void exposition_head(struct text *out_text, const char *name, const char *type, const char *help);
/* The samples of a histogram without labels, in seconds. */
void exposition_histogram(struct text *out_text, const char *name, const struct histogram *h);
void exposition_add(struct text *out_text, const struct counters *counters);

#endif
