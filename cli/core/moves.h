/*
 * moves - what has changed about who answers, from one look at a cluster to the next
 *
 * Core: no sockets, no clock, no logging. While no speaker can be asked, nothing
 * is said to have changed.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_CLI_CORE_MOVES_H
#define TINLB_CLI_CORE_MOVES_H

#include "cli/core/target.h"
#include "common/core/strmap.h"
#include "common/core/text.h"

struct moves { /* all zero: nothing was seen yet */
	struct strmap seen; /* address -> struct moves_seen */
	bool is_blind; /* no speaker could be asked at the last look */
};

struct move {
	struct ip ip;
	char *services; /* NULL: none */
	char *from, *to; /* nodes; NULL: nobody. From is NULL also at the first look */
	char *reason; /* why nobody answers, a word, or NULL */
	bool is_first, is_gone; /* gone: no service has the address any more */
};

struct moves_list {
	struct move *at;
	size_t n, cap;
};

/* Looks once more; target NULL: every address. Adds what has changed since the last look. */
void moves_look(struct moves *m, const struct view *view, const struct target *target,
		struct moves_list *out_list);
void moves_done(struct moves *m);
void moves_list_done(struct moves_list *list);

/* One line without a line end: "172.17.255.1 (default/web): node1 -> node2". */
void moves_format(const struct move *move, struct text *out_text);

#endif
