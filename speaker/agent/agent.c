/* agent - see agent.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/agent/agent.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/api/wire/exposition.h"
#include "common/core/denials.h"
#include "common/io/log.h"
#include "config/config_source.h"
#include "speaker/agent/channel.h"
#include "speaker/agent/cluster.h"
#include "speaker/agent/core/reasons.h"
#include "speaker/agent/effects.h"
#include "speaker/agent/io/host_files.h"
#include "speaker/agent/node_files.h"
#include "speaker/agent/pages.h"
#include "speaker/agent/peer_source.h"
#include "speaker/agent/state_objects.h"
#include "speaker/agent/wire/host_pages.h"
#include "speaker/agent/wire/process_metrics.h"
#include "speaker/agent/wire/ring_metrics.h"
#include "speaker/agent/wire/row_metrics.h"
#include "speaker/agent/wire/status_json.h"

#define MAX_NOTES 32
#define NOTE_MAX 512
#define MAX_LINKS 1024
#define SILENCE_EVERY_MS 1000
#define PROC "/proc"
#define FALLBACK_NAMESPACE "metallb-system"
#define NO_MEMBERSHIP                                                                              \
	"no membership between the speakers: every node counts as alive unless the API says that " \
	"it is not Ready"

struct agent {
	struct loop *loop;
	const struct speaker_flags *flags;
	struct table_settings settings;
	struct kube_client *client;
	struct kube_group *group; /* of custom resources */
	struct plan *plan;
	struct channel *channel;
	struct events *events;
	struct config_source *source;
	struct state_objects *objects;
	char *namespace;
	struct config *config; /* in force, NULL: none was read */
	struct cluster *cluster;
	struct peer_source *peers; /* NULL: there is no ring */
	struct pages *pages;
	bool started; /* SETTINGS were sent */
	struct loop_timer *silence_timer;
	bool silence_waits; /* for its timer */
	char *note[MAX_NOTES];
	size_t n_note;
	struct strmap trouble; /* kind of object -> sentence */
	struct strmap link;    /* name -> struct table_link */
	struct table_totals totals;
	struct table_ring ring;
	struct limiter say_member;
	struct counters counters;
	struct counters_family *updates, *errors, *loaded, *stale;
	uint64_t n_config_updates, n_errors;
};

static int64_t wall_ms(void)
{
	return loop_wall_us() / 1000;
}

/* Something to know once: in the log, and on the status page from then on. */
static void add_note(struct agent *a, const char *format, ...) PRINTF_LIKE(2, 3);

static void add_note(struct agent *a, const char *format, ...)
{
	va_list args;
	char *text = mem_new(NOTE_MAX, 1);

	va_start(args, format);
	vsnprintf(text, NOTE_MAX, format, args);
	va_end(args);
	log_line(LOG_WARN, { "event", "note" }, { "msg", text });
	if (a->n_note < MAX_NOTES)
		a->note[a->n_note++] = text;
	else
		free(text);
}

/* ---- the announcer ---- */

static void tell_effects(struct agent *a)
{
	struct plan_effect *effect;

	while ((effect = plan_next_effect(a->plan))) {
		effects_tell(effect, a->settings.node_name, a->events);
		state_objects_on_service(a->objects, effect->service);
		free(effect);
	}
}

/* Nothing is said before the first whole table can be: what the announcer has is better. */
static bool can_start(const struct agent *a)
{
	return a->cluster && cluster_is_synced(a->cluster) && a->config &&
	       (!a->peers || peer_source_is_known(a->peers));
}

static void watch_silence(struct agent *a)
{
	if (!a->plan->silent || a->silence_waits)
		return;
	a->silence_waits = true;
	loop_timer_set(a->silence_timer, instant_add_ms(loop_now(a->loop), SILENCE_EVERY_MS));
}

static void on_silence_timer(void *ctx, instant now)
{
	struct agent *a = ctx;

	(void)now;
	a->silence_waits = false;
	plan_tick(a->plan, wall_ms());
	tell_effects(a);
	watch_silence(a);
}

