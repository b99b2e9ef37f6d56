/*
 * doctor - what is wrong with a cluster, each cause once, and what to do about it
 *
 * Core: no sockets, no clock, no logging; a pure function of a view. Findings
 * are words of a closed list (docs/doctor.md). The worst come first; of as bad
 * ones, those that make others happen.
 *
 * Always true: a cause is named without its consequences.
 *   - without the API nothing else of it is judged;
 *   - a speaker that is missing or silent is not blamed for its gossip;
 *   - different secrets are not blamed on the network, nor is what gossip
 *     cannot tell blamed on who announces;
 *   - a configuration that is missing, refused or without pools is named, and
 *     not every service that therefore waits;
 *   - a reason that is the same on all nodes is named once, with the service;
 *   - a state that passes by itself is no finding.
 *
 * Each word has a severity. A warning becomes an error while nobody answers for
 * some address and no error says why.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_DOCTOR_H
#define TINLB_CLI_CORE_DOCTOR_H

#include "cli/core/view.h"
#include "common/core/text.h"

#define DOCTOR_OVERWRITTEN_MS 15000 /* a status that was overwritten longer ago is no finding */
#define DOCTOR_MOVE_US 3000000      /* two owners for no longer than this: it is moving */

enum doctor_word { /* in the order of cause */
	DOCTOR_API_AWAY,          /* the API server cannot be asked from here */
	DOCTOR_API_TROUBLE,       /* a daemon cannot ask it */
	DOCTOR_ROLE_DENIED,       /* a role does not allow what a daemon needs */
	DOCTOR_NOTHING_RUNS,      /* there is no pod of ours at all */
	DOCTOR_CONTROLLER_MISSING,
	DOCTOR_CONTROLLER_SILENT, /* its pod is there and does not answer */
	DOCTOR_NO_LEADER,
	DOCTOR_WITHOUT_LEASE,     /* several controllers write, and no Lease keeps them apart */
	DOCTOR_VERSIONS_DIFFER,
	DOCTOR_SPEAKER_MISSING,
	DOCTOR_SPEAKER_SILENT,
	DOCTOR_CONFIG_MISSING,
	DOCTOR_CONFIG_REFUSED,
	DOCTOR_NO_POOLS,
	DOCTOR_CONFIG_DIFFERS,
	DOCTOR_SECRETS_DIFFER,
	DOCTOR_RING_PORT,         /* the membership's port is taken */
	DOCTOR_RING_REFUSED,      /* the others know another address by the node's name */
	DOCTOR_GOSSIP_ONE_WAY,
	DOCTOR_GOSSIP_CUT,
	DOCTOR_GOSSIP_INDIRECT,   /* two live for each other by the word of others alone */
	DOCTOR_IPVS_LOOSE,
	DOCTOR_PATH_FILTER,
	DOCTOR_NODE_NOT_READY,
	DOCTOR_NODE_UNAVAILABLE,  /* condition NetworkUnavailable */
	DOCTOR_ALL_EXCLUDED,
	DOCTOR_NODE_EXCLUDED,
	DOCTOR_OVERWRITTEN,       /* somebody else writes the status of a service */
	DOCTOR_CLAIMED,           /* another machine answers for an address */
	DOCTOR_TWO_OWNERS,
	DOCTOR_LINK_DOWN,
	DOCTOR_NO_INTERFACE,
	DOCTOR_NO_SUBNET,         /* announced in no subnet of an interface */
	DOCTOR_NOT_ANNOUNCED,     /* a service's address is answered by nobody */
	DOCTOR_WAITING,           /* a service has no address, or not all it wants */
	DOCTOR_CLASS_UNSERVED,
	DOCTOR_N_WORDS
};

enum doctor_severity { /* the worst first */
	DOCTOR_ERROR,   /* an address is not given, not answered, answered by two, or soon will be */
	DOCTOR_WARNING, /* addresses are answered; what keeps it so has to be mended */
	DOCTOR_NOTE,    /* nothing has to be done where it is meant so */
};

const char *doctor_word(enum doctor_word word); /* as people read it, e.g. "configRefused" */

const char *doctor_severity_word(enum doctor_severity severity); /* error, warning, note */

struct doctor_finding { /* strings are owned */
	enum doctor_word word;
	enum doctor_severity severity;
	char *subject; /* a node, service, address or object; "": the cluster */
	char *node;    /* where it is, NULL: no node in particular */
	char *reason;  /* a word of docs/reasons.md, or NULL */
	char *sentence;
};

void doctor_add_remedy(const struct doctor_finding *finding, struct text *out); /* a sentence */

struct doctor { /* all zero: nothing found */
	struct doctor_finding *at;
	size_t n;
};

/* now_us: since 1970. The caller ends it with doctor_done(). */
void doctor_examine(const struct view *view, int64_t now_us, struct doctor *out_doctor);
void doctor_done(struct doctor *doctor);

bool doctor_is_healthy(const struct doctor *doctor); /* nothing but notes */

/* Drop what is about another node than this one. */
void doctor_only(struct doctor *doctor, const char *node);

/* Drop all findings of that word. */
void doctor_drop(struct doctor *doctor, enum doctor_word word);

#endif
