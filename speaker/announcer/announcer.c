/* announcer - see announcer.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/announcer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/core/backoff.h"
#include "common/core/limiter.h"
#include "common/io/files.h"
#include "common/io/log.h"
#include "speaker/announcer/io/agent_process.h"
#include "speaker/announcer/io/arp_port.h"
#include "speaker/announcer/io/netlink.h"
#include "speaker/announcer/wire/arp.h"
#include "speaker/announcer/wire/arp_filter.h"
#include "speaker/table/wire/table_wire.h"

#define AGENT_FIRST_RETRY_MS 200
#define AGENT_MAX_RETRY_MS 10000
#define AGENT_GRACE_MS 1000 /* for the agent to end by itself */
#define PORT_RETRY_MS 1000
#define SAY_MS 60000 /* between log lines about one trouble with interfaces */

struct announcer {
	struct loop *loop;
	struct announcer_config config;
	struct talk *talk;
	struct gossip *gossip; /* NULL: there is no ring */
	struct node *node;     /* talk's */
	struct netlink *netlink;
	struct agent_process *agent;
	struct loop_timer *frames_timer, *agent_timer, *ports_timer;
	struct arp_port *port[LINKS_MAX]; /* by slot of links */
	struct limiter say[LINKS_MAX];    /* that it does not open */
	struct limiter say_waiting;       /* that there are too many interfaces */
	enum table_ring_state ring_state; /* that the agent was told */
	uint64_t ports_version, cover_version;
	struct prng prng;
	struct backoff agent_backoff;
	struct table_message report; /* that did not fit into the socket */
	bool has_report, stopping, ending;
	int exit_status;
	uint64_t n_frames, n_dropped, n_restarts;
};

/* ---- frames ---- */

static struct arp_port *port_at(const struct announcer *a, uint32_t ifindex)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (a->port[i] && arp_port_ifindex(a->port[i]) == ifindex)
			return a->port[i];
	return NULL;
}

static void on_frame(void *ctx, uint32_t ifindex, const uint8_t *bytes, size_t n)
{
	struct announcer *a = ctx;
	uint8_t frame[ARP_FRAME_BYTES];
	struct node_frame in = { .ifindex = ifindex };
	struct arp_msg reply;

	a->n_frames++;
	if (arp_decode(bytes, n, &in.arp) != 0)
		return;
	if (node_on_arp(a->node, loop_now(a->loop), &in, &reply) == NODE_ANSWER) {
		arp_encode(&reply, frame);
		(void)arp_port_send(port_at(a, ifindex), frame, sizeof(frame));
	}
	loop_timer_set(a->frames_timer, talk_deadline(a->talk)); /* a claim makes something due */
}

static void send_announcements(struct announcer *a, instant now)
{
	uint8_t frame[ARP_FRAME_BYTES];
	struct node_frame out;

	while (node_next_frame(a->node, now, &out)) {
		struct arp_port *port = port_at(a, out.ifindex);

		arp_encode(&out.arp, frame);
		if (port)
			(void)arp_port_send(port, frame, sizeof(frame));
	}
}

/* ---- ports ---- */

static size_t write_filter(const struct announcer *a, struct sock_filter *out_code)
{
	const struct links *links = node_links(a->node);
	uint32_t own[ARP_FILTER_MAX_OWN];
	size_t n = 0;
	uint64_t version;

	for (size_t i = 0; i < LINKS_MAX; i++)
		for (size_t k = 0; links->at[i].known && k < links->at[i].n_address; k++)
			if (links->at[i].address[k].len == IP_V4 && n < ARP_FILTER_MAX_OWN)
				own[n++] = cover_number(&links->at[i].address[k]);
	return arp_filter_write(node_cover(a->node, &version), own, n, out_code);
}

static void log_port(const char *event, const struct link *link)
{
	log_line(LOG_INFO, { "event", event }, { "interface", link->news.name },
		 { "msg", "ARP responder" });
}

