/* pair - the node "me" in a ring with "other", who speaks through the test, for unit tests */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_UNIT_ANNOUNCER_PAIR_H
#define TINLB_TESTS_UNIT_ANNOUNCER_PAIR_H

#include "speaker/announcer/core/node.h"

#define PAIR_IFINDEX 7
#define T(ms) ((instant)(ms)*NS_PER_MS)

extern const uint8_t mine[6], theirs[6];             /* MACs of "me" and "other" */
extern const uint16_t me_first[2], other_first[2];   /* orders of the candidates */

struct ip vip(uint8_t last); /* 10.0.0.LAST; the address of all these tests is vip(100) */
struct ring_meta kin(bool candidate); /* what "other" says of itself */

void tell(struct node *n, instant now, struct table_message m);
void tell_row(struct node *n, instant now, const uint16_t (*order)[2]);

/* "third" joins, and the row has three candidates: 0 me, 1 other, 2 third. */
void tell_row_of_three(struct node *n, instant now, const uint16_t (*order)[3]);

/* In a ring of one kind; who comes first for vip(100) is the test's to say. The caller frees the node. */
struct node *ring(const uint16_t (*order)[2], bool other_is_candidate);
struct node *ring_that_probes(const uint16_t (*order)[2], bool other_is_candidate, int64_t claims_ms);

/* Lets all frames go out that are due, then asks who has vip(100). */
bool answers(struct node *n, instant now);

struct table_verdict verdict_of(struct node *n, instant now); /* the last one that is reported */

/* The next message to "other", of this kind. */
struct hand_msg expect(struct node *n, enum hand_kind kind);
void expect_nothing(struct node *n);
/* "other" gives, to this question, what it answered for until then. */
void hand_over(struct node *n, instant now, const struct hand_msg *ask);
void from_other(struct node *n, instant now, enum hand_kind kind, uint32_t token);

#endif
