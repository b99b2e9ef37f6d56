/* doctor_ring - see doctor_rules.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/core/doctor_rules.h"
#include "common/core/text.h"

#define SENTENCE_MAX_BYTES 2048
#define LATE_MS 20000       /* of a member that returned later ago nothing is said, */
#define LATE_MEMBER_MS 2000 /* and more for each member that is probed in turn */
#define LATE_TURNS 4        /* the time before may be this many times as long ago */
#define START_MS 10000      /* a speaker that starts is in the ring by then */

struct ring { /* the speakers whose pages were read and that take part in a membership */
	const struct view_daemon **at;
	size_t n;
};

static bool gossips(const struct view_daemon *daemon)
{
	const char *state = daemon->status && daemon->node ? daemon->status->ring.state : NULL;

	return state && (strcmp(state, "joined") == 0 || strcmp(state, "alone") == 0);
}

static struct ring ring_of(const struct view *view)
{
	const struct view_daemons *all = &view->daemon[VIEW_SPEAKER];
	struct ring ring = { mem_new(all->n + 1, sizeof(*ring.at)), 0 };

	for (size_t i = 0; i < all->n; i++)
		if (gossips(&all->at[i]))
			ring.at[ring.n++] = &all->at[i];
	return ring;
}

/*
 * Did it give the other up twice of late, and take it back each time? The other
 * has run for longer: it was never gone.
 */
static bool loses(const struct view_daemon *from, const struct view_daemon *to)
{
	const struct view_member *m = view_find_member(from->status, to->node);
	int64_t late_ms = LATE_MS + (int64_t)from->status->n_member * LATE_MEMBER_MS;

	return m && m->n_returned == VIEW_RETURNS && m->returned_ms[0] < late_ms &&
	       m->returned_ms[1] < LATE_TURNS * late_ms &&
	       to->status->up_ms > m->returned_ms[1] + START_MS;
}

/*
 * Who sends questions that never arrive takes the other for dead, while the
 * other, whose own questions are answered over TCP, sees it. By such a question
 * the two are joined again, until the next death.
 */
static bool is_one_way(const struct view_daemon *from, const struct view_daemon *to)
{
	return view_sees(to->status, from->node) &&
	       (!view_sees(from->status, to->node) || (loses(from, to) && !loses(to, from)));
}

static bool is_cut(const struct view_daemon *a, const struct view_daemon *b)
{
	return !view_sees(a->status, b->node) && !view_sees(b->status, a->node);
}

static bool names(const struct view_daemon *by, const struct view_daemon *about)
{
	return view_words_has(&by->status->ring.indirect, about->node);
}

/* Live for each other, by the word of others or by streams. */
static bool is_indirect(const struct view_daemon *a, const struct view_daemon *b)
{
	return names(a, b) || names(b, a);
}

typedef bool pair_fn(const struct view_daemon *from, const struct view_daemon *to);

static bool is_one_way_from(const struct view_daemon *to, const struct view_daemon *from)
{
	return is_one_way(from, to);
}

/* Does it hold between one and all of the others? */
static bool holds_for_all(const struct ring *ring, size_t one, pair_fn *holds)
{
	for (size_t i = 0; i < ring->n; i++)
		if (i != one && !holds(ring->at[one], ring->at[i]))
			return false;
	return ring->n > 2;
}

/* Nodes that all of it is about; what is between them and others is told by them. */
static void look_at_whole(const struct ring *ring, struct doctor *d, bool *told)
{
	static const struct {
		pair_fn *holds;
		enum doctor_word word;
		const char *before, *after; /* the name of the node */
	} whole[] = {
		{ is_one_way_from, DOCTOR_GOSSIP_ONE_WAY,
		  "gossip of the other speakers does not reach ", ": port 7946 is blocked towards it" },
		{ is_one_way, DOCTOR_GOSSIP_ONE_WAY,
		  "gossip of ", " does not reach the other speakers: port 7946 is blocked on its way out" },
		{ is_cut, DOCTOR_GOSSIP_CUT,
		  "", " and the other speakers do not hear each other: port 7946 is blocked both ways" },
		{ is_indirect, DOCTOR_GOSSIP_INDIRECT, "packets of gossip do not pass between ",
		  " and the other speakers: port 7946 is blocked, at least for UDP" },
	};

	for (size_t i = 0; i < ring->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(whole) && !told[i]; k++) {
			const char *node = ring->at[i]->node;

			if (!holds_for_all(ring, i, whole[k].holds))
				continue;
			told[i] = true;
			doctor_add(d, whole[k].word, (struct doctor_about){ node, node, NULL },
				   "%s%s%s", whole[k].before, node, whole[k].after);
		}
}