/* Once a minute, with the number of those not said. */
static void log_closed_port(struct announcer *a, size_t at, const char *error)
{
	char held[LIMITER_HELD_MAX];

	if (!limiter_allows_line(&a->say[at], loop_now(a->loop), held))
		return;
	log_line(LOG_ERROR, { "event", "createARPResponder" },
		 { "interface", node_links(a->node)->at[at].news.name }, { "error", error },
		 { "=suppressed", held }, { "msg", "cannot listen for ARP, will try again" });
}

static void close_port(struct announcer *a, size_t at)
{
	a->n_dropped += arp_port_dropped(a->port[at]);
	arp_port_close(a->port[at]);
	a->port[at] = NULL;
	log_port("deleteARPResponder", &node_links(a->node)->at[at]);
}

static void retry_ports(struct announcer *a, instant now)
{
	loop_timer_set(a->ports_timer, instant_add_ms(now, PORT_RETRY_MS));
}

static void on_port_broken(void *ctx, instant now, uint32_t ifindex)
{
	struct announcer *a = ctx;

	for (size_t i = 0; i < LINKS_MAX; i++)
		if (a->port[i] && arp_port_ifindex(a->port[i]) == ifindex)
			close_port(a, i);
	retry_ports(a, now);
}

static void open_port(struct announcer *a, size_t at, const struct sock_filter *code, size_t n)
{
	const struct link *link = &node_links(a->node)->at[at];
	struct arp_port_config config = { .name = link->news.name, .ifindex = link->news.ifindex,
					  .ring_bytes = a->config.ring_bytes, .filter = code,
					  .n_filter = n, .on_frame = on_frame,
					  .on_broken = on_port_broken, .ctx = a };
	char what[256];

	if (arp_port_open(a->loop, &config, &a->port[at], what) == 0) {
		log_port("createARPResponder", link);
		return;
	}
	log_closed_port(a, at, what);
	retry_ports(a, loop_now(a->loop));
}

static void settle_ports(struct announcer *a)
{
	const struct links *links = node_links(a->node);
	struct sock_filter code[ARP_FILTER_MAX_CODE];
	uint64_t version, cover_version, wanted = node_ports(a->node, &version);
	size_t n;

	(void)node_cover(a->node, &cover_version);
	if (version == a->ports_version && cover_version == a->cover_version)
		return;
	a->ports_version = version;
	a->cover_version = cover_version;
	n = write_filter(a, code);
	for (size_t i = 0; i < LINKS_MAX; i++) {
		bool want = wanted >> i & 1;

		if (a->port[i] && (!want || arp_port_ifindex(a->port[i]) != links->at[i].news.ifindex))
			close_port(a, i);
		if (a->port[i] && arp_port_set_filter(a->port[i], code, n) != 0)
			close_port(a, i);
		if (want && !a->port[i])
			open_port(a, i, code, n);
	}
}

/* Before the first settings nobody knows which of them are excluded. */
static void log_waiting_links(struct announcer *a, instant now)
{
	size_t n = links_n_waiting(node_links(a->node));
	char waiting[24];
	uint64_t suppressed;

	if (n == 0 || !node_was_configured(a->node) ||
	    !limiter_allows(&a->say_waiting, now, &suppressed))
		return;
	snprintf(waiting, sizeof(waiting), "%zu", n);
	log_line(LOG_WARN, { "op", "interfaces" }, { "=waiting", waiting },
		 { "msg", "more interfaces than 64 could answer: the others are left alone; exclude "
			  "those that need not" });
}

/* ---- the agent ---- */

static void fill_totals(struct announcer *a, struct table_totals *totals)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (a->port[i])
			a->n_dropped += arp_port_dropped(a->port[i]);
	*totals = (struct table_totals){
		.frames_seen = a->n_frames, .frames_dropped = a->n_dropped,
		.agent_restarts = a->n_restarts,
		.loop_late_max_us = (uint64_t)loop_late_max_us(a->loop),
		.late = *loop_late(a->loop),
	};
	node_totals(a->node, totals);
}

