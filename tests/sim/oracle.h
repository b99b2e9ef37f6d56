/*
 * oracle - what must be true of the ring and of who answers, at every instant
 *
 * Knows every fault, so it knows what each speaker could know. Looks at the
 * world every 200 ms; properties and limits stand in docs/simulation.md. The
 * first one that does not hold ends the run.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_ORACLE_H
#define TINLB_TESTS_SIM_ORACLE_H

#include "tests/sim/speaker.h"
#include "tests/sim/world.h"

#define ORACLE_PROBES 3 /* that must stay unanswered before a lonely speaker takes an address */

struct seen { /* of one speaker */
	unsigned hits;        /* faults of its own that the ring must notice, under way */
	instant free_since;   /* of them */
	instant hit_since;    /* of the first of those under way */
	instant started;
	bool silent;          /* must not answer before its next push/pull */
	instant silent_since;
	uint64_t news, sent;  /* of its gossip queue and in all, when last looked */
	bool is_live[PLAN_MAX_NODES]; /* in its view */
	unsigned n_live, score;
	instant alone_since; /* INSTANT_NEVER: it is not */
	bool has_table;
	bool answers[PLAN_MAX_ADDRESSES];
	instant answers_since[PLAN_MAX_ADDRESSES];
	instant probed[PLAN_MAX_ADDRESSES][ORACLE_PROBES]; /* its last probes, newest first */
};

struct held { /* an address on one side of a partition */
	instant bad_since, two_since; /* not one owner; more than one. INSTANT_NEVER: fine */
	unsigned n;                   /* answer now */
	int owner;                    /* the last that was alone; -1: none yet */
	instant moved;
	instant claimed; /* when somebody else last said that it has it */
	instant healed; /* when two sides that each had an owner met */
};

struct oracle {
	struct seen seen[PLAN_MAX_NODES];
	struct held held[PLAN_MAX_ADDRESSES][2];
	unsigned n_active;       /* faults under way that the ring must notice */
	unsigned n_global;       /* of those, partitions and losses */
	unsigned n_blind, n_firewall, n_tables, n_agents, n_replay, n_secret;
	instant secrets_met;     /* last time two speakers had the wrong secret: they are a ring of their own */
	bool has_replayed;
	instant replayed;        /* last begin or end of such a fault */
	instant parted;          /* when the last partition began */
	instant global_free;     /* no partition or loss since */
	instant blind_free; /* of a blind pair: last begin or end */
	unsigned peak_score;     /* the worst health score since then */
	instant ring_changed;    /* last begin or end of a fault that the ring must notice */
	instant ring_ended;      /* last end of one */
	instant episode;         /* when the present run of troubles began */
	instant table_changed, changed;
	instant agent_gone; /* the first of those that are gone now */
	instant torn_until;      /* tables may differ as long */
	unsigned last_n_down;    /* how many crashed in the last second: a double fault */
	instant window;          /* since when packets are counted */
	instant stop_until;      /* hand-overs are watched as long */
	bool stop_watched[PLAN_MAX_ADDRESSES];
	instant stop_none[PLAN_MAX_ADDRESSES]; /* nobody answers since; INSTANT_NEVER: somebody does */
	instant start_look;      /* the next one, while all start */
	instant start_two[PLAN_MAX_ADDRESSES]; /* last time that not two answered, then */
	uint64_t n_false_death, n_handover;
	instant false_death_at[PLAN_MAX_NODES];
	double node_seconds;
	char why[256];
};

void oracle_begin(struct world *w);
void oracle_on_start(struct world *w, const struct host *h);
void oracle_on_end(struct world *w, const struct host *h);
void oracle_on_resume(struct world *w, const struct host *h, instant paused_for);
void oracle_on_table(struct world *w, const struct host *h);
void oracle_on_fault(struct world *w, const struct fault *fault, bool begin);
void oracle_on_frame(struct world *w, const struct host *h, const uint8_t *bytes); /* it sends one */
/* It had a push/pull that it began then. */
void oracle_on_state(struct world *w, const struct host *h, instant opened);
void oracle_sample(struct world *w);
void oracle_end(struct world *w, struct outcome *out);

/* For its parts: */
void oracle_fail(struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);
bool oracle_is_well(const struct world *w, unsigned at); /* runs, and no fault of its own */
/* No fault touched it, or the whole LAN, since then. */
bool oracle_was_well(const struct world *w, unsigned at, instant since);
bool oracle_is_tangled(const struct world *w); /* a blind pair, and more; or two rings */
unsigned oracle_n_answering(const struct world *w, unsigned v); /* now, wherever they are */
bool oracle_is_lossy(const struct world *w);
bool oracle_has_two_rings(const struct world *w); /* two with one wrong secret have met */

#endif