static void look_at_pair(const struct ring *ring, struct doctor *d, size_t from, size_t to)
{
	const char *a = ring->at[from]->node, *b = ring->at[to]->node;

	if (is_one_way(ring->at[from], ring->at[to]))
		doctor_add(d, DOCTOR_GOSSIP_ONE_WAY, (struct doctor_about){ b, b, NULL },
			   "gossip of %s does not reach %s: port 7946 is blocked on the way", a, b);
	else if (from < to && is_cut(ring->at[from], ring->at[to]))
		doctor_add(d, DOCTOR_GOSSIP_CUT, (struct doctor_about){ b, b, NULL },
			   "%s and %s do not hear each other: port 7946 is blocked between them", a, b);
	else if (from < to && is_indirect(ring->at[from], ring->at[to]))
		doctor_add(d, DOCTOR_GOSSIP_INDIRECT, (struct doctor_about){ b, b, NULL },
			   "packets of gossip do not pass between %s and %s: port 7946 is blocked between "
			   "them, at least for UDP", a, b);
}

static void look_at_gossip(const struct view *view, struct doctor *d)
{
	struct ring ring = ring_of(view);
	bool *told = mem_new(ring.n + 1, sizeof(*told));

	look_at_whole(&ring, d, told);
	for (size_t i = 0; i < ring.n; i++)
		for (size_t k = 0; k < ring.n; k++)
			if (i != k && !told[i] && !told[k])
				look_at_pair(&ring, d, i, k);
	free(told);
	free(ring.at);
}

/* ---- secrets ---- */

static void join(const struct view_words *words, struct text *out)
{
	for (size_t i = 0; i < words->n; i++)
		text_addf(out, "%s%s", i > 0 ? "," : "", words->at[i]);
	if (words->n == 0)
		text_add(out, "none");
}

static bool same_words(const struct view_words *a, const struct view_words *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

/* An agent that has just started, or has no configuration, knows of no keys. */
static bool tells_keys(const struct view_status *s)
{
	return s && !str_equal(s->ring.state, "off") &&
	       (!str_equal(s->ring.state, "waiting") || s->ring.key_id.n > 0);
}

static size_t count_keys(const struct view *view, const struct view_words *keys)
{
	size_t n = 0;

	for (size_t i = 0; i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_status *s = view->daemon[VIEW_SPEAKER].at[i].status;

		n += tells_keys(s) && same_words(&s->ring.key_id, keys);
	}
	return n;
}

/* The keys that most speakers have; of as many, those that come first. */
static const struct view_words *keys_of_most(const struct view *view)
{
	const struct view_words *most = NULL;
	size_t n_most = 0;

	for (size_t i = 0; i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_status *s = view->daemon[VIEW_SPEAKER].at[i].status;
		size_t n = tells_keys(s) ? count_keys(view, &s->ring.key_id) : 0;

		if (n > n_most) {
			most = &s->ring.key_id;
			n_most = n;
		}
	}
	return most;
}

static void look_at_secret(const struct view_words *most, struct doctor *d,
			   const struct view_daemon *daemon)
{
	const struct view_ring *ring = &daemon->status->ring;
	const char *place = view_place(daemon);
	struct text t;

	if (!tells_keys(daemon->status) || same_words(&ring->key_id, most))
		return;
	text_init(&t, SENTENCE_MAX_BYTES);
	text_add(&t, "its keys are ");
	join(&ring->key_id, &t);
	text_add(&t, ", those of the others ");
	join(most, &t);
	doctor_add(d, DOCTOR_SECRETS_DIFFER, (struct doctor_about){ place, daemon->node, NULL },
		   "the speaker on %s gossips with another secret than the others: %s", place, t.s);
	text_done(&t);
}

static void look_at_state(struct doctor *d, const struct view_daemon *daemon)
{
	const struct view_ring *ring = &daemon->status->ring;
	const char *place = view_place(daemon);
	const struct doctor_about about = { place, daemon->node, NULL };

	if (str_equal(ring->state, "portTaken"))
		doctor_add(d, DOCTOR_RING_PORT, about, "the speaker on %s cannot gossip: %s", place,
			   ring->message ? ring->message : "its port is taken");
	else if (str_equal(ring->state, "refused"))
		doctor_add(d, DOCTOR_RING_REFUSED, about, "the speaker on %s is not let in: %s", place,
			   ring->message ? ring->message : "its name has another address");
}

void doctor_ring(const struct view *view, struct doctor *d)
{
	const struct view_words *most = keys_of_most(view);

	for (size_t i = 0; most && i < view->daemon[VIEW_SPEAKER].n; i++) {
		const struct view_daemon *at = &view->daemon[VIEW_SPEAKER].at[i];

		if (!at->status)
			continue;
		look_at_secret(most, d, at);
		look_at_state(d, at);
	}
	if (!doctor_has(d, DOCTOR_SECRETS_DIFFER))
		look_at_gossip(view, d);
}
