/* config_choice - see config_choice.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config/core/config_choice.h"

enum config_origin config_choose(const struct config_seen *seen)
{
	if (seen->pools == CONFIG_UNREAD || seen->adverts == CONFIG_UNREAD)
		return CONFIG_WAIT;
	if (seen->n_pool > 0)
		return CONFIG_FROM_OBJECTS;
	if (seen->map == CONFIG_UNREAD)
		return CONFIG_WAIT;
	if (seen->has_map)
		return CONFIG_FROM_MAP;
	if (seen->map_in_force)
		return CONFIG_MAP_LOST;
	return seen->pools == CONFIG_READ ? CONFIG_FROM_OBJECTS : CONFIG_NONE;
}

bool config_is_doubled(const struct config_seen *seen)
{
	return seen->n_pool > 0 && seen->has_map;
}
