/* table_wire - see table_wire.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/table/wire/table_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/cursor.h"

/* One row of the largest kind must fit: candidates, interfaces, address, head. */
_Static_assert(64 + TABLE_MAX_NODES * 2 + TABLE_MAX_INTERFACES * (2 + TABLE_INTERFACE_NAME_MAX) <=
		       TABLE_MESSAGE_MAX,
	       "a full row fits into a message");

static void put_bool(struct writer *w, bool v)
{
	write_u8(w, v ? 1 : 0);
}

static bool get_bool(struct reader *r)
{
	uint8_t v = read_u8(r);

	if (v > 1)
		r->failed = true;
	return v == 1;
}

static void put_ip(struct writer *w, const struct ip *ip)
{
	if (ip->len != IP_V4 && ip->len != IP_V6)
		w->failed = true;
	write_u8(w, ip->len);
	write_bytes(w, ip->byte, ip->len);
}

static void get_ip(struct reader *r, struct ip *ip)
{
	ip->len = read_u8(r);
	if (ip->len == IP_V4 || ip->len == IP_V6) {
		read_into(r, ip->byte, ip->len);
		return;
	}
	r->failed = true;
	ip->len = 0;
}

/* A name that is there: not empty, terminated within max bytes. */
static void put_name(struct writer *w, const char *name, size_t max)
{
	size_t n = strnlen(name, max);

	if (n == 0 || n == max)
		w->failed = true;
	else
		write_string(w, name);
}

static void get_name(struct reader *r, char *name, size_t max)
{
	read_string(r, name, max);
	if (name[0] == '\0')
		r->failed = true;
}

static void put_reason(struct writer *w, enum table_reason reason)
{
	if (reason >= TABLE_N_REASONS)
		w->failed = true;
	write_u8(w, (uint8_t)reason);
}

static enum table_reason get_reason(struct reader *r)
{
	uint8_t v = read_u8(r);

	if (v >= TABLE_N_REASONS)
		r->failed = true;
	return r->failed ? TABLE_OK : (enum table_reason)v;
}

/* An index of a node; where `none` is allowed, UINT16_MAX says nobody. */
static void put_index(struct writer *w, uint16_t index, bool none)
{
	if (index >= TABLE_MAX_NODES && !(none && index == UINT16_MAX))
		w->failed = true;
	write_u16(w, index);
}

static uint16_t get_index(struct reader *r, bool none)
{
	uint16_t index = read_u16(r);

	if (index >= TABLE_MAX_NODES && !(none && index == UINT16_MAX))
		r->failed = true;
	return index;
}

static void put_interfaces(struct writer *w, const char (*name)[TABLE_INTERFACE_NAME_MAX],
			   uint8_t n)
{
	if (n > TABLE_MAX_INTERFACES) {
		w->failed = true;
		return;
	}
	write_u8(w, n);
	for (unsigned i = 0; i < n; i++)
		put_name(w, name[i], TABLE_INTERFACE_NAME_MAX);
}

