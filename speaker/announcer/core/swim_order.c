/* swim_order - see swim_order.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/swim_order.h"

#include <stdlib.h>
#include <string.h>

void swim_order_done(struct swim_order *order)
{
	free(order->name);
}

static void new_round(struct swim_order *o, struct swim_members *members, struct prng *prng,
		      instant now)
{
	swim_members_reap(members, now);
	o->n = o->at = 0;
	for (size_t i = 1; i < members->n; i++) {
		size_t j = prng_below(prng, o->n + 1);

		o->name = mem_grow(o->name, o->n, &o->cap, sizeof(*o->name));
		if (j != o->n)
			memcpy(o->name[o->n], o->name[j], SWIM_NAME_MAX);
		memcpy(o->name[j], members->at[i]->said.node, SWIM_NAME_MAX);
		o->n++;
	}
}

const struct swim_member *swim_order_next(struct swim_order *o, struct swim_members *members,
					  struct prng *prng, instant now)
{
	for (unsigned rounds = 0; rounds < 2; rounds++) {
		while (o->at < o->n) {
			const struct swim_member *member =
				swim_members_find(members, o->name[o->at++]);

			if (member && swim_member_is_live(member))
				return member;
		}
		new_round(o, members, prng, now);
	}
	return NULL;
}
