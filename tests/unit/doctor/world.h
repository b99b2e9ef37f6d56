/*
 * world - a view of three nodes and a controller that are well, and ways to break it
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_UNIT_DOCTOR_WORLD_H
#define TINLB_TESTS_UNIT_DOCTOR_WORLD_H

#include "cli/core/doctor.h"

#define N 3
#define NOW_US INT64_C(1767323045000000)
#define LABEL "node.kubernetes.io/exclude-from-external-load-balancers"
#define IP "172.17.251.1" /* of default/web, which node1 announces */

/* The caller ends it with view_done(). */
void world_healthy(struct view *v);
void world_add_controller(struct view *v, const char *role);

struct view_daemon *world_speaker(struct view *v, size_t at);
struct view_status *world_page(struct view *v, size_t at); /* of a speaker */
struct view_status *world_leader(struct view *v);
void world_set(char **text, const char *value);

void world_know_address(struct view_status *controller); /* that it gave it */
void world_lose_page(struct view_daemon *d);
void world_lose_pod(struct view *v, enum view_component component, size_t at);
void world_bury(struct view *v, size_t by, size_t about); /* what speaker `by` thinks of node `about` */
/* How long ago speaker `by` saw node `about` come back from the dead, the last time but one too. */
void world_return(struct view *v, size_t by, size_t about, const int64_t ago_ms[static VIEW_RETURNS]);
void world_withhold(struct view *v, const char *reason);  /* the address, on all nodes */
void world_exclude(struct view *v, size_t at);

/* What is found, for people and then as JSON. The caller frees. */
char *world_told(const struct view *v);

/* As `status` sees it: pods and pages were asked, and nothing else of the API. */
void world_ask_pages_only(struct view *v);

#endif
