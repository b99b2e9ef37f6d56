/*
 * target - what a person asks about: an address, or a service and its addresses
 *
 * Core: no sockets, no clock, no logging.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_TARGET_H
#define TINLB_CLI_CORE_TARGET_H

#include "cli/core/view.h"
#include "common/core/text.h"

#define TARGET_MAX_IPS 16

struct target {
	char *service; /* namespace/name; NULL: an address was asked about */
	const struct kube_service *object; /* of the API, borrowed; NULL: not known */
	struct ip ip[TARGET_MAX_IPS];
	size_t n_ip;
};

/*
 * words: ADDRESS, NAMESPACE/NAME, or NAME where only one namespace has a load
 * balancer of that name. 0; -ENOENT: there is no such service; -EAGAIN: not
 * known, because what could say it was not read; -EINVAL: several have that
 * name. All but 0 with a sentence.
 */
int target_find(const struct view *view, const char *words, struct target *out_target,
		struct text *out_error) MUST_CHECK;
void target_done(struct target *target);

#endif
