/*
 * table_report - small reports of the announcer
 *
 * Core: structs only; they travel as messages of table.h.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_TABLE_CORE_TABLE_REPORT_H
#define TINLB_SPEAKER_TABLE_CORE_TABLE_REPORT_H

#include "common/core/histogram.h"
#include "common/core/ip.h"

#define TABLE_INTERFACE_NAME_MAX 16

struct table_counts { /* per address, ever growing */
	struct ip ip;
	uint64_t requests, responses, gratuitous;
	uint64_t takes; /* how often this node came to it */
};

/* How this node came to an address; each is a word in Events and a label of a metric. */
enum table_cause {
	TABLE_CAUSE_NONE,  /* it had it all along, and stood still for a while; or it has not */
	TABLE_CAUSE_FREE,  /* nobody was known to have it */
	TABLE_CAUSE_DEAD,  /* whoever had it died */
	TABLE_CAUSE_GIVEN, /* ... handed it over */
	TABLE_CAUSE_LINK,  /* ... has no interface for it any more */
	TABLE_CAUSE_SILENT, /* ... lives, said nothing when asked, and does not answer on the LAN */
	TABLE_CAUSE_LOST, /* ... lives, and said that it does not have it: it was started anew */
	TABLE_N_CAUSES
};

const char *table_cause_word(enum table_cause cause); /* e.g. "dead" */

struct table_link { /* an interface of this node */
	uint32_t ifindex;
	char name[TABLE_INTERFACE_NAME_MAX];
	uint8_t mac[6];
	bool gone, usable; /* usable: up, carrier, broadcast, not enslaved, not excluded */
};

struct table_totals { /* of the announcer process */
	uint64_t frames_seen, frames_dropped, agent_restarts;
	uint64_t loop_late_max_us;
	uint64_t taken[TABLE_N_CAUSES]; /* addresses, by cause */
	uint64_t claims_of_speakers, claims_of_strangers; /* frames of others about what is held here */
	struct histogram late;     /* of the loop, for timers */
	struct histogram failover; /* from the first sign that an owner is gone to the take */
};

struct table_claim { /* a machine outside of the ring answers for an address that is held here */
	struct ip ip;
	uint8_t mac[6];
	bool gone; /* no longer */
};

#endif