static bool on_next(void *ctx, struct table_message *out_m)
{
	struct agent *a = ctx;
	struct table_peers peers;
	bool more;

	if (!a->started) {
		if (!can_start(a))
			return false;
		a->started = true;
		*out_m = (struct table_message){ .kind = TABLE_SETTINGS, .settings = a->settings };
		return true;
	}
	if (a->peers && peer_source_next(a->peers, &peers)) {
		*out_m = (struct table_message){ .kind = TABLE_PEERS, .peers = peers };
		return true;
	}
	more = plan_next_message(a->plan, out_m);
	if (!more)
		state_objects_on_table(a->objects);
	tell_effects(a);
	watch_silence(a);
	return more;
}

static void on_link(struct agent *a, const struct table_link *from)
{
	struct table_link *link;

	if (from->gone) {
		free(strmap_remove(&a->link, from->name));
		return;
	}
	if (a->link.n == MAX_LINKS && !strmap_get(&a->link, from->name))
		return;
	link = mem_new(1, sizeof(*link));
	*link = *from;
	free(strmap_put(&a->link, from->name, link));
}

static void on_member(struct agent *a, const struct table_member *member)
{
	if (plan_on_member(a->plan, member, wall_ms()) && !member->self)
		effects_tell_member(member, &a->say_member, loop_now(a->loop));
	if (a->peers)
		peer_source_on_members(a->peers, plan_n_members(a->plan));
}

static void on_verdict(struct agent *a, const struct table_verdict *verdict)
{
	const struct snapshot_row *row;

	plan_on_verdict(a->plan, verdict, wall_ms());
	row = snapshot_find(&a->plan->cluster, &verdict->ip);
	for (size_t i = 0; row && i < row->n_hold; i++)
		state_objects_on_service(a->objects, row->hold[i].service->key);
}

static void on_message(void *ctx, const struct table_message *m)
{
	struct agent *a = ctx;

	if (m->kind == TABLE_VERDICT)
		on_verdict(a, &m->verdict);
	else if (m->kind == TABLE_COUNTS)
		plan_on_counts(a->plan, &m->counts);
	else if (m->kind == TABLE_MEMBER)
		on_member(a, &m->member);
	else if (m->kind == TABLE_LINK)
		on_link(a, &m->link);
	else if (m->kind == TABLE_TOTALS)
		a->totals = m->totals;
	else if (m->kind == TABLE_RING)
		a->ring = m->ring;
	else if (m->kind == TABLE_CLAIM)
		plan_on_claim(a->plan, &m->claim, wall_ms());
	tell_effects(a);
}

static void on_closed(void *ctx)
{
	struct agent *a = ctx;

	log_line(LOG_INFO, { "op", "shutdown" }, { "msg", "the announcer is gone" });
	loop_stop(a->loop);
}

/* ---- the API ---- */

static void on_change(void *ctx)
{
	struct agent *a = ctx;

	channel_kick(a->channel);
}

static void on_config(void *ctx, struct config *config)
{
	struct agent *a = ctx;
	struct config *before = a->config;

	a->config = config;
	snapshot_on_config(&a->plan->cluster, config);
	config_free(before);
}

static void on_config_settled(void *ctx)
{
	struct agent *a = ctx;
	struct config_source_state state = config_source_state(a->source);

	state_objects_on_config(a->objects, &state);
	on_change(a);
}

static void on_config_update(void *ctx, bool failed)
{
	struct agent *a = ctx;

	a->n_config_updates++;
	a->n_errors += failed;
}

static void on_trouble(void *ctx, const char *what, enum kube_trouble trouble, const char *text)
{
	struct agent *a = ctx;

	if (trouble == KUBE_TROUBLE_NONE) {
		free(strmap_remove(&a->trouble, what));
		log_line(LOG_INFO, { "op", "watch" }, { "kind", what },
			 { "msg", "it works again" });
		return;
	}
	a->n_errors++;
	log_line(LOG_WARN, { "op", "watch" }, { "kind", what }, { "error", text },
		 { "msg", "what was known stays in force" });
	if (trouble != KUBE_TROUBLE_OBJECT)
		free(strmap_put(&a->trouble, what, mem_strdup(text)));
}

