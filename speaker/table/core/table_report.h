/*
 * table_report - small reports of the announcer
 *
 * Core: structs only; they travel as messages of table.h.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_TABLE_CORE_TABLE_REPORT_H
#define TINLB_SPEAKER_TABLE_CORE_TABLE_REPORT_H

#include "common/core/ip.h"

#define TABLE_INTERFACE_NAME_MAX 16

struct table_counts { /* per address, ever growing */
	struct ip ip;
	uint64_t requests, responses, gratuitous;
};

struct table_link { /* an interface of this node */
	uint32_t ifindex;
	char name[TABLE_INTERFACE_NAME_MAX];
	uint8_t mac[6];
	bool gone, usable; /* usable: up, carrier, broadcast, not enslaved, not excluded */
};

struct table_totals { /* of the announcer process */
	uint64_t frames_seen, frames_dropped, agent_restarts;
	uint64_t loop_late_max_us;
};

struct table_claim { /* a machine outside of the ring answers for an address that is held here */
	struct ip ip;
	uint8_t mac[6];
	bool gone; /* no longer */
};

#endif