/* Reports wait in the node until the socket takes them: the fast side never waits. */
static void send_reports(struct announcer *a, instant now)
{
	uint8_t bytes[TABLE_MESSAGE_MAX];

	while (a->agent && (a->has_report || node_next_report(a->node, now, &a->report))) {
		int n;

		if (!a->has_report && a->report.kind == TABLE_TOTALS)
			fill_totals(a, &a->report.totals);
		if (!a->has_report && a->report.kind == TABLE_RING && a->gossip)
			gossip_report(a->gossip, &a->report.ring);
		a->has_report = true;
		n = table_encode(&a->report, bytes, sizeof(bytes));
		if (n > 0 && agent_process_send(a->agent, bytes, (size_t)n) == -EAGAIN)
			return;
		a->has_report = false;
	}
}

static void settle_gossip(struct announcer *a, instant now)
{
	gossip_settle(a->gossip, now);
	if (gossip_state(a->gossip) != a->ring_state)
		node_tell_ring(a->node);
	a->ring_state = gossip_state(a->gossip);
}

/* Whoever takes over has taken over: end the agent, and with it the loop. */
static void end(struct announcer *a, instant now)
{
	a->ending = true;
	if (!a->agent) {
		loop_stop(a->loop);
		return;
	}
	agent_process_signal(a->agent, SIGTERM);
	loop_timer_set(a->agent_timer, instant_add_ms(now, AGENT_GRACE_MS));
}

/* Everything that follows from what came in. */
static void settle(struct announcer *a, instant now)
{
	talk_turn(a->talk, now);
	if (a->gossip)
		settle_gossip(a, now);
	settle_ports(a);
	send_announcements(a, now);
	send_reports(a, now);
	loop_timer_set(a->frames_timer, talk_deadline(a->talk));
	if (a->stopping && !a->ending && brain_has_left(talk_brain(a->talk)))
		end(a, now);
}

static void on_record(void *ctx, instant now, const uint8_t *bytes, size_t n)
{
	struct announcer *a = ctx;
	struct table_message m;

	if (table_decode(bytes, n, &m) != 0) {
		log_line(LOG_ERROR, { "op", "table" }, { "msg", "the agent sent what is no message: "
								 "are both programs of one version?" });
		return;
	}
	brain_on_message(talk_brain(a->talk), now, &m);
	if (m.kind == TABLE_SETTINGS)
		log_waiting_links(a, now);
	if (m.kind == TABLE_SYNCED)
		backoff_succeeded(&a->agent_backoff);
	settle(a, now);
}

static void on_writable(void *ctx, instant now)
{
	send_reports(ctx, now);
}

/* Its command line or its files are wrong, and it never worked: neither would the next one. */
static bool is_final(const struct announcer *a, int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2) &&
	       !node_was_configured(a->node);
}

