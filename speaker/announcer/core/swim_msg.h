/*
 * swim_msg - the messages of hashicorp/memberlist as structs
 *
 * Core: structs only; wire/swim_wire turns them into bytes. Names of fields
 * follow memberlist's. An address is kept as the bytes that were sent: the
 * 4-byte and the 16-byte form of one IPv4 address are different addresses to
 * memberlist, so they are to us.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_MSG_H
#define TINLB_SPEAKER_ANNOUNCER_CORE_SWIM_MSG_H

#include <string.h>

#include "common/core/base.h"

#define SWIM_NAME_MAX 254  /* with the terminator; memberlist names are node names */
#define SWIM_META_MAX 512  /* memberlist's MetaMaxSize */
#define SWIM_VSN_BYTES 6   /* PMin PMax PCur DMin DMax DCur */
#define SWIM_ERROR_MAX 256 /* of an err message; longer text is cut */

enum swim_kind { /* values are memberlist's messageType */
	SWIM_PING = 0,
	SWIM_INDIRECT = 1,
	SWIM_ACK = 2,
	SWIM_SUSPECT = 3,
	SWIM_ALIVE = 4,
	SWIM_DEAD = 5, /* from == node: it left */
	SWIM_NACK = 11,
	SWIM_ERROR = 13,
};

enum swim_state { SWIM_STATE_ALIVE, SWIM_STATE_SUSPECT, SWIM_STATE_DEAD, SWIM_STATE_LEFT };

/* Byte strings: the length first, so that one decoder serves them all. */
struct swim_addr {
	uint16_t n; /* 0, 4 or 16 */
	uint8_t byte[16];
};

/* As bytes: the two forms of an IPv4 address are two addresses, as in memberlist. */
static inline bool swim_addr_equal(const struct swim_addr *a, const struct swim_addr *b)
{
	return a->n == b->n && memcmp(a->byte, b->byte, a->n) == 0;
}

struct swim_meta {
	uint16_t n;
	uint8_t byte[SWIM_META_MAX];
};

struct swim_vsn {
	uint16_t n;
	uint8_t byte[SWIM_VSN_BYTES];
};

struct swim_ping { /* also the target part of an indirect ping */
	uint32_t seq;
	char node[SWIM_NAME_MAX]; /* whom it is meant for; "" : whoever gets it */
	struct swim_addr source_addr; /* n == 0: answer to where it came from */
	uint16_t source_port;
	char source_node[SWIM_NAME_MAX];
	struct swim_addr target; /* indirect only, from here on */
	uint16_t target_port;
	bool nack;
};

struct swim_ack { /* also nack */
	uint32_t seq;
};

struct swim_claim { /* suspect, dead */
	uint32_t incarnation;
	char node[SWIM_NAME_MAX];
	char from[SWIM_NAME_MAX];
};

struct swim_alive { /* also one entry of a push/pull */
	uint32_t incarnation;
	char node[SWIM_NAME_MAX];
	struct swim_addr addr;
	uint16_t port;
	struct swim_meta meta;
	struct swim_vsn vsn;
	uint8_t state; /* enum swim_state; push/pull only */
};

struct swim_msg {
	enum swim_kind kind;
	union {
		struct swim_ping ping;
		struct swim_ack ack;
		struct swim_claim claim;
		struct swim_alive alive;
		char error[SWIM_ERROR_MAX];
	};
};

struct swim_push_pull {
	bool join;
	struct swim_alive *node; /* owned */
	size_t n;
};

#endif
