/*
 * table - what the agent and the announcer of one speaker say to each other
 *
 * Core: structs only. The agent owns the Kubernetes side and sends a row for
 * each address that services hold, with the nodes that may answer, best first.
 * The announcer owns the wire side and sends back verdicts, counts, members.
 * speaker/table/wire turns each message into bytes; one message is one
 * SEQPACKET record of at most TABLE_MESSAGE_MAX bytes.
 *
 * A fresh agent sends SETTINGS, PEERS..., NODE..., ROW..., then SYNCED: rows
 * that were not repeated are dropped; after that only differences. The
 * announcer keeps the last table when the agent dies.
 *
 * The agent finds its end of the socket at descriptor TABLE_FD and is given
 * the speaker's own command line (speaker_flags.h); it exits when the socket
 * is closed. Exit status 1 or 2 says that the command line, the credentials or
 * a file is wrong: when it ends so before its first SETTINGS ever, the speaker
 * ends with the same status.
 *
 * Indexes of nodes belong to one agent, and NODE says what an index means from
 * then on: rows that came before keep the nodes they had. So the announcer
 * turns indexes into nodes as it reads a row, and indexes of an earlier agent
 * mean nothing after SETTINGS. After its SYNCED a fresh agent gets all verdicts.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_TABLE_CORE_TABLE_H
#define TINLB_SPEAKER_TABLE_CORE_TABLE_H

#include "speaker/table/core/table_report.h"
#include "speaker/table/core/table_ring.h"

#define TABLE_FD 3
#define TABLE_MESSAGE_MAX 8192
#define TABLE_MAX_NODES 1024    /* nodes of a cluster */
#define TABLE_MAX_INTERFACES 16 /* named interfaces of one row */

/* Why an address is not answered here; each is a word in /status and docs/reasons.md. */
enum table_reason {
	TABLE_OK,                   /* answered here */
	TABLE_NOT_OWNER,            /* a better candidate is alive */
	TABLE_NO_CONFIG,            /* no configuration was read yet */
	TABLE_IP_NOT_ALLOWED,       /* in no pool of the configuration in force */
	TABLE_INVALID_IP,           /* status holds something that is no address */
	TABLE_NODE_ADDRESS,         /* a node has this address itself */
	TABLE_IPV6,                 /* not announced yet */
	TABLE_NO_ENDPOINTS,         /* no servable endpoint anywhere */
	TABLE_NO_LOCAL_ENDPOINTS,   /* policy Local, no node with a servable endpoint */
	TABLE_NO_CANDIDATE,         /* endpoints, but no live node may answer */
	TABLE_NO_INTERFACE,         /* this node has no interface that can carry it */
	TABLE_LINK_DOWN,            /* its interfaces here are down */
	TABLE_NOT_SYNCED,           /* the first table is not complete */
	TABLE_NO_LOCAL_ENDPOINT_HERE, /* policy Local, endpoints only on other nodes */
	TABLE_NODE_EXCLUDED,        /* label or condition of the node takes it out */
	TABLE_TAKING,               /* ours, once the former owner let go or nobody answers for it */
	TABLE_WRONG_SECRET,         /* the other speakers cannot be understood */
	TABLE_PAUSED,               /* this process stood still; it asks what has become of the ring */
	TABLE_NO_ADVERTISEMENT,     /* no L2Advertisement is for it */
	TABLE_SHARED_SELECTED,      /* it is shared, and an L2Advertisement selects services */
	TABLE_NOT_ADVERTISED_HERE,  /* the L2Advertisements that are for it leave this node out */
	TABLE_N_REASONS
};

const char *table_reason_word(enum table_reason reason); /* e.g. "notOwner"; TABLE_OK: "ok" */

/* One address. Candidates are indexes into the nodes of the table, best first. */
struct table_row {
	struct ip ip;
	enum table_reason withheld; /* TABLE_OK, or why no node answers */
	uint16_t *candidate;        /* owned by whoever owns the row */
	uint16_t n_candidate;
	char interface[TABLE_MAX_INTERFACES][TABLE_INTERFACE_NAME_MAX];
	uint8_t n_interface; /* 0: every interface that can carry it */
	bool differs; /* on other candidates it may be other interfaces */
};

enum table_kind { /* agent to announcer */
	TABLE_SETTINGS = 1,
	TABLE_NODE,
	TABLE_ROW,
	TABLE_DROP,
	TABLE_SYNCED,
	TABLE_ASK,   /* send COUNTS of the addresses whose counts changed since, then TOTALS */
	TABLE_TOUCH, /* a service of this address was updated: announce it again */
	TABLE_PEERS, /* addresses at which speakers may be; all of them again when one changes */
	/* announcer to agent */
	TABLE_VERDICT = 32,
	TABLE_COUNTS,
	TABLE_MEMBER,
	TABLE_LINK,
	TABLE_TOTALS,
	TABLE_CLAIM,
	TABLE_RING /* to a fresh agent, when it changes, and when asked */
};

struct table_node { /* index -> name; alive as the API says it */
	uint16_t index;
	bool alive;
	char name[TABLE_NODE_NAME_MAX];
};

struct table_settings {
	char node_name[TABLE_NODE_NAME_MAX]; /* this node */
	char exclude[1024]; /* interfaces to leave alone: a POSIX extended regex or "" */
	/* By enum table_timing; 0: as the options say. For a ring that is not entered yet. */
	uint32_t timing[TABLE_N_TIMINGS];
};

struct table_synced { /* all rows of a full transfer have been sent */
	uint32_t n_rows;
};

struct table_verdict { /* sent when it changes, and all of them to a fresh agent */
	struct ip ip;
	enum table_reason reason; /* TABLE_OK: this node answers */
	uint16_t owner;           /* index of the node that owns it, UINT16_MAX: none */
	uint16_t from;            /* whose it was, while this node has it; UINT16_MAX: nobody's */
	enum table_cause cause;   /* and how this node came to it */
	int64_t since_ms;         /* age of this state in milliseconds when sent */
	char interface[TABLE_MAX_INTERFACES][TABLE_INTERFACE_NAME_MAX];
	uint8_t n_interface; /* interfaces on which it is answered */
};

struct table_message {
	enum table_kind kind;
	union {
		struct table_settings settings;
		struct table_node node;
		struct table_row row;
		struct ip drop; /* TOUCH as well */
		struct table_synced synced;
		struct table_verdict verdict;
		struct table_counts counts;
		struct table_member member;
		struct table_link link;
		struct table_totals totals;
		struct table_peers peers;
		struct table_ring ring;
		struct table_claim claim;
	};
};

#endif
