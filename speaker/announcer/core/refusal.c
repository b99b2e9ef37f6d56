/* refusal - see refusal.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/refusal.h"

#include <string.h>

void refusal_init(struct refusal *r, int64_t ask_every_ms)
{
	*r = (struct refusal){ .ask_every_ms = ask_every_ms, .ask_at = INSTANT_NEVER };
}

static bool is_namesake(const struct swim_config *self, const struct swim_dest *from,
			const struct swim_push_pull *state)
{
	for (size_t i = 0; i < state->n; i++)
		if (strcmp(state->node[i].node, self->name) == 0 &&
		    swim_addr_equal(&state->node[i].addr, &from->addr))
			return true;
	return false;
}

static bool refuses(const struct swim_config *self, const struct swim_push_pull *state)
{
	for (size_t i = 0; i < state->n; i++) {
		const struct swim_alive *entry = &state->node[i];

		if (strcmp(entry->node, self->name) == 0 && entry->state != SWIM_STATE_LEFT &&
		    !swim_addr_equal(&entry->addr, &self->addr))
			return true;
	}
	return false;
}

void refusal_on_state(struct refusal *r, instant now, const struct swim_config *self,
		      const struct swim_dest *from, const struct swim_push_pull *state)
{
	if (is_namesake(self, from, state))
		return;
	r->refused = refuses(self, state);
	r->ask_at = r->refused ? instant_add_ms(now, r->ask_every_ms) : INSTANT_NEVER;
}

bool refusal_tick(struct refusal *r, instant now)
{
	if (r->ask_at > now)
		return false;
	r->ask_at = instant_add_ms(now, r->ask_every_ms);
	return true;
}
