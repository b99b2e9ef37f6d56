/* swim_probe - see swim_state.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "speaker/announcer/core/swim_state.h"

static bool is_helper(const struct swim *s, const struct swim_member *member)
{
	return member->state == SWIM_STATE_ALIVE && strcmp(member->said.node, s->probe.target) != 0;
}

static int64_t scaled_interval_ms(const struct swim *s)
{
	return s->config.timing.probe_interval_ms * ((int64_t)s->members.awareness + 1);
}

/* Lifeguard's buddy: tell the suspect first. */
static void put_doubt(const struct swim *s, const struct swim_member *target, struct swim_outgoing *out)
{
	struct swim_msg msg = { .kind = SWIM_SUSPECT };

	msg.claim = swim_claim_about(&target->said, s->config.name);
	if (swim_member_is_mortal(target))
		msg.claim.incarnation = target->died_in;
	out->msg[out->n++] = msg;
}

static void begin_probe(struct swim *s, instant now)
{
	const struct swim_member *target = swim_order_next(&s->order, &s->members, &s->prng, now);
	struct swim_probe *probe = &s->probe;
	struct swim_dest to;
	struct swim_outgoing *out;

	s->probe_at = instant_add_ms(now, s->config.timing.probe_interval_ms);
	if (!target)
		return;
	*probe = (struct swim_probe){ .active = true, .seq = ++s->next_seq };
	memcpy(probe->target, target->said.node, SWIM_NAME_MAX);
	probe->indirect_at = instant_add_ms(now, s->config.timing.probe_timeout_ms);
	probe->ends_at = instant_add_ms(now, scaled_interval_ms(s));
	to = swim_dest_of(target);
	out = swim_send_to(s, &to);
	if (!out)
		return;
	out->msg[out->n++] = swim_ping_msg(s, probe->seq, probe->target);
	if (target->state == SWIM_STATE_SUSPECT || swim_member_is_mortal(target))
		put_doubt(s, target, out);
}

static void probe_indirectly(struct swim *s)
{
	const struct swim_member *target = swim_members_find(&s->members, s->probe.target);
	const struct swim_member *helper[16];
	size_t n, wanted = s->config.timing.indirect_checks;
	struct swim_stream *stream;
	struct swim_dest to;

	s->probe.indirect = true;
	if (!target)
		return;
	n = swim_pick(s, wanted < ARRAY_LEN(helper) ? wanted : ARRAY_LEN(helper), helper, is_helper);
	for (size_t i = 0; i < n; i++) {
		struct swim_msg msg = swim_ping_msg(s, s->probe.seq, s->probe.target);

		msg.kind = SWIM_INDIRECT;
		msg.ping.target = target->said.addr;
		msg.ping.target_port = target->said.port;
		msg.ping.nack = helper[i]->said.vsn.byte[1] >= 4;
		s->probe.nacks_wanted += msg.ping.nack;
		to = swim_dest_of(helper[i]);
		swim_send(s, &to, &msg);
	}
	to = swim_dest_of(target);
	stream = target->said.vsn.byte[1] >= 3 ? swim_open_stream(s, SWIM_STREAM_PING, &to) : NULL;
	if (!stream)
		return;
	stream->ping = swim_ping_msg(s, s->probe.seq, s->probe.target);
	stream->timeout_ms = scaled_interval_ms(s) - s->config.timing.probe_timeout_ms;
	s->probe.stream_id = stream->id;
}

/* Nobody reached the target in time: accuse it, and ourselves a little. */
static void fail_probe(struct swim *s, instant now)
{
	const struct swim_member *target = swim_members_find(&s->members, s->probe.target);
	struct swim_claim claim;

	if (s->probe.nacks_wanted > s->probe.nacks)
		swim_members_aware(&s->members, (int)(s->probe.nacks_wanted - s->probe.nacks));
	else if (s->probe.nacks_wanted == 0)
		swim_members_aware(&s->members, 1);
	if (!target)
		return;
	claim = swim_claim_about(&target->said, s->config.name);
	swim_members_on_suspect(&s->members, now, &claim);
}

/* It lives. By a stream alone: no packet gets through, neither from here nor from those who were asked. */
static void note_way(struct swim *s)
{
	struct swim_member *target = swim_members_find(&s->members, s->probe.target);

	if (!target)
		return;
	target->n_indirect = s->probe.direct ? 0 : target->n_indirect + 1;
	if (s->probe.acked)
		return;
	s->stream_only = swim_dest_of(target);
	s->members.noted[SWIM_NOTE_STREAM_ONLY]++;
}

static void end_probe(struct swim *s, instant now)
{
	if (s->probe.acked || s->probe.stream_acked) {
		note_way(s);
		swim_members_aware(&s->members, -1);
	} else {
		fail_probe(s, now);
	}
	s->probe.active = false;
}

/* It may live, and have heard nothing: accusations get lost when the one who accuses hears nobody. */
void swim_tick_calls(struct swim *s, instant now)
{
	const struct swim_member *suspect;

	while ((suspect = swim_members_next_call(&s->members, now))) {
		const struct swim_dest to = swim_dest_of(suspect);
		struct swim_outgoing *out = swim_send_to(s, &to);

		if (!out)
			continue;
		out->msg[out->n++] = swim_ping_msg(s, ++s->next_seq, suspect->said.node);
		put_doubt(s, suspect, out);
	}
}

void swim_tick_probe(struct swim *s, instant now)
{
	struct swim_probe *probe = &s->probe;

	if (probe->active && !probe->acked && !probe->indirect && probe->indirect_at <= now)
		probe_indirectly(s);
	if (probe->active && (probe->acked || probe->ends_at <= now))
		end_probe(s, now);
	if (!probe->active && s->probe_at <= now && !s->members.leaving)
		begin_probe(s, now);
}