static void on_agent_end(void *ctx, instant now, int status)
{
	struct announcer *a = ctx;
	char how[64];

	agent_process_free(a->agent);
	a->agent = NULL;
	a->has_report = false;
	node_on_agent_gone(a->node);
	if (a->stopping && !a->ending) /* it was told to end by whoever told us */
		return;
	if (a->ending || is_final(a, status)) {
		a->exit_status = a->ending ? 0 : WEXITSTATUS(status);
		loop_stop(a->loop);
		return;
	}
	snprintf(how, sizeof(how), WIFSIGNALED(status) ? "signal %d" : "exit status %d",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	log_line(LOG_WARN, { "event", "agentEnded" }, { "error", how },
		 { "msg", "the agent ended; answering goes on from the last table, starting it again" });
	a->n_restarts++;
	loop_timer_set(a->agent_timer,
		       instant_add_ms(now, backoff_failed(&a->agent_backoff, &a->prng)));
}

static void start_agent(void *ctx, instant now)
{
	struct announcer *a = ctx;
	struct agent_process_config config = {
		.path = a->config.agent_path, .argv = a->config.agent_argv, .child_fd = TABLE_FD,
		.record_max = TABLE_MESSAGE_MAX, .on_record = on_record, .on_writable = on_writable,
		.on_end = on_agent_end, .ctx = a,
	};

	if (a->ending) { /* it had its time to end */
		agent_process_signal(a->agent, SIGKILL);
		return;
	}
	if (a->stopping)
		return;
	if (agent_process_start(a->loop, &config, &a->agent) != 0)
		loop_timer_set(a->agent_timer,
			       instant_add_ms(now, backoff_failed(&a->agent_backoff, &a->prng)));
}

void announcer_on_sigchld(struct announcer *a, instant now)
{
	if (a->agent)
		agent_process_on_sigchld(a->agent, now);
}

/* ---- interfaces ---- */

static void on_link(void *ctx, instant now, const struct netlink_link *link)
{
	struct announcer *a = ctx;
	struct link_news news = { .ifindex = link->ifindex };

	memcpy(news.name, link->name, sizeof(news.name));
	memcpy(news.mac, link->mac, sizeof(news.mac));
	news.up = link->up;
	news.carrier = link->carrier;
	news.ethernet = link->ethernet;
	news.enslaved = link->enslaved;
	node_on_link(a->node, now, &news);
	log_waiting_links(a, now);
	settle(a, now);
}

static void on_link_gone(void *ctx, instant now, uint32_t ifindex)
{
	struct announcer *a = ctx;

	node_on_link_gone(a->node, now, ifindex);
	settle(a, now);
}

static void on_address(void *ctx, instant now, const struct netlink_address *address)
{
	struct announcer *a = ctx;
	const struct link_address news = { address->ifindex, address->ip, address->prefix_bits,
					   address->gone };

	node_on_address(a->node, now, &news);
	settle(a, now);
}

/* ---- start and stop ---- */

static void on_timer(void *ctx, instant now)
{
	settle(ctx, now);
}

static void on_ports_timer(void *ctx, instant now)
{
	struct announcer *a = ctx;

	a->ports_version = UINT64_MAX; /* look at all of them again */
	settle(a, now);
}

static void on_draw(void *ctx, void *out_bytes, size_t n)
{
	(void)ctx;
	files_random(out_bytes, n);
}

static void start_talk(struct announcer *a)
{
	struct talk_config talk = { .brain = a->config.brain, .ring = a->config.ring,
				    .draw = on_draw };
	const struct gossip_config gossip = { .bind_to = a->config.bind_to, .ring = &talk.ring,
					      .state_dir = a->config.state_dir };
	const struct gossip_user user = { on_timer, a };

	a->talk = talk_new(&talk, loop_now(a->loop));
	a->node = brain_node(talk_brain(a->talk));
	if (a->config.brain.gossips)
		a->gossip = gossip_new(a->loop, &gossip, &user, a->talk);
	seal_forget(&talk.ring);
	seal_forget(&a->config.ring);
}

int announcer_start(struct loop *loop, const struct announcer_config *config,
		    struct announcer **out_announcer)
{
	struct announcer *a = mem_new(1, sizeof(*a));
	const struct netlink_user user = { on_link, on_link_gone, on_address, a };
	uint64_t seed;
	int rc;

	files_random(&seed, sizeof(seed));
	a->loop = loop;
	a->config = *config;
	a->prng = prng_seeded(seed);
	a->agent_backoff = (struct backoff){ AGENT_FIRST_RETRY_MS, AGENT_MAX_RETRY_MS, 0 };
	for (size_t i = 0; i < LINKS_MAX; i++)
		a->say[i] = limiter_new(SAY_MS, 1);
	a->say_waiting = limiter_new(SAY_MS, 1);
	start_talk(a);
	a->frames_timer = loop_timer_new(loop, on_timer, a);
	a->ports_timer = loop_timer_new(loop, on_ports_timer, a);
	a->agent_timer = loop_timer_new(loop, start_agent, a);
	rc = netlink_open(loop, &user, &a->netlink);
	if (rc != 0) {
		announcer_free(a);
		return rc;
	}
	loop_timer_set(a->agent_timer, loop_now(loop));
	*out_announcer = a;
	return 0;
}

void announcer_stop(struct announcer *a, instant now)
{
	a->stopping = true;
	talk_stop(a->talk, now);
	settle(a, now);
}

int announcer_exit_status(const struct announcer *a)
{
	return a->exit_status;
}

void announcer_free(struct announcer *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < LINKS_MAX; i++)
		arp_port_close(a->port[i]);
	agent_process_free(a->agent);
	netlink_close(a->netlink);
	loop_timer_free(a->frames_timer);
	loop_timer_free(a->ports_timer);
	loop_timer_free(a->agent_timer);
	gossip_free(a->gossip);
	talk_free(a->talk);
	free(a);
}
