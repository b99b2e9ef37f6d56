/*
 * together - what all speakers, taken together, say of an address
 *
 * Core: no sockets, no clock, no logging. Everything is borrowed from the view.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_TOGETHER_H
#define TINLB_CLI_CORE_TOGETHER_H

#include "cli/core/view.h"
#include "common/core/text.h"

struct together {
	struct ip ip;
	size_t n_read;     /* speakers whose page was read */
	size_t n_know;     /* of them, those that know the address */
	size_t n_announce; /* of them, those that say they answer */
	const struct view_daemon *announcer; /* the first of those, or NULL */
	const struct view_address *own;      /* what it says */
	const struct view_address *any;      /* what it says, else what some speaker says, or NULL */
	const struct view_address *given;    /* what the controller says, or NULL */
	const char *owner; /* as those say that do not answer; NULL: nobody, or they differ */
	bool differs;      /* they name different ones, or another than who answers */
};

void together_of(const struct view *view, const struct ip *ip, struct together *out);

/* Every address that some daemon knows, ascending, each once. The caller frees. */
struct ip *together_addresses(const struct view *view, size_t *out_n) MUST_CHECK;

/* The nodes that say they answer, or those that do not and what they say: "a, b and c". */
void together_announcers(const struct view *view, const struct ip *ip, struct text *out_text);

bool together_is_announced(const struct view_address *entry); /* NULL: no */

/* The services that have the address, as the pages say, else the API. False: none is known. */
bool together_services(const struct view *view, const struct together *t, struct text *out_text);

/* "eth0 and eth1", with the hardware address of the first in out_mac ("": not known). */
void together_interfaces(const struct together *t, struct text *out_names, struct text *out_macs);

#endif
