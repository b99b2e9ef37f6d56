/*
 * pages - what the controller shows over HTTP
 *
 * Hallway: /metrics, /healthz, /readyz, /status and the page for people (docs/status.md).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_PAGES_H
#define TINLB_CONTROLLER_PAGES_H

#include "common/api/io/serve.h"

/* The context of every page is the struct controller. */
extern const struct serve_page controller_pages[];
extern const size_t controller_n_pages, controller_n_health_pages; /* health: the first ones */

#endif