static void on_peers_trouble(void *ctx, const char *sentence)
{
	on_trouble(ctx, "pods", sentence ? KUBE_TROUBLE_AWAY : KUBE_TROUBLE_NONE, sentence);
}

static void on_fallback(void *ctx, const char *why)
{
	add_note(ctx, "EndpointSlices cannot be read, Endpoints are read instead (%s)", why);
}

/* ---- pages ---- */

static void write_metrics(void *ctx, struct text *out_text)
{
	struct agent *a = ctx;
	struct config_source_state config = config_source_state(a->source);
	uint64_t n = cluster_n_updates(a->cluster) + a->n_config_updates;
	struct host_facts host;

	if (a->started)
		channel_ask_counts(a->channel);
	counters_set(a->updates, NULL, 0, (double)n);
	counters_set(a->errors, NULL, 0, (double)a->n_errors);
	counters_set(a->loaded, NULL, 0, config.loaded);
	counters_set(a->stale, NULL, 0, config.stale);
	exposition_add(out_text, &a->counters);
	host_files_read(PROC, &a->link, &host);
	host_metrics_write(out_text, &host, a->plan);
	host_facts_done(&host);
	process_metrics_write(out_text, &a->totals,
			      &(struct process_facts){
				      .events_sent = events_n_sent(a->events),
				      .events_dropped = events_n_dropped(a->events),
				      .events_waiting = events_n_waiting(a->events),
				      .writes_waiting = state_objects_n_waiting(a->objects),
			      });
	ring_metrics_write(out_text, a->plan, &a->ring, a->peers ? peer_source_n(a->peers) : 0);
	row_metrics_write(out_text, a->plan);
}

static const char *first_trouble(const struct agent *a)
{
	const char *key;
	void *text = NULL;
	size_t at = 0;

	return strmap_next(&a->trouble, &at, &key, &text) ? text : NULL;
}

/* A sentence, or NULL: it is ready. */
static const char *why_not_ready(const struct agent *a)
{
	if (!cluster_is_synced(a->cluster))
		return "services, endpoints and nodes have not all been listed yet";
	return a->ring.state == TABLE_RING_SECRET ? reasons_of_ring(a->ring.state) : NULL;
}

static bool is_ready(void *ctx, struct text *out_why_not)
{
	const char *why_not = why_not_ready(ctx);

	if (why_not)
		text_addf(out_why_not, "%s\n", why_not);
	return !why_not;
}

/* What was noted, and what is so now; how many. */
static size_t list_notes(const struct agent *a, const char *doubled, const char *out[static MAX_NOTES + 2])
{
	size_t n = 0;

	for (; n < a->n_note; n++)
		out[n] = a->note[n];
	if (doubled)
		out[n++] = doubled;
	if (!a->peers)
		out[n++] = NO_MEMBERSHIP;
	return n;
}

static size_t list_denied(const struct agent *a, const char *out[static DENIALS_MAX + 1])
{
	size_t n = 0, at = 0;

	while ((out[n] = kube_client_denied(a->client, &at)) != NULL)
		n++;
	return n;
}

static void write_status(void *ctx, struct text *out_json)
{
	struct agent *a = ctx;
	struct config_source_state config = config_source_state(a->source);
	const char *note[MAX_NOTES + 2], *denied[DENIALS_MAX + 1];
	struct host_facts host;

	if (a->started)
		channel_ask_counts(a->channel);
	host_files_read(PROC, &a->link, &host);
	status_write(out_json,
		     &(struct status_facts){
			     .node = a->settings.node_name,
			     .now_ms = wall_ms(),
			     .ready = !why_not_ready(a),
			     .note = note,
			     .n_note = list_notes(a, config.doubled, note),
			     .config_source = config.source,
			     .config_loaded = config.loaded,
			     .config_stale = config.stale,
			     .config_error = config.error,
			     .config_line = config.line,
			     .server = kube_client_server(a->client),
			     .api_trouble = first_trouble(a),
			     .denied = denied,
			     .n_denied = list_denied(a, denied),
			     .link = &a->link,
			     .host = &host,
			     .totals = a->totals,
			     .ring = a->ring,
			     .events_sent = events_n_sent(a->events),
			     .events_dropped = events_n_dropped(a->events),
		     },
		     a->plan);
	host_facts_done(&host);
}

