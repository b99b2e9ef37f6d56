/*
 * pods_read - the pods of our namespace out of a list in JSON
 *
 * Wire: jansson, no state. Speakers and controllers are found by the labels of
 * MetalLB's manifests, which are ours: `component`, or
 * app.kubernetes.io/component.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_WIRE_PODS_READ_H
#define TINLB_CLI_WIRE_PODS_READ_H

#include "cli/core/view.h"
#include "common/core/text.h"

#define PODS_READ_PORT 7472 /* where a pod says nothing else */

/* Adds the daemons of a list of pods, each with the port of its pages. 0, or -EINVAL with a sentence. */
int pods_read(const char *bytes, size_t n, struct view *inout_view, struct text *out_error) MUST_CHECK;

#endif
