/*
 * gather - fills a view from the API server, its pod proxy, or the daemons themselves
 *
 * Hallway: wires the API client, HTTP and the readers of cli/wire. All requests
 * are under way at once, and none lasts longer than the whole may. What could
 * not be read is an error in the view, with what to do about it, and never a
 * reason not to show the rest.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_GATHER_H
#define TINLB_CLI_GATHER_H

#include "cli/core/view.h"
#include "common/core/text.h"

struct gather;

struct gather_config {
	const char *kubeconfig; /* path, or NULL: the service account of the pod */
	const char *context;    /* of the kubeconfig, or NULL: its current one */
	const char *server;     /* URL of an API server that asks for no credentials, or NULL */
	const char *namespace;  /* of our pods and configuration */
	const char *map_name;   /* of the ConfigMap */
	/* HOST[:PORT] of daemons; with one of them the API is not asked at all. */
	const struct view_words *direct[VIEW_N_COMPONENTS];
	int64_t timeout_ms; /* of one gather_run() */
};

/* The strings must outlive it. 0, or -errno with a sentence. */
int gather_new(const struct gather_config *config, struct gather **out_gather,
	       struct text *out_error) MUST_CHECK;
void gather_free(struct gather *g); /* NULL is fine */

/*
 * needs: bits of enum view_part. The caller ends the view with view_done(). A
 * page that did not come the last time, while others did, gets less time.
 */
void gather_run(struct gather *g, unsigned needs, struct view *out_view);

/* Waits until so long after the last gather_run() began, while signals may end the process. */
void gather_wait(struct gather *g, int64_t ms);

#endif
