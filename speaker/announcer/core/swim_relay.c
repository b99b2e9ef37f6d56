/* swim_relay - see swim_relay.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/swim_relay.h"

struct swim_relay *swim_relay_begin(struct swim_relays *relays, instant now, int64_t timeout_ms)
{
	for (struct swim_relay *r = relays->at; r < relays->at + SWIM_MAX_RELAYS; r++) {
		if (r->used)
			continue;
		*r = (struct swim_relay){ .used = true };
		relays->n_used++;
		r->nack_at = instant_add_ms(now, timeout_ms * 8 / 10);
		r->ends_at = instant_add_ms(now, timeout_ms);
		return r;
	}
	return NULL;
}

static void end(struct swim_relays *relays, struct swim_relay *r)
{
	r->used = false;
	relays->n_used--;
}

const struct swim_relay *swim_relay_ack(struct swim_relays *relays, uint32_t seq)
{
	for (struct swim_relay *r = relays->at; relays->n_used > 0 && r < relays->at + SWIM_MAX_RELAYS;
	     r++) {
		if (r->used && r->seq == seq) {
			end(relays, r);
			return r;
		}
	}
	return NULL;
}

const struct swim_relay *swim_relay_due(struct swim_relays *relays, instant now)
{
	for (struct swim_relay *r = relays->at; relays->n_used > 0 && r < relays->at + SWIM_MAX_RELAYS;
	     r++) {
		if (r->used && r->nack && r->nack_at <= now) {
			r->nack = false;
			return r;
		}
		if (r->used && r->ends_at <= now)
			end(relays, r);
	}
	return NULL;
}

instant swim_relay_deadline(const struct swim_relays *relays)
{
	instant due = INSTANT_NEVER;

	if (relays->n_used == 0)
		return due;
	for (const struct swim_relay *r = relays->at; r < relays->at + SWIM_MAX_RELAYS; r++)
		if (r->used)
			due = instant_min(due, r->nack ? r->nack_at : r->ends_at);
	return due;
}
