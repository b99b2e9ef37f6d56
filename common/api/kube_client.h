/*
 * kube_client - the connection of a daemon to the Kubernetes API
 *
 * Hallway: wires creds, kubeconfig and http. Feeds of objects are in kube_feed;
 * here are single requests, many of which may be under way.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_KUBE_CLIENT_H
#define TINLB_COMMON_API_KUBE_CLIENT_H

#include "common/api/io/http.h"
#include "common/core/text.h"

struct kube_client;

struct kube_client_config {
	const char *kubeconfig; /* path, or NULL: the service account of the pod */
	const char *context;    /* of the kubeconfig, or NULL: its current one */
	const char *user_agent; /* tinlb-controller/0.1.0 */
	const char *server; /* URL that asks for no credentials, as `kubectl proxy` serves it, or NULL */
};

/* 0, or -errno with a sentence that says what is missing and what to do. */
int kube_client_new(struct loop *loop, const struct kube_client_config *config,
		    struct kube_client **out_client, struct text *out_error) MUST_CHECK;
void kube_client_free(struct kube_client *client); /* after its feeds; NULL is fine */

/* Namespace of the service account or of the kubeconfig's context, or NULL. */
const char *kube_client_namespace(const struct kube_client *client);
const char *kube_client_server(const struct kube_client *client); /* for people */

/*
 * Why an answer is no success, as a sentence. A refused token is read again, and what the role
 * does not allow is remembered for kube_client_denied().
 */
void kube_client_explain(struct kube_client *client, const struct http_answer *answer,
			 struct text *out_sentence);

/* What the role was lately found not to allow: see denials_next(). */
const char *kube_client_denied(const struct kube_client *client, size_t *at);

/*
 * http_send() with the present token. For a call with a timeout of 0 see http.h.
 */
struct http_request *kube_client_send(struct kube_client *client, const struct http_call *call)
	MUST_CHECK;
struct loop *kube_client_loop(const struct kube_client *client);

#endif
