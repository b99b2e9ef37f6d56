/*
 * kubeconfig - which API server to talk to, out of a kubeconfig file
 *
 * Wire: libyaml (through yaml_tree), no state. The current context's cluster
 * and user, or another's; files that it names are read by io/creds. Relative paths are
 * relative to the file. Refused with a sentence: exec and auth-provider
 * plug-ins, user names with passwords.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_COMMON_API_WIRE_KUBECONFIG_H
#define TINLB_COMMON_API_WIRE_KUBECONFIG_H

#include "common/core/text.h"

/* Of each pair at most one is set; all texts are owned and may be NULL. */
struct kubeconfig {
	char *server; /* http://... or https://... without a slash at the end */
	char *ca_file, *ca_data;     /* data: PEM, decoded from base64 */
	char *cert_file, *cert_data; /* of the client */
	char *key_file, *key_data;
	char *token, *token_file;
	char *tls_name;  /* tls-server-name */
	char *proxy_url;
	char *namespace; /* of the context */
	bool insecure;   /* insecure-skip-tls-verify */
};

/* context NULL: the current one. 0, or -EINVAL with a sentence that names the entry at fault. */
int kubeconfig_parse(const char *text, size_t n, const char *context,
		     struct kubeconfig *out_config, struct text *out_error) MUST_CHECK;
void kubeconfig_done(struct kubeconfig *config); /* wipes token and key */

#endif
