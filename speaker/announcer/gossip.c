/* gossip - see gossip.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/gossip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/limiter.h"
#include "common/io/files.h"
#include "common/io/log.h"

#define OPEN_RETRY_MS 5000
#define STATE_PATH_MAX 4096
#define STATE_MAX_BYTES 32
#define INDIRECT_PROBES 6 /* in a row: by chance, at a loss of 5 %, once in a million */

struct gossip {
	struct loop *loop;
	struct gossip_config config;
	struct gossip_user user;
	struct talk *talk;
	struct gossip_socket *socket; /* NULL: not open */
	struct loop_timer *open_timer;
	bool waits; /* until it is tried again */
	int open_error;
	uint32_t kept; /* incarnation that stands in the file */
	uint64_t sent, received;
	struct limiter say[TALK_N_TROUBLES], say_not_kept, say_not_open;
	char key_ids[TABLE_KEY_IDS_MAX];
};

static const char *trouble_text(enum talk_trouble trouble)
{
	switch (trouble) {
	case TALK_NOT_OPENED:
		return "a peer's gossip cannot be opened with our keys: the Secret memberlist differs "
		       "between the speakers; make it the same on all and restart them";
	case TALK_NOT_SEALED:
		return "a peer gossips in plain while we have a secret: give it the Secret memberlist";
	case TALK_MALFORMED:
		return "gossip that is no memberlist message was dropped";
	case TALK_NAME_CLASH:
		return "another address gossips under our own node name: two speakers share one name";
	case TALK_ADDRESS_CLASH:
		return "a second address claims the name of a live member; the first one stays";
	case TALK_FULL:
		return "the ring has more members than there is room for; new ones are not known here";
	case TALK_UDP_BLOCKED:
		return "a peer answers over TCP and not over UDP: is the port of the gossip open between "
		       "the nodes for both? Addresses move late without";
	case TALK_NOT_REACHED:
	default:
		return "a peer cannot be reached: is the port of the gossip open between the nodes, "
		       "UDP and TCP?";
	}
}

static struct swim_dest to_dest(const struct gossip_peer *peer)
{
	struct swim_dest dest = { .addr.n = peer->ip.len, .port = peer->port };

	memcpy(dest.addr.byte, peer->ip.byte, peer->ip.len);
	return dest;
}

static struct gossip_peer to_peer(const struct swim_dest *dest)
{
	struct gossip_peer peer = { .port = dest->port };

	peer.ip.len = (uint8_t)dest->addr.n;
	memcpy(peer.ip.byte, dest->addr.byte, dest->addr.n);
	peer.ip = ip_unmapped(peer.ip); /* some members say theirs in 16 bytes; our socket is IPv4's */
	return peer;
}

/* Say it once a minute with the number of those not said. */
static void log_note(struct gossip *g, instant now, const struct talk_note *note)
{
	const struct gossip_peer peer = to_peer(&note->peer);
	char ip[IP_TEXT_MAX], held[LIMITER_HELD_MAX];

	if (!limiter_allows_line(&g->say[note->trouble], now, held))
		return;
	ip_format(&peer.ip, ip);
	log_line(LOG_WARN, { "component", "MemberList" }, { "op", "gossip" },
		 { "reason", table_ring_trouble_word(note->trouble) }, { "peer", ip[0] ? ip : NULL },
		 { "keyIDs", g->key_ids[0] ? g->key_ids : NULL }, { "=suppressed", held },
		 { "msg", trouble_text(note->trouble) });
}

/* ---- in ---- */

static void on_datagram(void *ctx, instant now, const struct gossip_peer *from,
			const uint8_t *bytes, size_t n)
{
	struct gossip *g = ctx;
	const struct swim_dest source = to_dest(from);

	g->received++;
	talk_on_datagram(g->talk, now, &source, bytes, n);
	g->user.on_turn(g->user.ctx, now);
}

static void on_stream(void *ctx, instant now, struct gossip_stream *stream,
		      enum gossip_stream_news news)
{
	struct gossip *g = ctx;
	const struct talk_inbound in = { .peer = to_dest(&stream->peer), .id = stream->id,
					 .bytes = stream->bytes, .n = stream->n,
					 .all = news == GOSSIP_STREAM_PEER_DONE };
	struct seal_bytes answer;

