/* helps - see helps.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/helps.h"

#include <string.h>

static bool asks_for(const struct service *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->n_asked; i++)
		if (ip_equal(&s->asked[i], ip))
			return true;
	return false;
}

bool helps(const struct service *s, const struct decide_ground *ground,
	   const struct ip *ip)
{
	const struct config_client client = { s->namespace, ground->namespace_labels, &s->labels };
	const struct config_pool *pool;

	switch (s->reason) {
	case REASON_SHARING_KEY:
	case REASON_SHARING_BACKEND:
	case REASON_PORT_TAKEN:
		return asks_for(s, ip); /* also when another one has it now: the reason names who */
	case REASON_POOL_FULL:
	case REASON_ALL_FULL:
	case REASON_PARTLY:
		break;
	default:
		return false;
	}
	if (!(s->family & (ip->len == IP_V4 ? SERVICE_V4 : SERVICE_V6)) ||
	    alloc_check(ground->alloc, &s->holder, ip).verdict != ALLOC_OK)
		return false;
	pool = config_pool_of(ground->config, ip);
	if (s->reason == REASON_PARTLY)
		return pool == config_pool_of(ground->config, &s->ip[0]);
	return s->reason == REASON_POOL_FULL ? strcmp(s->asked_pool, pool->name) == 0 :
					       pool->auto_assign && config_pool_admits(pool, &client);
}
