/* swim_members - see swim_members.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/core/swim_members.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/hash.h"

struct swim_timing swim_timing_lan(void)
{
	return (struct swim_timing){
		.probe_interval_ms = 1000, .probe_timeout_ms = 500,
		.gossip_interval_ms = 200, .gossip_to_dead_ms = 30000,
		.push_pull_ms = 30000, .tcp_timeout_ms = 10000,
		.indirect_checks = 3, .gossip_nodes = 3, .retransmit_mult = 4,
		.suspicion_mult = 4, .suspicion_max_mult = 6, .awareness_max = 8,
	};
}

struct swim_timing swim_timing_wan(void)
{
	struct swim_timing wan = swim_timing_lan();

	wan.probe_interval_ms = 5000;
	wan.probe_timeout_ms = 3000;
	wan.gossip_interval_ms = 500;
	wan.gossip_to_dead_ms = 60000;
	wan.push_pull_ms = 60000;
	wan.tcp_timeout_ms = 30000;
	wan.gossip_nodes = 4;
	wan.suspicion_mult = 6;
	return wan;
}

int64_t swim_suspicion_min_ms(const struct swim_timing *timing, size_t n)
{
	double scale = fmax(1.0, log10(fmax(1.0, (double)n)));

	return (int64_t)(timing->suspicion_mult * scale * 1000) * timing->probe_interval_ms / 1000;
}

int64_t swim_suspicion_ms(unsigned had, unsigned wanted, int64_t min_ms, int64_t max_ms)
{
	double part;
	int64_t ms;

	if (wanted == 0)
		return min_ms;
	part = log((double)had + 1) / log((double)wanted + 1);
	ms = (int64_t)floor((double)max_ms - part * (double)(max_ms - min_ms));
	return ms < min_ms ? min_ms : ms;
}

static struct swim_member *add_member(struct swim_members *m, const struct swim_alive *said,
				      instant now)
{
	struct swim_member *member = mem_new(1, sizeof(*member));

	*member = (struct swim_member){ .said = *said, .state = SWIM_STATE_DEAD, .changed = now };
	m->at = mem_grow(m->at, m->n, &m->cap, sizeof(struct swim_member *));
	m->at[m->n++] = member;
	strmap_put(&m->by_name, said->node, member);
	return member;
}

static void tell_alive(struct swim_members *m, const struct swim_member *member)
{
	struct swim_msg msg = { .kind = SWIM_ALIVE };

	msg.alive = member->said;
	msg.alive.state = SWIM_STATE_ALIVE;
	swim_gossip_put(&m->gossip, &msg);
}

static void tell_claim(struct swim_members *m, enum swim_kind kind, const struct swim_claim *claim)
{
	struct swim_msg msg = { .kind = kind };

	msg.claim = *claim;
	swim_gossip_put(&m->gossip, &msg);
}

static void changed(struct swim_members *m, const struct swim_member *member,
		    enum swim_change change)
{
	if (m->on_change)
		m->on_change(m->ctx, member, change);
}

void swim_members_init(struct swim_members *m, const struct swim_timing *timing,
		       const struct swim_alive *self, instant now)
{
	*m = (struct swim_members){ .timing = *timing, .max_members = 2048 };
	add_member(m, self, now)->state = SWIM_STATE_ALIVE;
	tell_alive(m, m->at[0]);
}

void swim_members_done(struct swim_members *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->at[i]);
	free(m->at);
	strmap_done(&m->by_name);
	strmap_done(&m->forgotten);
	heap_done(&m->suspicions);
	heap_done(&m->last_calls);
	swim_gossip_done(&m->gossip);
	*m = (struct swim_members){ 0 };
}

struct swim_member *swim_members_find(const struct swim_members *m, const char *name)
{
	return strmap_get(&m->by_name, name);
}

size_t swim_members_n_live(const struct swim_members *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += swim_member_is_live(m->at[i]);
	return n;
}

size_t swim_members_indirect(const struct swim_members *m, unsigned n, const char **out_name, size_t max)
{
	size_t found = 0;

	for (size_t i = 1; i < m->n && found < max; i++)
		if (m->at[i]->n_indirect >= n && swim_member_is_live(m->at[i]))
			out_name[found++] = m->at[i]->said.node;
	return found;
}

void swim_members_aware(struct swim_members *m, int delta)
{
	int sum = (int)m->awareness + delta;
	int most = (int)m->timing.awareness_max - 1;

	m->awareness = (unsigned)(sum < 0 ? 0 : sum > most ? most : sum);
}

/* The next incarnation; there is none above the last. */
static uint32_t after(uint32_t incarnation)
{
	return incarnation == UINT32_MAX ? incarnation : incarnation + 1;
}

