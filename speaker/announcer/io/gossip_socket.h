/*
 * gossip_socket - UDP datagrams and TCP streams of one address and port
 *
 * I/O: moves bytes, knows no messages. Datagrams are handed over as they come.
 * A stream collects what arrives; its user looks from time to time, the more
 * there is the more seldom, and waits for more, sends an answer, or closes it.
 *
 * Always true: streams that peers open, who may be anybody, take no place of
 * those that we open. They have a limit of their own, beyond which they wait
 * for each other, one for each peer, and one for the bytes they send in all:
 * then the one with the most is closed. A stream holds less than
 * GOSSIP_STREAM_BYTES and has a deadline; a peer's question has 2 s.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_IO_GOSSIP_SOCKET_H
#define TINLB_SPEAKER_ANNOUNCER_IO_GOSSIP_SOCKET_H

#include "common/core/ip.h"
#include "common/io/loop.h"

#define GOSSIP_OUTBOUND_MAX 128
#define GOSSIP_INBOUND_MAX 16
#define GOSSIP_INBOUND_PER_PEER 4
#define GOSSIP_INBOUND_BYTES (8u * 1024 * 1024)
#define GOSSIP_STREAM_BYTES (4u * 1024 * 1024)
#define GOSSIP_DATAGRAM_MAX 65535

struct gossip_peer {
	struct ip ip;
	uint16_t port;
};

struct gossip_socket;

struct gossip_stream {
	struct gossip_peer peer;
	uint32_t id;    /* of the user, 0 for streams that peers opened */
	uint8_t *bytes; /* what has arrived */
	size_t n;
};

enum gossip_stream_news {
	GOSSIP_STREAM_BYTES_CAME,
	GOSSIP_STREAM_PEER_DONE, /* the peer sends no more */
	GOSSIP_STREAM_FAILED,    /* not connected, broken, too much, or too late; it closes itself */
};

struct gossip_socket_user {
	void (*on_datagram)(void *ctx, instant now, const struct gossip_peer *from,
			    const uint8_t *bytes, size_t n);
	void (*on_stream)(void *ctx, instant now, struct gossip_stream *stream,
			  enum gossip_stream_news news);
	void *ctx;
};

/* Bind both; 0 or -errno (-EADDRINUSE: another process has the port). */
int gossip_socket_open(struct loop *loop, const struct gossip_peer *bind_to,
		       const struct gossip_socket_user *user, struct gossip_socket **out_socket)
	MUST_CHECK;
void gossip_socket_close(struct gossip_socket *socket); /* NULL is fine; on_stream is not called */

/* 0 or -errno; -EMSGSIZE, -EAGAIN and the like: it is lost, as datagrams may be. */
int gossip_socket_send(struct gossip_socket *socket, const struct gossip_peer *to,
		       const uint8_t *bytes, size_t n) MUST_CHECK;

/*
 * Connect to a peer and send; on_stream tells of what comes back. 0; -ENOSPC:
 * too many streams; -errno. `id` must not be 0.
 */
struct gossip_stream_plan {
	struct gossip_peer to;
	uint32_t id;
	int64_t timeout_ms;
	const uint8_t *bytes; /* copied */
	size_t n;
};

int gossip_stream_open(struct gossip_socket *socket, const struct gossip_stream_plan *plan)
	MUST_CHECK;

/* Send (copied), then close when all is sent; what has arrived is dropped. */
void gossip_stream_answer(struct gossip_stream *stream, const uint8_t *bytes, size_t n);
void gossip_stream_close(struct gossip_stream *stream); /* what was queued is dropped */

#endif
