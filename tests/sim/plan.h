/*
 * plan - what one run of the simulation is: its nodes and its faults
 *
 * Follows from a seed, and has a text form in which failing runs are kept:
 * a line `word number` for each parameter, then one line for each fault:
 * `kind at_ms for_ms node other amount`. Lines that begin with # are comments.
 * A fault is whole: it begins and ends, so that any of them can be left out.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_PLAN_H
#define TINLB_TESTS_SIM_PLAN_H

#include <stdio.h>

#include "common/core/base.h"

#define PLAN_MAX_NODES 100
#define PLAN_MAX_ADDRESSES 8
#define PLAN_MAX_FAULTS 64
#define PLAN_LOSS_LOW 100 /* per mille: up to here nobody live may be declared dead */

enum fault_kind { /* node: whom it hits; other: a second node or an address */
	FAULT_CRASH,     /* the machine is off */
	FAULT_KILL,      /* the process is dead and comes back; the kernel refuses streams */
	FAULT_STOP,      /* SIGTERM, and started again */
	FAULT_PAUSE,     /* the process does not run; its sockets queue */
	FAULT_CARRIER,   /* the cable is out, and the node sees it */
	FAULT_BLACKHOLE, /* the switch drops everything, and the node sees nothing */
	FAULT_DEAF,      /* nothing comes in */
	FAULT_MUTE,      /* nothing goes out */
	FAULT_BLIND,     /* nothing comes from `node` to `other`; amount 1: nor back */
	FAULT_FIREWALL,  /* no gossip in or out; ARP works */
	FAULT_SECRET,    /* started again with another secret: gossip cannot be opened */
	FAULT_PARTITION, /* two halves, by bits of `amount` */
	FAULT_SILENCE,   /* the switch is off: nobody reaches anybody */
	FAULT_LOSS,      /* `amount` per mille of all packets are lost */
	FAULT_BURSTS,    /* losses in bursts, `amount` per mille of them */
	FAULT_CANDIDATE, /* `node` is no candidate for address `other` */
	FAULT_WITHHELD,  /* address `other` is withheld by the API */
	FAULT_GONE,      /* address `other` is not in the table */
	FAULT_AGENT,     /* the agent of `node` is dead, and repeats its table when it is back */
	FAULT_REPLAY,    /* packets recorded up to now come again, `amount` a second */
	FAULT_N_KINDS
};

const char *fault_word(enum fault_kind kind);

struct fault {
	enum fault_kind kind;
	int64_t at_ms, for_ms;
	unsigned node, other, amount;
};

struct plan {
	uint64_t seed;
	unsigned n_node, n_address;
	int64_t length_ms;
	unsigned loss;   /* per mille, of all packets and all the time */
	unsigned sealed; /* gossip is encrypted */
	struct fault fault[PLAN_MAX_FAULTS];
	size_t n_fault;
};

struct plan plan_of_seed(uint64_t seed);

/* The faults may end at this time; what follows is for the ring to settle. */
int64_t plan_quiet_ms(unsigned n_node);

void plan_write(const struct plan *plan, FILE *out);
/* 0, or -EINVAL: the line *out_line says something else. */
int plan_read(FILE *in, struct plan *out_plan, unsigned *out_line) MUST_CHECK;

#endif