	if (news == GOSSIP_STREAM_FAILED) {
		talk_on_stream_failed(g->talk, now, stream->id, &in.peer);
	} else {
		enum talk_verdict verdict = talk_on_stream(g->talk, now, &in, &answer);

		if (verdict == TALK_ANSWER)
			gossip_stream_answer(stream, answer.bytes, answer.n);
		else if (verdict == TALK_CLOSE)
			gossip_stream_close(stream);
	}
	g->user.on_turn(g->user.ctx, now);
}

/* ---- out ---- */

static void on_open_timer(void *ctx, instant now)
{
	struct gossip *g = ctx;

	g->waits = false;
	g->user.on_turn(g->user.ctx, now);
}

/* ---- numbering that outlives a restart ---- */

static bool name_file(const struct gossip *g, char out_path[static STATE_PATH_MAX])
{
	const char *dir = g->config.state_dir;

	return dir && *dir &&
	       snprintf(out_path, STATE_PATH_MAX, "%s/incarnation", dir) < STATE_PATH_MAX;
}

static uint32_t read_kept(const struct gossip *g)
{
	char path[STATE_PATH_MAX], *bytes;
	uint32_t kept;
	size_t n;

	if (!name_file(g, path) || files_read(path, STATE_MAX_BYTES, &bytes, &n) != 0)
		return 0;
	kept = (uint32_t)strtoul(bytes, NULL, 10);
	free(bytes);
	return kept < UINT32_MAX ? kept : 0;
}

/* At each change, which peers can cause; the clock covers what a crash of the host takes back. */
static void keep(struct gossip *g, instant now)
{
	const struct swim_members *members = swim_members_of(brain_swim(talk_brain(g->talk)));
	uint32_t incarnation = swim_members_self(members)->said.incarnation;
	char path[STATE_PATH_MAX], text[STATE_MAX_BYTES], held[LIMITER_HELD_MAX];
	int n, rc;

	if (incarnation == g->kept || !name_file(g, path))
		return;
	g->kept = incarnation;
	n = snprintf(text, sizeof(text), "%lu\n", (unsigned long)incarnation);
	rc = files_write(path, text, (size_t)n);
	if (rc == 0 || !limiter_allows_line(&g->say_not_kept, now, held))
		return;
	log_line(LOG_WARN, { "component", "MemberList" }, { "op", "gossip" },
		 { "error", strerror(-rc) }, { "path", path }, { "=suppressed", held },
		 { "msg", "the membership's numbering cannot be kept" });
}

static void open_port(struct gossip *g, instant now)
{
	const struct gossip_socket_user io = { on_datagram, on_stream, g };
	uint32_t seconds = (uint32_t)(loop_wall_us() / 1000000), kept = read_kept(g);
	int rc = gossip_socket_open(g->loop, &g->config.bind_to, &io, &g->socket);
	char held[LIMITER_HELD_MAX];

	g->open_error = rc;
	if (rc == 0) {
		talk_open_ring(g->talk, now, seconds > kept ? seconds : kept + 1);
		return;
	}
	g->waits = true;
	loop_timer_set(g->open_timer, instant_add_ms(now, OPEN_RETRY_MS));
	if (!limiter_allows_line(&g->say_not_open, now, held))
		return;
	log_line(LOG_ERROR, { "component", "MemberList" }, { "op", "gossip" },
		 { "error", strerror(-rc) }, { "=suppressed", held },
		 { "msg", rc == -EADDRINUSE ?
				  "another process has the port of the gossip, will try again: is a "
				  "second speaker running on this node?" :
				  "the port of the gossip cannot be opened, will try again: is "
				  "METALLB_ML_BIND_ADDR an address of this node?" });
}

static void open_streams(struct gossip *g, instant now)
{
	struct talk_outbound out;

	while (talk_next_stream(g->talk, &out)) {
		const struct gossip_stream_plan plan = { .to = to_peer(&out.to), .id = out.id,
							 .timeout_ms = out.timeout_ms,
							 .bytes = out.bytes.bytes,
							 .n = out.bytes.n };

		if (gossip_stream_open(g->socket, &plan) != 0)
			talk_on_stream_failed(g->talk, now, out.id, &out.to);
	}
}

