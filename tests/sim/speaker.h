/*
 * speaker - the brain of one announcer, between bytes and the simulated world
 *
 * Does what the announcer's hallway does with sockets: turns bytes into
 * messages for the cores and what the cores want sent into bytes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_TESTS_SIM_SPEAKER_H
#define TINLB_TESTS_SIM_SPEAKER_H

#include "common/core/ip.h"
#include "speaker/announcer/core/arp_msg.h"
#include "speaker/announcer/core/swim_members.h"
#include "speaker/table/core/table.h"
#include "tests/sim/world.h"

struct speaker;

struct stream_wish { /* a stream to open, or what came on one */
	uint32_t id;
	unsigned to; /* the other end */
	int64_t timeout_ms;
	const uint8_t *bytes;
	size_t n;
};

void speaker_wants_datagram(struct world *w, struct host *h, unsigned to, struct parcel *parcel);
void speaker_wants_frame(struct world *w, struct host *h, const uint8_t *bytes);
void speaker_wants_stream(struct world *w, struct host *h, const struct stream_wish *wish);

struct speaker *speaker_new(struct world *w, struct host *h, instant now);
void speaker_free(struct speaker *sp);

void speaker_on_datagram(struct speaker *sp, instant now, unsigned from, const struct parcel *parcel);
/* True: *out_reply, of ARP_FRAME_BYTES, is to be sent. */
bool speaker_on_frame(struct speaker *sp, instant now, const uint8_t *bytes, size_t n,
		      uint8_t *out_reply);
/* A peer opened a stream and sent this: the answer, owned by the caller; NULL: none. */
uint8_t *speaker_on_request(struct speaker *sp, instant now, struct stream_wish request,
			    size_t *out_n);
/* What came back on a stream of ours; bytes NULL: it failed. */
void speaker_on_answer(struct speaker *sp, instant now, struct stream_wish answer);
void speaker_on_carrier(struct speaker *sp, instant now, bool carrier);
void speaker_on_table(struct speaker *sp, instant now, const struct world *w);
void speaker_on_agent_gone(struct speaker *sp);
void speaker_stop(struct speaker *sp, instant now);
bool speaker_has_left(const struct speaker *sp); /* and may be freed */
/* Everything that is due and that it wants sent now. */
void speaker_turn(struct speaker *sp, instant now, struct world *w, struct host *h);
instant speaker_deadline(const struct speaker *sp);

/* Would it answer a request for this address now? */
bool speaker_answers(struct speaker *sp, instant now, unsigned address);
const struct swim_members *speaker_members(const struct speaker *sp); /* NULL: not in the ring */

struct ip speaker_ip(unsigned at);
struct ip speaker_address(unsigned address);
int speaker_host_of(const uint8_t mac[static 6]); /* -1: nobody's */
void speaker_mac(unsigned at, uint8_t out_mac[static 6]);
void speaker_name(unsigned at, char out_name[static 16]);

#endif
