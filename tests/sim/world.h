/*
 * world - one LAN with its speakers, clients and faults, in virtual time
 *
 * Single thread, one heap of events, one generator: the same plan gives the
 * same trace. Hosts 0 .. n_node - 1 are speakers, the last two are clients.
 * Times are nanoseconds since the start of the run; each speaker sees its own
 * clock, which runs up to 500 ppm fast or slow.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_WORLD_H
#define TINLB_TESTS_SIM_WORLD_H

#include "common/core/heap.h"
#include "common/core/ip.h"
#include "common/core/prng.h"
#include "speaker/announcer/core/arp_msg.h"
#include "tests/sim/plan.h"

#define WORLD_N_CLIENTS 2
#define WORLD_MAX_HOSTS (PLAN_MAX_NODES + WORLD_N_CLIENTS)
#define WORLD_IFINDEX 2 /* of the one interface of every speaker */
#define WORLD_WALL_S INT64_C(1700000000)

enum event_kind { EVENT_WAKE, EVENT_DATAGRAM, EVENT_FRAME, EVENT_STREAM, EVENT_FAULT, EVENT_AGENT,
		  EVENT_SAMPLE, EVENT_ASK };

struct event { /* the first member of whatever happens */
	struct heap_node due;
	enum event_kind kind;
};

struct parcel { /* a datagram or a frame under way, or waiting at a paused host */
	struct event event;
	struct parcel *next;
	unsigned from, to; /* frames are for everybody: `to` is not used */
	size_t n;
	uint8_t bytes[1500];
};

struct speaker;

struct host {
	struct event wake, agent;
	unsigned at;             /* its own number */
	struct speaker *speaker; /* NULL: does not run */
	unsigned generation;     /* of the process */
	int64_t ppm;
	instant boot; /* what its clock showed at time 0 */
	instant last_run;
	bool leaving; /* after SIGTERM */
	/* how many faults want each of these */
	unsigned off, down, paused, carrier_out, blackhole, deaf, mute, firewall, secret, no_agent;
	bool burst; /* in a burst of losses now */
	struct parcel *first_waiting, **last_waiting; /* while it is paused */
	size_t n_waiting;
	struct stream *waiting_stream;
	uint64_t sent; /* datagrams */
	int64_t second; /* of its last wake, and how often it woke in it */
	unsigned n_wake;
};

struct client {
	struct event ask;
	int cache[PLAN_MAX_ADDRESSES]; /* host that has the address, as far as it knows; -1 */
	instant cached[PLAN_MAX_ADDRESSES];
};

struct oracle;

struct world {
	const struct plan *plan;
	struct prng prng;
	struct heap events;
	instant now;
	struct host host[WORLD_MAX_HOSTS];
	struct client client[WORLD_N_CLIENTS];
	uint8_t side[WORLD_MAX_HOSTS]; /* of the partition */
	unsigned n_partition, silence; /* faults of these kinds under way */
	unsigned loss, bursts;         /* per mille, of all faults under way together */
	uint8_t blind[PLAN_MAX_NODES][PLAN_MAX_NODES]; /* [from][to] */
	uint8_t no_candidate[PLAN_MAX_ADDRESSES][PLAN_MAX_NODES];
	unsigned withheld[PLAN_MAX_ADDRESSES], gone[PLAN_MAX_ADDRESSES];
	struct parcel *spare;
	struct parcel *recorded; /* packets that may be replayed */
	size_t n_recorded;
	struct fault_event *fault_event;
	struct event sample;
	struct oracle *oracle;
	uint64_t hash, n_event, n_packet;
	bool trace, failed;
};

/* Run a plan to its end, or to its first failure. What went wrong is in *out_why ("" when nothing). */
struct outcome {
	uint64_t hash;
	uint64_t n_event, n_packet;
	uint64_t n_false_death, n_handover;
	double node_hours;
	char why[256];
};

void world_run(const struct plan *plan, bool trace, struct outcome *out);

/* For its parts: */
static inline bool world_is_speaker(const struct world *w, unsigned at)
{
	return at < w->plan->n_node;
}

instant world_local(const struct host *h, instant t);
void world_note(struct world *w, const char *what, unsigned host, uint64_t detail);
void world_say(const struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);
/* A packet from one to the other gets through, leaving losses by chance aside. */
bool world_is_open(const struct world *w, unsigned from, unsigned to, bool gossip);
bool world_runs(const struct world *w, unsigned at); /* a speaker that is up and not paused */
void world_settle(struct world *w, struct host *h);  /* send what its speaker wants sent */
void world_start(struct world *w, struct host *h);
void world_end(struct world *w, struct host *h, bool politely);
void world_resume(struct world *w, struct host *h);
void world_ask_agent(struct world *w, struct host *h); /* its agent sends the table anew, soon */

#endif
