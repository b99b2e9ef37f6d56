/* world - views for the tests of tinlb, out of pages as daemons write them */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_UNIT_CLI_WORLD_H
#define TINLB_TESTS_UNIT_CLI_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/core/view.h"
#include "common/core/text.h"

/*
 * A daemon with a page; json: the page's fields with ' for ", without the outer
 * braces and what every page has. NULL: its page could not be read.
 */
struct view_daemon *world_add(struct view *view, enum view_component component, const char *node,
			      const char *json);

/* A speaker that gives one address this state, with the reason (or owner, when announced) given. */
void world_speaker(struct view *view, const char *node, const char *state, const char *word);

/* Services of the API: a list in JSON with ' for ". Asked, and read. */
void world_services(struct view *view, const char *json);

/* A slice of default/web in JSON with ' for ": its endpoints. */
void world_pods(struct view *view, const char *json);

/* Node n with address 10.0.0.9, and pool p of 10.7.0.0/24. */
void world_nodes_and_pool(struct view *view);

/* An empty view in which all pods and pages were asked. */
struct view world_view(void);

struct ip world_ip(const char *text);
void world_assert_has(const char *text, const char *words); /* fails and shows both */
void world_assert_lacks(const char *text, const char *words);

#define WORLD_IP "10.0.0.1"

#endif
