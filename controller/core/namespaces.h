/*
 * namespaces - the labels of namespaces, for pools that go by them
 *
 * Core: no sockets, no clock, no logging.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONTROLLER_CORE_NAMESPACES_H
#define TINLB_CONTROLLER_CORE_NAMESPACES_H

#include "common/api/core/kube_types.h"
#include "common/core/strmap.h"

enum namespaces_state {
	NAMESPACES_UNREAD, /* some may be known */
	NAMESPACES_DENIED, /* the role does not let them be read: as things are none will be known */
	NAMESPACES_READ,   /* a LIST was complete */
};

struct namespaces { /* all zero: none is known yet */
	struct strmap by_name; /* name -> struct kube_namespace */
	enum namespaces_state state;
};

void namespaces_done(struct namespaces *n);
bool namespaces_put(struct namespaces *n, struct kube_namespace *ns); /* takes it; true: labels differ */
void namespaces_remove(struct namespaces *n, const char *name);

/* NULL: not known. */
const struct kube_labels *namespaces_labels(const struct namespaces *n, const char *name);

/* It is not known, and it will be. */
bool namespaces_awaits(const struct namespaces *n, const char *name);

#endif