/* Say again that we live, in an incarnation above the one we were accused in. */
static void refute(struct swim_members *m, uint32_t accused)
{
	struct swim_member *self = swim_members_self(m);
	uint32_t above = accused > self->said.incarnation ? accused : self->said.incarnation;

	self->said.incarnation = after(above);
	swim_members_aware(m, 1);
	m->noted[SWIM_NOTE_REFUTED]++;
	tell_alive(m, self);
}

static bool same_bytes(const void *a, uint16_t a_n, const void *b, uint16_t b_n)
{
	return a_n == b_n && memcmp(a, b, a_n) == 0;
}

static bool same_addr(const struct swim_alive *a, const struct swim_alive *b)
{
	return a->port == b->port && swim_addr_equal(&a->addr, &b->addr);
}

static bool same_meta(const struct swim_alive *a, const struct swim_alive *b)
{
	return same_bytes(a->meta.byte, a->meta.n, b->meta.byte, b->meta.n);
}

static void on_alive_self(struct swim_members *m, const struct swim_alive *alive)
{
	const struct swim_alive *own = &swim_members_self(m)->said;

	if (m->leaving)
		return;
	if (!same_addr(alive, own)) {
		m->noted[SWIM_NOTE_NAME_CLASH]++;
		return;
	}
	if (alive->incarnation < own->incarnation)
		return;
	if (alive->incarnation == own->incarnation && same_meta(alive, own) &&
	    same_bytes(alive->vsn.byte, alive->vsn.n, own->vsn.byte, own->vsn.n))
		return;
	refute(m, alive->incarnation);
}

/* memberlist's PMin, PMax: 0 or the wrong way round is no version. */
static bool version_is_sane(const struct swim_vsn *vsn)
{
	return vsn->n == SWIM_VSN_BYTES && vsn->byte[0] != 0 && vsn->byte[0] <= vsn->byte[1];
}

static void set_timer(struct swim_members *m, struct swim_member *member, instant end)
{
	heap_set(&m->suspicions, &member->timer, end);
	heap_set(&m->last_calls, &member->last_call, instant_add_ms(end, -m->timing.probe_interval_ms));
}

static void end_suspicion(struct swim_members *m, struct swim_member *member)
{
	heap_remove(&m->suspicions, &member->timer);
	heap_remove(&m->last_calls, &member->last_call);
}

/* A member that was forgotten: others may hold old news of its death for true. */
static void remember(struct swim_members *m, struct swim_member *member)
{
	void *value = strmap_remove(&m->forgotten, member->said.node);

	if (value)
		member->died_in = (uint32_t)((uintptr_t)value - 1);
}

void swim_members_on_alive(struct swim_members *m, instant now, const struct swim_alive *said)
{
	struct swim_member *member = swim_members_find(m, said->node);
	struct swim_alive with_port = *said;
	const struct swim_alive *alive = &with_port;
	bool reclaim = false, was_live, update;

	if (!version_is_sane(&said->vsn) || said->addr.n == 0)
		return;
	if (with_port.port == 0) /* as memberlist does */
		with_port.port = swim_members_self(m)->said.port;
	if (member == swim_members_self(m)) {
		on_alive_self(m, alive);
		return;
	}
	if (!member) {
		if (m->n >= m->max_members) {
			m->noted[SWIM_NOTE_FULL]++;
			return;
		}
		member = add_member(m, alive, now);
		remember(m, member);
		reclaim = true;
	} else if (!same_addr(alive, &member->said)) {
		if (member->state != SWIM_STATE_LEFT) {
			m->noted[SWIM_NOTE_ADDRESS_CLASH]++;
			return;
		}
		reclaim = true;
	}
	if (alive->incarnation <= member->said.incarnation && !reclaim)
		return;
	end_suspicion(m, member);
	was_live = swim_member_is_live(member);
	update = was_live && !same_meta(alive, &member->said);
	member->said = *alive;
	if (member->state != SWIM_STATE_ALIVE)
		member->changed = now;
	member->state = SWIM_STATE_ALIVE;
	tell_alive(m, member);
	if (!was_live)
		changed(m, member, SWIM_JOINED);
	else if (update)
		changed(m, member, SWIM_UPDATED);
}

