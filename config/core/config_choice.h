/*
 * config_choice - which source the configuration is taken from
 *
 * Core: no sockets, no clock, no logging. Custom resources win over the
 * ConfigMap as soon as there is one IPAddressPool; advertisements alone win
 * nothing, so that they can be applied first and nothing falls silent meanwhile.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CONFIG_CORE_CONFIG_CHOICE_H
#define TINLB_CONFIG_CORE_CONFIG_CHOICE_H

#include "common/core/base.h"

enum config_sight { /* of one kind of object */
	CONFIG_UNREAD, /* not listed yet */
	CONFIG_ABSENT, /* the API does not have the kind, or the role forbids it */
	CONFIG_READ,
};

struct config_seen {
	enum config_sight map, pools, adverts;
	bool has_map; /* there is the ConfigMap */
	size_t n_pool;
	bool map_in_force; /* what is in force came from the ConfigMap */
};

enum config_origin {
	CONFIG_WAIT,        /* not everything that counts was read */
	CONFIG_NONE,        /* there is no configuration */
	CONFIG_FROM_MAP,
	CONFIG_MAP_LOST,    /* it was in force and is gone: it stays in force */
	CONFIG_FROM_OBJECTS,
};

enum config_origin config_choose(const struct config_seen *seen);

/* Both are there, and the ConfigMap is not looked at. */
bool config_is_doubled(const struct config_seen *seen);

#endif
