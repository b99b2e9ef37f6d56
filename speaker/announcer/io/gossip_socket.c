/* gossip_socket - see gossip_socket.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/io/gossip_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 16384
#define DATAGRAMS_PER_TURN 32
#define ACCEPTS_PER_TURN 16
#define QUESTION_TIMEOUT_MS 2000 /* of a stream that a peer opened: until it is all there, */
#define ANSWER_TIMEOUT_MS 10000  /* and until the peer has the answer */
#define LOOK_BYTES_PER_MS 16384

struct stream {
	struct gossip_stream face; /* what the user sees */
	struct gossip_socket *hub;
	struct stream *next;
	int fd;
	struct loop_watch *watch;
	struct loop_timer *timer; /* for the earlier one of: */
	instant deadline, look_at;
	instant looked; /* when the user did last */
	size_t cap;
	uint8_t *out;
	size_t out_n, out_at;
	bool connecting, closing; /* closing: once everything is sent */
	bool peer_done;           /* it sends no more */
};

struct gossip_socket {
	struct loop *loop;
	struct gossip_socket_user user;
	int udp, tcp;
	struct loop_watch *udp_watch, *tcp_watch;
	struct stream *first;
	size_t n_outbound, n_inbound, inbound_bytes;
	uint8_t datagram[GOSSIP_DATAGRAM_MAX];
};

static socklen_t to_sockaddr(const struct gossip_peer *peer, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (peer->ip.len == IP_V4) {
		struct sockaddr_in *in = (struct sockaddr_in *)out;

		in->sin_family = AF_INET;
		in->sin_port = htons(peer->port);
		memcpy(&in->sin_addr, peer->ip.byte, IP_V4);
		return sizeof(*in);
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(peer->port);
		memcpy(&in6->sin6_addr, peer->ip.byte, IP_V6);
		return sizeof(*in6);
	}
}

static struct gossip_peer from_sockaddr(const struct sockaddr_storage *from)
{
	struct gossip_peer peer = { 0 };

	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;

		peer.ip.len = IP_V4;
		memcpy(peer.ip.byte, &in->sin_addr, 4);
		peer.port = ntohs(in->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

		peer.ip.len = IP_V6;
		memcpy(peer.ip.byte, &in6->sin6_addr, 16);
		peer.port = ntohs(in6->sin6_port);
	}
	return peer;
}

/* ---- streams ---- */

static bool is_inbound(const struct stream *s)
{
	return s->face.id == 0;
}

/* Room for what arrives. */
static void set_cap(struct stream *s, size_t cap)
{
	if (is_inbound(s))
		s->hub->inbound_bytes = s->hub->inbound_bytes - s->cap + cap;
	s->cap = cap;
	s->face.bytes = mem_resize(s->face.bytes, cap, 1);
}

static void stream_free(struct stream *s)
{
	struct gossip_socket *hub = s->hub;
	struct stream **at = &hub->first;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	set_cap(s, 0);
	if (is_inbound(s)) {
		hub->n_inbound--;
		loop_watch_set(hub->tcp_watch, LOOP_READ); /* there is room for the next one */
	} else {
		hub->n_outbound--;
	}
	loop_watch_free(s->watch);
	loop_timer_free(s->timer);
	close(s->fd);
	free(s->face.bytes);
	free(s->out);
	free(s);
}

static void tell(struct stream *s, instant now, enum gossip_stream_news news)
{
	const struct gossip_socket_user *user = &s->hub->user;

	s->looked = now;
	s->look_at = INSTANT_NEVER;
	loop_timer_set(s->timer, s->deadline);
	user->on_stream(user->ctx, now, &s->face, news);
}

static void fail(struct stream *s, instant now)
{
	if (!s->closing) /* an answer that cannot be sent whole concerns nobody here */
		tell(s, now, GOSSIP_STREAM_FAILED);
	stream_free(s);
}

static void on_timer(void *ctx, instant now)
{
	struct stream *s = ctx;

	if (now >= s->deadline)
		fail(s, now);
	else
		tell(s, now, GOSSIP_STREAM_BYTES_CAME);
}

static void set_deadline(struct stream *s, int64_t timeout_ms)
{
	s->deadline = instant_add_ms(loop_now(s->hub->loop), timeout_ms);
	loop_timer_set(s->timer, instant_min(s->deadline, s->look_at));
}

/* A look at what arrived costs as much as there is, however little came since. */
static void tell_in_time(struct stream *s, instant now)
{
	instant due = instant_add_ms(s->looked, (int64_t)(s->face.n / LOOK_BYTES_PER_MS));

	if (now >= due) {
		tell(s, now, GOSSIP_STREAM_BYTES_CAME);
		return;
	}
	s->look_at = due;
	loop_timer_set(s->timer, instant_min(s->deadline, due));
}