static void send_datagrams(struct gossip *g)
{
	struct talk_datagram datagram;

	while (talk_next_datagram(g->talk, &datagram)) {
		const struct gossip_peer to = to_peer(&datagram.to);

		if (gossip_socket_send(g->socket, &to, datagram.bytes, datagram.n) == 0)
			g->sent++;
	}
}

void gossip_settle(struct gossip *g, instant now)
{
	struct talk_note note;

	if (!g->socket && !g->waits && brain_wants_ring(talk_brain(g->talk))) {
		open_port(g, now);
		talk_turn(g->talk, now);
	}
	if (!g->socket)
		return;
	keep(g, now);
	open_streams(g, now);
	send_datagrams(g);
	while (talk_next_note(g->talk, &note))
		log_note(g, now, &note);
}

/* ---- life ---- */

static void name_keys(struct gossip *g)
{
	char id[SEAL_KEY_ID_MAX];
	size_t n = 0;

	for (size_t i = 0; i < g->config.ring->n; i++)
		n += (size_t)snprintf(g->key_ids + n, sizeof(g->key_ids) - n, "%s%s",
				      i > 0 ? "," : "", seal_key_id(&g->config.ring->key[i], id));
}

struct gossip *gossip_new(struct loop *loop, const struct gossip_config *config,
			  const struct gossip_user *user, struct talk *talk)
{
	struct gossip *g = mem_new(1, sizeof(*g));

	*g = (struct gossip){ .loop = loop, .config = *config, .user = *user, .talk = talk };
	g->open_timer = loop_timer_new(loop, on_open_timer, g);
	for (size_t i = 0; i < TALK_N_TROUBLES; i++)
		g->say[i] = limiter_new(60000, 1);
	g->say_not_kept = g->say_not_open = limiter_new(60000, 1);
	name_keys(g);
	g->config.ring = NULL;
	return g;
}

void gossip_free(struct gossip *g)
{
	if (!g)
		return;
	gossip_socket_close(g->socket);
	loop_timer_free(g->open_timer);
	free(g);
}

/* The worst that is the case, as one word. */
enum table_ring_state gossip_state(const struct gossip *g)
{
	const struct brain *brain = talk_brain(g->talk);

	if (!g->socket)
		return g->open_error ? TABLE_RING_PORT : TABLE_RING_WAITING;
	if (talk_is_locked_out(g->talk))
		return TABLE_RING_SECRET;
	if (brain_is_refused(brain))
		return TABLE_RING_REFUSED;
	return brain_is_alone(brain) ? TABLE_RING_ALONE : TABLE_RING_JOINED;
}

_Static_assert((int)TALK_N_TROUBLES == (int)TABLE_RING_TROUBLES, "each has its count");

_Static_assert(SWIM_NAME_MAX <= TABLE_NODE_NAME_MAX, "a member's name fits");

static void report_indirect(const struct gossip *g, struct table_ring *out)
{
	const struct swim *swim = brain_swim(talk_brain(g->talk));
	const char *name[TABLE_MAX_INDIRECT];

	if (!swim)
		return;
	out->n_indirect = (uint8_t)swim_members_indirect(swim_members_of(swim), INDIRECT_PROBES, name,
							 TABLE_MAX_INDIRECT);
	for (size_t i = 0; i < out->n_indirect; i++)
		memcpy(out->indirect[i], name[i], strlen(name[i]) + 1);
}

void gossip_report(const struct gossip *g, struct table_ring *out)
{
	*out = (struct table_ring){ .state = gossip_state(g), .sent = g->sent, .received = g->received,
				    .n_differ = (uint16_t)brain_n_differ(talk_brain(g->talk)) };
	memcpy(out->key_ids, g->key_ids, sizeof(out->key_ids));
	for (size_t i = 0; i < TALK_N_TROUBLES; i++)
		out->trouble[i] = talk_troubles(g->talk, (enum talk_trouble)i);
	report_indirect(g, out);
}
