/*
 * asked - the addresses that a service asks for, by field or by annotation
 *
 * Core: no sockets, no clock, no logging. spec.loadBalancerIP holds one, the
 * annotation loadBalancerIPs one or two with a comma between them and blanks
 * around. Whether they fit the service is for decide to say.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_ASKED_H
#define TINLB_CONTROLLER_CORE_ASKED_H

#include "controller/core/service.h"

enum asked_verdict {
	ASKED_OK,        /* also when it asks for none */
	ASKED_TWICE,     /* by field and by annotation */
	ASKED_BAD_FIELD, /* spec.loadBalancerIP is no address */
	ASKED_BAD_LIST,  /* the annotation holds something else than addresses, or too many */
};

/* *out_n is 0 unless ASKED_OK. */
enum asked_verdict asked_parse(const struct service *service, struct ip out_ip[ALLOC_MAX_IPS],
			       size_t *out_n) MUST_CHECK;

#endif