/* One more voice. True when it is a new one and still wanted. */
static bool confirm(struct swim_members *m, struct swim_member *member, const char *from)
{
	uint32_t hash = hash32_text(from);

	if (member->n_confirm >= member->wanted)
		return false;
	for (unsigned i = 0; i <= member->n_confirm; i++)
		if (member->confirm_hash[i] == hash)
			return false;
	member->confirm_hash[++member->n_confirm] = hash;
	set_timer(m, member,
		  instant_add_ms(member->suspected,
				 swim_suspicion_ms(member->n_confirm, member->wanted, member->min_ms,
						   member->max_ms)));
	return true;
}

static void begin_suspicion(struct swim_members *m, struct swim_member *member, instant now,
			    const char *from)
{
	unsigned wanted = m->timing.suspicion_mult > 2 ? m->timing.suspicion_mult - 2 : 0;

	if (wanted > SWIM_CONFIRMATIONS_MAX)
		wanted = SWIM_CONFIRMATIONS_MAX;
	if (m->n < wanted + 2) /* too few others to confirm */
		wanted = 0;
	member->wanted = wanted;
	member->n_confirm = 0;
	member->confirm_hash[0] = hash32_text(from);
	member->suspected = now;
	member->min_ms = swim_suspicion_min_ms(&m->timing, m->n);
	member->max_ms = member->min_ms * m->timing.suspicion_max_mult;
	set_timer(m, member,
		  instant_add_ms(now, swim_suspicion_ms(0, wanted, member->min_ms, member->max_ms)));
}

void swim_members_on_suspect(struct swim_members *m, instant now, const struct swim_claim *claim)
{
	struct swim_member *member = swim_members_find(m, claim->node);

	if (!member)
		return;
	if (claim->incarnation < member->said.incarnation) {
		if (member == swim_members_self(m) && !m->leaving)
			tell_alive(m, member); /* whoever accuses it has missed what it said since */
		return;
	}
	if (member->timer.place != 0) {
		if (confirm(m, member, claim->from))
			tell_claim(m, SWIM_SUSPECT, claim);
		return;
	}
	if (member->state != SWIM_STATE_ALIVE)
		return;
	if (member == swim_members_self(m)) {
		refute(m, claim->incarnation);
		return;
	}
	tell_claim(m, SWIM_SUSPECT, claim);
	member->said.incarnation = claim->incarnation;
	member->state = SWIM_STATE_SUSPECT;
	member->changed = now;
	begin_suspicion(m, member, now, claim->from);
}

void swim_members_on_dead(struct swim_members *m, instant now, const struct swim_claim *claim)
{
	struct swim_member *member = swim_members_find(m, claim->node);

	if (!member || claim->incarnation < member->said.incarnation || !swim_member_is_live(member))
		return;
	if (member == swim_members_self(m)) {
		m->noted[SWIM_NOTE_BURIED]++;
		refute(m, claim->incarnation);
		return;
	}
	end_suspicion(m, member);
	if (member->state != SWIM_STATE_SUSPECT)
		member->suspected = now;
	tell_claim(m, SWIM_DEAD, claim);
	member->said.incarnation = claim->incarnation;
	member->state = strcmp(claim->node, claim->from) == 0 ? SWIM_STATE_LEFT : SWIM_STATE_DEAD;
	member->changed = now;
	changed(m, member, SWIM_LEFT);
}

