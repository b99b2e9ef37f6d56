/*
 * events - Kubernetes Events about services
 *
 * Hallway: wires kube_encode and the client. Best effort: a few requests at a
 * time, at a bounded rate; what does not fit into the queue is dropped and
 * counted, for a failover of 10 000 addresses must not drown the API.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_AGENT_EVENTS_H
#define TINLB_SPEAKER_AGENT_EVENTS_H

#include "common/api/kube_client.h"

struct events;

struct events_about { /* texts are copied */
	const char *service, *uid; /* namespace/name */
	const char *type, *reason, *message;
	bool lasts; /* it names what holds, so that who finds the same after a restart knows of it */
	bool once;  /* and may have been told: one such Event is enough, whoever wrote it */
};

struct events *events_new(struct kube_client *client, const char *component, const char *host)
	MUST_CHECK;
void events_free(struct events *e); /* NULL is fine; drops what was not sent */
void events_post(struct events *e, const struct events_about *about);

uint64_t events_n_sent(const struct events *e);
uint64_t events_n_dropped(const struct events *e);
size_t events_n_waiting(const struct events *e);

#endif