static void wait_for(struct stream *s)
{
	loop_watch_set(s->watch, (s->peer_done ? 0u : LOOP_READ) |
					 (s->out_at < s->out_n ? LOOP_WRITE : 0u));
}

/* False: the stream is gone. */
static bool flush(struct stream *s, instant now)
{
	while (s->out_at < s->out_n) {
		ssize_t done = send(s->fd, s->out + s->out_at, s->out_n - s->out_at, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (done < 0) {
			fail(s, now);
			return false;
		}
		s->out_at += (size_t)done;
	}
	if (s->out_at == s->out_n && s->closing) {
		stream_free(s);
		return false;
	}
	wait_for(s);
	return true;
}

/* What peers sent us became too much: the one that sent most has to go. False: it was this one. */
static bool keep_to_budget(struct stream *s, instant now)
{
	struct stream *most = s;

	if (s->hub->inbound_bytes <= GOSSIP_INBOUND_BYTES)
		return true;
	for (struct stream *other = s->hub->first; other; other = other->next)
		if (is_inbound(other) && other->cap > most->cap)
			most = other;
	fail(most, now);
	return most != s;
}

static void grow(struct stream *s)
{
	size_t cap = s->cap * 2 + READ_BYTES;

	if (s->face.n == s->cap)
		set_cap(s, cap < GOSSIP_STREAM_BYTES ? cap : GOSSIP_STREAM_BYTES);
}

static ssize_t receive(struct stream *s)
{
	uint8_t dropped[READ_BYTES];
	size_t room = s->cap - s->face.n;

	if (s->closing) /* only waiting for our answer to go out */
		return recv(s->fd, dropped, sizeof(dropped), 0);
	return recv(s->fd, s->face.bytes + s->face.n, room < READ_BYTES ? room : READ_BYTES, 0);
}

static void on_readable(struct stream *s, instant now)
{
	ssize_t got;

	if (!s->closing)
		grow(s);
	got = receive(s);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (got == 0) {
		s->peer_done = true;
		wait_for(s);
	}
	if (got < 0) {
		fail(s, now);
		return;
	}
	if (s->closing)
		return;
	s->face.n += (size_t)got;
	if (s->face.n == GOSSIP_STREAM_BYTES)
		fail(s, now);
	else if (got == 0)
		tell(s, now, GOSSIP_STREAM_PEER_DONE);
	else if (keep_to_budget(s, now))
		tell_in_time(s, now);
}

static void on_stream_event(void *ctx, instant now, unsigned events)
{
	struct stream *s = ctx;

	if (s->connecting) {
		int error = 0;
		socklen_t n = sizeof(error);

		if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error != 0) {
			fail(s, now);
			return;
		}
		s->connecting = false;
	}
	if (events & LOOP_WRITE && !flush(s, now))
		return;
	if (events & LOOP_READ)
		on_readable(s, now);
}

/* id 0: the peer opened it. */
static struct stream *stream_new(struct gossip_socket *hub, int fd,
				 const struct gossip_peer *peer, uint32_t id)
{
	struct stream *s = mem_new(1, sizeof(*s));

	*s = (struct stream){ .hub = hub, .fd = fd, .next = hub->first, .looked = INT64_MIN,
			      .look_at = INSTANT_NEVER, .face = { .peer = *peer, .id = id } };
	s->watch = loop_watch_new(hub->loop, fd, LOOP_READ, on_stream_event, s);
	s->timer = loop_timer_new(hub->loop, on_timer, s);
	hub->first = s;
	if (is_inbound(s))
		hub->n_inbound++;
	else
		hub->n_outbound++;
	return s;
}

static void queue_out(struct stream *s, const uint8_t *bytes, size_t n)
{
	s->out = mem_resize(s->out, s->out_n + n, 1);
	memcpy(s->out + s->out_n, bytes, n);
	s->out_n += n;
	wait_for(s);
}

int gossip_stream_open(struct gossip_socket *hub, const struct gossip_stream_plan *plan)
{
	struct sockaddr_storage to;
	socklen_t to_n = to_sockaddr(&plan->to, &to);
	struct stream *s;
	int fd;

	CHECK(plan->id != 0);
	if (hub->n_outbound >= GOSSIP_OUTBOUND_MAX)
		return -ENOSPC;
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, to_n) != 0 && errno != EINPROGRESS) {
		int error = -errno;

		close(fd);
		return error;
	}
	s = stream_new(hub, fd, &plan->to, plan->id);
	set_deadline(s, plan->timeout_ms);
	s->connecting = true;
	queue_out(s, plan->bytes, plan->n);
	return 0;
}