static uint8_t get_interfaces(struct reader *r, char (*name)[TABLE_INTERFACE_NAME_MAX])
{
	uint8_t n = read_u8(r);

	if (n > TABLE_MAX_INTERFACES) {
		r->failed = true;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		get_name(r, name[i], TABLE_INTERFACE_NAME_MAX);
	return n;
}

static void put_settings(struct writer *w, const struct table_settings *s)
{
	put_name(w, s->node_name, sizeof(s->node_name));
	if (strnlen(s->exclude, sizeof(s->exclude)) == sizeof(s->exclude))
		w->failed = true;
	else
		write_string(w, s->exclude);
	for (size_t i = 0; i < TABLE_N_TIMINGS; i++)
		write_u32(w, s->timing[i]);
}

static void get_settings(struct reader *r, struct table_settings *s)
{
	get_name(r, s->node_name, sizeof(s->node_name));
	read_string(r, s->exclude, sizeof(s->exclude));
	for (size_t i = 0; i < TABLE_N_TIMINGS; i++)
		s->timing[i] = read_u32(r);
}

static void put_node(struct writer *w, const struct table_node *node)
{
	put_index(w, node->index, false);
	put_bool(w, node->alive);
	put_name(w, node->name, sizeof(node->name));
}

static void get_node(struct reader *r, struct table_node *node)
{
	node->index = get_index(r, false);
	node->alive = get_bool(r);
	get_name(r, node->name, sizeof(node->name));
}

static void put_row(struct writer *w, const struct table_row *row)
{
	put_ip(w, &row->ip);
	put_reason(w, row->withheld);
	if (row->n_candidate > TABLE_MAX_NODES) {
		w->failed = true;
		return;
	}
	write_u16(w, row->n_candidate);
	for (unsigned i = 0; i < row->n_candidate; i++)
		put_index(w, row->candidate[i], false);
	put_interfaces(w, row->interface, row->n_interface);
	write_u8(w, row->differs);
}

static void get_row(struct reader *r, struct table_row *row)
{
	uint16_t n;

	get_ip(r, &row->ip);
	row->withheld = get_reason(r);
	n = read_u16(r);
	if (n > TABLE_MAX_NODES || reader_left(r) < n * sizeof(uint16_t)) {
		r->failed = true;
		return;
	}
	if (n > 0)
		row->candidate = mem_new(n, sizeof(*row->candidate));
	row->n_candidate = n;
	for (unsigned i = 0; i < n; i++)
		row->candidate[i] = get_index(r, false);
	row->n_interface = get_interfaces(r, row->interface);
	row->differs = get_bool(r);
}

static void put_verdict(struct writer *w, const struct table_verdict *v)
{
	put_ip(w, &v->ip);
	put_reason(w, v->reason);
	put_index(w, v->owner, true);
	put_index(w, v->from, true);
	if (v->cause >= TABLE_N_CAUSES)
		w->failed = true;
	write_u8(w, (uint8_t)v->cause);
	if (v->since_ms < 0)
		w->failed = true;
	write_u64(w, (uint64_t)v->since_ms);
	put_interfaces(w, v->interface, v->n_interface);
}

static void get_verdict(struct reader *r, struct table_verdict *v)
{
	uint64_t since;
	uint8_t cause;

	get_ip(r, &v->ip);
	v->reason = get_reason(r);
	v->owner = get_index(r, true);
	v->from = get_index(r, true);
	cause = read_u8(r);
	if (cause >= TABLE_N_CAUSES)
		r->failed = true;
	else
		v->cause = (enum table_cause)cause;
	since = read_u64(r);
	if (since > INT64_MAX)
		r->failed = true;
	else
		v->since_ms = (int64_t)since;
	v->n_interface = get_interfaces(r, v->interface);
}

static void put_counts(struct writer *w, const struct table_counts *c)
{
	put_ip(w, &c->ip);
	write_u64(w, c->requests);
	write_u64(w, c->responses);
	write_u64(w, c->gratuitous);
	write_u64(w, c->takes);
}

static void get_counts(struct reader *r, struct table_counts *c)
{
	get_ip(r, &c->ip);
	c->requests = read_u64(r);
	c->responses = read_u64(r);
	c->gratuitous = read_u64(r);
	c->takes = read_u64(r);
}

static void put_member(struct writer *w, const struct table_member *member)
{
	put_name(w, member->name, sizeof(member->name));
	put_bool(w, member->alive);
	put_bool(w, member->self);
}

static void get_member(struct reader *r, struct table_member *member)
{
	get_name(r, member->name, sizeof(member->name));
	member->alive = get_bool(r);
	member->self = get_bool(r);
}

static void put_link(struct writer *w, const struct table_link *link)
{
	write_u32(w, link->ifindex);
	put_name(w, link->name, sizeof(link->name));
	write_bytes(w, link->mac, sizeof(link->mac));
	put_bool(w, link->gone);
	put_bool(w, link->usable);
}

static void get_link(struct reader *r, struct table_link *link)
{
	link->ifindex = read_u32(r);
	get_name(r, link->name, sizeof(link->name));
	read_into(r, link->mac, sizeof(link->mac));
	link->gone = get_bool(r);
	link->usable = get_bool(r);
}

static void put_histogram(struct writer *w, const struct histogram *h)
{
	for (size_t i = 0; i < HISTOGRAM_CLASSES; i++)
		write_u64(w, h->n[i]);
	write_u64(w, h->sum_us);
}

static void get_histogram(struct reader *r, struct histogram *h)
{
	for (size_t i = 0; i < HISTOGRAM_CLASSES; i++)
		h->n[i] = read_u64(r);
	h->sum_us = read_u64(r);
}

static void put_totals(struct writer *w, const struct table_totals *t)
{
	write_u64(w, t->frames_seen);
	write_u64(w, t->frames_dropped);
	write_u64(w, t->agent_restarts);
	write_u64(w, t->loop_late_max_us);
	for (size_t i = 0; i < TABLE_N_CAUSES; i++)
		write_u64(w, t->taken[i]);
	write_u64(w, t->claims_of_speakers);
	write_u64(w, t->claims_of_strangers);
	put_histogram(w, &t->late);
	put_histogram(w, &t->failover);
}

static void get_totals(struct reader *r, struct table_totals *t)
{
	t->frames_seen = read_u64(r);
	t->frames_dropped = read_u64(r);
	t->agent_restarts = read_u64(r);
	t->loop_late_max_us = read_u64(r);
	for (size_t i = 0; i < TABLE_N_CAUSES; i++)
		t->taken[i] = read_u64(r);
	t->claims_of_speakers = read_u64(r);
	t->claims_of_strangers = read_u64(r);
	get_histogram(r, &t->late);
	get_histogram(r, &t->failover);
}

static void put_peers(struct writer *w, const struct table_peers *p)
{
	if (p->n > TABLE_MAX_PEERS) {
		w->failed = true;
		return;
	}
	put_bool(w, p->more);
	write_u16(w, p->n);
	for (unsigned i = 0; i < p->n; i++)
		put_ip(w, &p->ip[i]);
}

static void get_peers(struct reader *r, struct table_peers *p)
{
	p->more = get_bool(r);
	p->n = read_u16(r);
	if (p->n > TABLE_MAX_PEERS) {
		r->failed = true;
		return;
	}
	for (unsigned i = 0; i < p->n; i++)
		get_ip(r, &p->ip[i]);
}

static void put_ring(struct writer *w, const struct table_ring *ring)
{
	if (ring->state >= TABLE_N_RING_STATES || ring->n_indirect > TABLE_MAX_INDIRECT ||
	    strnlen(ring->key_ids, sizeof(ring->key_ids)) == sizeof(ring->key_ids)) {
		w->failed = true;
		return;
	}
	write_u8(w, (uint8_t)ring->state);
	write_string(w, ring->key_ids);
	write_u16(w, ring->n_differ);
	write_u64(w, ring->sent);
	write_u64(w, ring->received);
	for (size_t i = 0; i < TABLE_RING_TROUBLES; i++)
		write_u64(w, ring->trouble[i]);
	write_u8(w, ring->n_indirect);
	for (size_t i = 0; i < ring->n_indirect; i++)
		put_name(w, ring->indirect[i], sizeof(ring->indirect[i]));
}

static void get_ring(struct reader *r, struct table_ring *ring)
{
	uint8_t state = read_u8(r);

	if (state >= TABLE_N_RING_STATES)
		r->failed = true;
	else
		ring->state = (enum table_ring_state)state;
	read_string(r, ring->key_ids, sizeof(ring->key_ids));
	ring->n_differ = read_u16(r);
	ring->sent = read_u64(r);
	ring->received = read_u64(r);
	for (size_t i = 0; i < TABLE_RING_TROUBLES; i++)
		ring->trouble[i] = read_u64(r);
	ring->n_indirect = read_u8(r);
	if (ring->n_indirect > TABLE_MAX_INDIRECT) {
		r->failed = true;
		return;
	}
	for (size_t i = 0; i < ring->n_indirect; i++)
		get_name(r, ring->indirect[i], sizeof(ring->indirect[i]));
}

static void put_claim(struct writer *w, const struct table_claim *claim)
{
	put_ip(w, &claim->ip);
	write_bytes(w, claim->mac, sizeof(claim->mac));
	put_bool(w, claim->gone);
}

static void get_claim(struct reader *r, struct table_claim *claim)
{
	get_ip(r, &claim->ip);
	read_into(r, claim->mac, sizeof(claim->mac));
	claim->gone = get_bool(r);
}

/* False for a kind that is none. */
static bool put_body(struct writer *w, const struct table_message *m)
{
	switch (m->kind) {
	case TABLE_SETTINGS: put_settings(w, &m->settings); return true;
	case TABLE_NODE:     put_node(w, &m->node); return true;
	case TABLE_ROW:      put_row(w, &m->row); return true;
	case TABLE_DROP:
	case TABLE_TOUCH:    put_ip(w, &m->drop); return true;
	case TABLE_SYNCED:   write_u32(w, m->synced.n_rows); return true;
	case TABLE_ASK:      return true;
	case TABLE_VERDICT:  put_verdict(w, &m->verdict); return true;
	case TABLE_COUNTS:   put_counts(w, &m->counts); return true;
	case TABLE_MEMBER:   put_member(w, &m->member); return true;
	case TABLE_LINK:     put_link(w, &m->link); return true;
	case TABLE_TOTALS:   put_totals(w, &m->totals); return true;
	case TABLE_PEERS:    put_peers(w, &m->peers); return true;
	case TABLE_RING:     put_ring(w, &m->ring); return true;
	case TABLE_CLAIM:    put_claim(w, &m->claim); return true;
	}
	return false;
}

static bool get_body(struct reader *r, struct table_message *m)
{
	switch (m->kind) {
	case TABLE_SETTINGS: get_settings(r, &m->settings); return true;
	case TABLE_NODE:     get_node(r, &m->node); return true;
	case TABLE_ROW:      get_row(r, &m->row); return true;
	case TABLE_DROP:
	case TABLE_TOUCH:    get_ip(r, &m->drop); return true;
	case TABLE_SYNCED:   m->synced.n_rows = read_u32(r); return true;
	case TABLE_ASK:      return true;
	case TABLE_VERDICT:  get_verdict(r, &m->verdict); return true;
	case TABLE_COUNTS:   get_counts(r, &m->counts); return true;
	case TABLE_MEMBER:   get_member(r, &m->member); return true;
	case TABLE_LINK:     get_link(r, &m->link); return true;
	case TABLE_TOTALS:   get_totals(r, &m->totals); return true;
	case TABLE_PEERS:    get_peers(r, &m->peers); return true;
	case TABLE_RING:     get_ring(r, &m->ring); return true;
	case TABLE_CLAIM:    get_claim(r, &m->claim); return true;
	}
	return false;
}

int table_encode(const struct table_message *m, uint8_t *buf, size_t cap)
{
	struct writer w = writer_of(buf, cap < TABLE_MESSAGE_MAX ? cap : TABLE_MESSAGE_MAX);

	write_u8(&w, (uint8_t)m->kind);
	if (!put_body(&w, m) || w.failed)
		return -EINVAL;
	return (int)writer_used(&w);
}

int table_decode(const uint8_t *bytes, size_t n, struct table_message *out_m)
{
	struct reader r = reader_of(bytes, n);
	struct table_message m;

	memset(&m, 0, sizeof(m)); /* all of the union */
	m.kind = (enum table_kind)read_u8(&r);
	if (n > TABLE_MESSAGE_MAX || !get_body(&r, &m) || r.failed || reader_left(&r) > 0) {
		table_message_done(&m);
		return -EPROTO;
	}
	*out_m = m;
	return 0;
}

void table_message_done(struct table_message *m)
{
	if (m->kind != TABLE_ROW)
		return;
	free(m->row.candidate);
	m->row.candidate = NULL;
	m->row.n_candidate = 0;
}