/* ---- start and end ---- */

static void add_counters(struct agent *a)
{
	a->updates = counters_add(&a->counters, "metallb_k8s_client_updates_total",
				  COUNTERS_COUNTER, "Changes of Kubernetes objects taken in");
	a->errors = counters_add(&a->counters, "metallb_k8s_client_update_errors_total",
				 COUNTERS_COUNTER, "Failures to take a change in");
	a->loaded = counters_add(&a->counters, "metallb_k8s_client_config_loaded_bool",
				 COUNTERS_GAUGE, "1 once a configuration was read");
	a->stale = counters_add(&a->counters, "metallb_k8s_client_config_stale_bool",
				COUNTERS_GAUGE, "1 while the last configuration is not in force");
}

static int read_node_name(struct agent *a, struct text *out_error)
{
	const char *name = speaker_flags_text(a->flags, "node-name");
	size_t n = name ? strlen(name) : 0;

	if (n == 0 || n >= TABLE_NODE_NAME_MAX) {
		text_add(out_error, "the name of this node is missing: set METALLB_NODE_NAME (from "
			 "spec.nodeName) or --node-name");
		return -EINVAL;
	}
	memcpy(a->settings.node_name, name, n + 1);
	return 0;
}

/* An option that is given wins over the file. */
static void keep_options(struct agent *a)
{
	static const char *const option[TABLE_N_TIMINGS] = {
		[TABLE_PROBE_INTERVAL_MS] = "ml-probe-interval",
		[TABLE_PROBE_TIMEOUT_MS] = "ml-probe-timeout",
		[TABLE_GOSSIP_INTERVAL_MS] = "ml-gossip-interval",
		[TABLE_SUSPICION_MULT] = "ml-suspicion-mult",
	};

	for (size_t i = 0; i < TABLE_N_TIMINGS; i++)
		if (option[i] && speaker_flags_number(a->flags, option[i]) != 0)
			a->settings.timing[i] = 0;
}

static int read_files(struct agent *a, struct text *out_error)
{
	const char *timing = speaker_flags_text(a->flags, "ml-config-file");
	struct text ignored;
	int rc = node_files_exclude(speaker_flags_text(a->flags, "exclude-interfaces-file"),
				    a->settings.exclude, sizeof(a->settings.exclude), out_error);

	if (rc != 0)
		return rc;
	text_init(&ignored, NOTE_MAX);
	rc = node_files_timing(timing, a->settings.timing, &ignored, out_error);
	if (rc == 0 && ignored.n > 0)
		add_note(a, "%s: without effect here: %s", timing, ignored.s);
	text_done(&ignored);
	keep_options(a);
	return rc;
}

static int read_election(struct agent *a, struct text *out_error)
{
	const char *election = speaker_flags_text(a->flags, "election");

	if (strcmp(election, "ip") == 0 || strcmp(election, "name") == 0)
		return 0;
	text_addf(out_error, "--election takes ip or name, not %s", election);
	return -EINVAL;
}

static void note_unused(struct agent *a)
{
	for (size_t i = 0; i < a->flags->n; i++) {
		const struct flags_option *option = &a->flags->option[i];

		if (option->kind == FLAGS_UNUSED && option->given)
			add_note(a, "--%s: %s", option->name, option->help);
	}
}

static int connect_api(struct agent *a, struct text *out_error)
{
	struct kube_client_config config = {
		.kubeconfig = speaker_flags_text(a->flags, "kubeconfig"),
		.user_agent = "tinlb-speaker/" TINLB_VERSION,
	};

	return kube_client_new(a->loop, &config, &a->client, out_error);
}