void gossip_stream_answer(struct gossip_stream *stream, const uint8_t *bytes, size_t n)
{
	struct stream *s = CONTAINER_OF(stream, struct stream, face);

	queue_out(s, bytes, n);
	s->closing = true;
	s->face.n = 0;
	set_cap(s, 0);
	set_deadline(s, ANSWER_TIMEOUT_MS);
}

void gossip_stream_close(struct gossip_stream *stream)
{
	stream_free(CONTAINER_OF(stream, struct stream, face));
}

/* ---- the two sockets ---- */

static size_t n_inbound_of(const struct gossip_socket *hub, const struct ip *ip)
{
	size_t n = 0;

	for (const struct stream *s = hub->first; s; s = s->next)
		n += is_inbound(s) && ip_equal(&s->face.peer.ip, ip);
	return n;
}

static void accept_stream(struct gossip_socket *hub, int fd, const struct gossip_peer *peer)
{
	if (n_inbound_of(hub, &peer->ip) >= GOSSIP_INBOUND_PER_PEER) {
		close(fd);
		return;
	}
	set_deadline(stream_new(hub, fd, peer, 0), QUESTION_TIMEOUT_MS);
	if (hub->n_inbound == GOSSIP_INBOUND_MAX) /* the others wait in the kernel's queue */
		loop_watch_set(hub->tcp_watch, 0);
}

static void on_accept(void *ctx, instant now, unsigned events)
{
	struct gossip_socket *hub = ctx;

	(void)now;
	(void)events;
	for (unsigned i = 0; i < ACCEPTS_PER_TURN && hub->n_inbound < GOSSIP_INBOUND_MAX; i++) {
		struct sockaddr_storage from;
		socklen_t n = sizeof(from);
		int fd = accept4(hub->tcp, (struct sockaddr *)&from, &n,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct gossip_peer peer;

		if (fd < 0)
			return;
		peer = from_sockaddr(&from);
		accept_stream(hub, fd, &peer);
	}
}

static void on_datagrams(void *ctx, instant now, unsigned events)
{
	struct gossip_socket *hub = ctx;

	(void)events;
	for (unsigned i = 0; i < DATAGRAMS_PER_TURN; i++) {
		struct sockaddr_storage from;
		socklen_t from_n = sizeof(from);
		ssize_t n = recvfrom(hub->udp, hub->datagram, sizeof(hub->datagram),
				     MSG_DONTWAIT, (struct sockaddr *)&from, &from_n);
		struct gossip_peer peer;

		if (n < 0)
			return;
		peer = from_sockaddr(&from);
		hub->user.on_datagram(hub->user.ctx, now, &peer, hub->datagram, (size_t)n);
	}
}

static int bind_one(const struct gossip_peer *to, int type)
{
	struct sockaddr_storage address;
	socklen_t n = to_sockaddr(to, &address);
	int fd = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, error;

	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, n) == 0 &&
	    (type != SOCK_STREAM || listen(fd, 64) == 0))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int gossip_socket_open(struct loop *loop, const struct gossip_peer *bind_to,
		       const struct gossip_socket_user *user, struct gossip_socket **out_socket)
{
	int udp = bind_one(bind_to, SOCK_DGRAM);
	int tcp = udp < 0 ? -1 : bind_one(bind_to, SOCK_STREAM);
	struct gossip_socket *hub;

	if (udp < 0)
		return udp;
	if (tcp < 0) {
		close(udp);
		return tcp;
	}
	hub = mem_new(1, sizeof(*hub));
	*hub = (struct gossip_socket){ .loop = loop, .user = *user, .udp = udp, .tcp = tcp };
	hub->udp_watch = loop_watch_new(loop, udp, LOOP_READ, on_datagrams, hub);
	hub->tcp_watch = loop_watch_new(loop, tcp, LOOP_READ, on_accept, hub);
	*out_socket = hub;
	return 0;
}

void gossip_socket_close(struct gossip_socket *hub)
{
	if (!hub)
		return;
	while (hub->first)
		stream_free(hub->first);
	loop_watch_free(hub->udp_watch);
	loop_watch_free(hub->tcp_watch);
	close(hub->udp);
	close(hub->tcp);
	free(hub);
}

int gossip_socket_send(struct gossip_socket *hub, const struct gossip_peer *to,
		       const uint8_t *bytes, size_t n)
{
	struct sockaddr_storage address;
	socklen_t address_n = to_sockaddr(to, &address);

	if (sendto(hub->udp, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address,
		   address_n) < 0)
		return -errno;
	return 0;
}