struct swim_claim swim_claim_about(const struct swim_alive *about, const char *from)
{
	struct swim_claim claim = { .incarnation = about->incarnation };

	memcpy(claim.node, about->node, sizeof(claim.node));
	memcpy(claim.from, from, strnlen(from, sizeof(claim.from) - 1));
	return claim;
}

void swim_members_on_entry(struct swim_members *m, instant now, const struct swim_alive *entry)
{
	struct swim_claim claim = swim_claim_about(entry, swim_members_self(m)->said.node);

	switch ((enum swim_state)entry->state) {
	case SWIM_STATE_ALIVE:
		swim_members_on_alive(m, now, entry);
		break;
	case SWIM_STATE_SUSPECT:
	case SWIM_STATE_DEAD:
		if (entry->state == SWIM_STATE_DEAD &&
		    strcmp(entry->node, swim_members_self(m)->said.node) == 0)
			m->noted[SWIM_NOTE_BURIED]++;
		swim_members_on_suspect(m, now, &claim);
		break;
	case SWIM_STATE_LEFT:
		claim = swim_claim_about(entry, entry->node);
		swim_members_on_dead(m, now, &claim);
		break;
	}
}

void swim_members_put_off(struct swim_members *m, int64_t ns)
{
	for (size_t i = 0; i < m->n; i++) {
		struct swim_member *member = m->at[i];

		if (member->timer.place == 0)
			continue;
		member->suspected += ns;
		set_timer(m, member, member->timer.due + ns);
	}
}

const struct swim_member *swim_members_next_call(struct swim_members *m, instant now)
{
	struct heap_node *first = heap_first(&m->last_calls);

	if (!first || first->due > now)
		return NULL;
	heap_remove(&m->last_calls, first);
	return CONTAINER_OF(first, struct swim_member, last_call);
}

bool swim_members_tick(struct swim_members *m, instant now)
{
	struct heap_node *first;
	bool any = false;

	while ((first = heap_first(&m->suspicions)) && first->due <= now) {
		struct swim_member *member = CONTAINER_OF(first, struct swim_member, timer);
		struct swim_claim claim = swim_claim_about(&member->said,
						      swim_members_self(m)->said.node);

		swim_members_on_dead(m, now, &claim);
		any = true;
	}
	return any;
}

void swim_members_reap(struct swim_members *m, instant now)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct swim_member *member = m->at[i];

		if (swim_member_is_live(member) || i == 0 ||
		    now < instant_add_ms(member->changed, m->timing.gossip_to_dead_ms)) {
			m->at[kept++] = member;
			continue;
		}
		strmap_remove(&m->by_name, member->said.node);
		if (m->forgotten.n < m->max_members)
			strmap_put(&m->forgotten, member->said.node,
				   (void *)((uintptr_t)member->said.incarnation + 1));
		free(member);
	}
	m->n = kept;
}

void swim_members_set_meta(struct swim_members *m, const struct swim_meta *meta)
{
	struct swim_member *self = swim_members_self(m);

	if (same_bytes(meta->byte, meta->n, self->said.meta.byte, self->said.meta.n))
		return;
	self->said.meta = *meta;
	self->said.incarnation = after(self->said.incarnation);
	tell_alive(m, self);
}

void swim_members_leave(struct swim_members *m, instant now)
{
	struct swim_member *self = swim_members_self(m);
	struct swim_claim claim = swim_claim_about(&self->said, self->said.node);

	m->leaving = true;
	self->state = SWIM_STATE_LEFT;
	self->changed = now;
	tell_claim(m, SWIM_DEAD, &claim);
}

void swim_members_state(const struct swim_members *m, bool join, struct swim_push_pull *out_state)
{
	struct swim_alive *node = mem_new(m->n, sizeof(*node));

	for (size_t i = 0; i < m->n; i++) {
		node[i] = m->at[i]->said;
		node[i].state = (uint8_t)m->at[i]->state;
	}
	*out_state = (struct swim_push_pull){ .join = join, .node = node, .n = m->n };
}