/* On when the announcer's is: with an address and labels. */
static void start_peers(struct agent *a, const char *namespace)
{
	const struct peer_source_user user = { on_change, on_peers_trouble, a };
	const char *address = speaker_flags_text(a->flags, "ml-bindaddr");
	const char *labels = speaker_flags_text(a->flags, "ml-labels");
	const char *given = speaker_flags_text(a->flags, "ml-namespace");

	if (!address || !*address || !labels || !*labels) {
		log_line(LOG_INFO, { "event", "note" }, { "msg", NO_MEMBERSHIP });
		return;
	}
	a->peers = peer_source_new(a->client, given && *given ? given : namespace, labels, &user);
	a->ring.state = TABLE_RING_WAITING; /* as long as the announcer says nothing else */
}

static void start_feeds(struct agent *a)
{
	const struct config_source_user source = { on_config, on_config_update, on_config_settled,
						   NULL, on_trouble, NULL, a };
	const struct cluster_user cluster = { on_change, on_trouble, on_fallback, a };
	const struct pages_user pages = { write_metrics, write_status, is_ready, a };
	const char *namespace = speaker_flags_text(a->flags, "namespace");

	if (!namespace || !*namespace)
		namespace = kube_client_namespace(a->client);
	if (!namespace || !*namespace)
		namespace = FALLBACK_NAMESPACE;
	a->namespace = mem_strdup(namespace);
	a->group = kube_group_new(a->client, CONFIG_SOURCE_GROUP, KUBE_GROUP_EVERY_MS);
	a->objects = state_objects_new(
		a->client, &(struct state_objects_config){
				   .namespace = a->namespace,
				   .node = a->settings.node_name,
				   .pod = speaker_flags_text(a->flags, "pod-name"),
				   .plan = a->plan,
				   .group = a->group,
			   });
	a->events = events_new(a->client, "metallb-speaker", a->settings.node_name);
	a->source = config_source_new(a->client, a->group, namespace,
				      speaker_flags_text(a->flags, "config"), &source);
	a->cluster = cluster_new(a->client, &a->plan->cluster, &cluster);
	start_peers(a, namespace);
	a->pages = pages_new(a->loop, a->flags, &pages);
}

int agent_new(struct loop *loop, const struct speaker_flags *flags, int table_fd,
	      struct agent **out_agent, struct text *out_error)
{
	struct agent *a = mem_new(1, sizeof(*a));
	const struct channel_user user = { on_next, on_message, on_closed, a };
	int rc;

	a->loop = loop;
	a->say_member = limiter_new(EFFECTS_MEMBER_MS, EFFECTS_MEMBERS);
	a->flags = flags;
	rc = read_node_name(a, out_error);
	if (rc == 0)
		rc = read_files(a, out_error);
	if (rc == 0)
		rc = read_election(a, out_error);
	if (rc == 0)
		rc = connect_api(a, out_error);
	if (rc == 0) {
		rc = channel_new(loop, table_fd, &user, &a->channel);
		if (rc != 0)
			text_add(out_error, "there is no announcer: start tinlb-speaker, which "
				 "starts this program");
	}
	if (rc != 0) {
		agent_free(a);
		return rc;
	}
	a->plan = plan_new(a->settings.node_name, wall_ms());
	a->plan->cluster.class = speaker_flags_text(flags, "lb-class");
	a->plan->cluster.elect_by_name =
		strcmp(speaker_flags_text(flags, "election"), "name") == 0;
	a->plan->cluster.ignore_exclude = speaker_flags_on(flags, "ignore-exclude-lb");
	a->silence_timer = loop_timer_new(loop, on_silence_timer, a);
	add_counters(a);
	note_unused(a);
	start_feeds(a);
	*out_agent = a;
	return 0;
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	loop_timer_free(a->silence_timer);
	pages_free(a->pages);
	cluster_free(a->cluster);
	peer_source_free(a->peers);
	state_objects_free(a->objects);
	plan_free(a->plan); /* before the configuration that it looks at */
	config_source_free(a->source);
	config_free(a->config);
	free(a->namespace);
	events_free(a->events);
	kube_group_free(a->group);
	kube_client_free(a->client);
	channel_free(a->channel);
	for (size_t i = 0; i < a->n_note; i++)
		free(a->note[i]);
	strmap_done_values(&a->trouble);
	strmap_done_values(&a->link);
	counters_done(&a->counters);
	free(a);
}
