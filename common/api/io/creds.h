/*
 * creds - who we are to the API server, from files and the environment
 *
 * I/O: reads files; kubeconfig (wire) is parsed by the caller. In a pod the
 * service account's files say it; the token is read again, for it rotates.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_IO_CREDS_H
#define TINLB_COMMON_API_IO_CREDS_H

#include "common/core/text.h"

#define CREDS_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

/* https://HOST:PORT of the pod's environment; false outside of a pod. */
bool creds_in_cluster(struct text *out_base) MUST_CHECK;

/* The first word of a file: a token, a namespace. 0 or -errno. The caller frees, and wipes a token. */
int creds_read_word(const char *path, char **out_word) MUST_CHECK;

#endif
