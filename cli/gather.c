/* gather - see gather.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gather.h"

#include <stdlib.h>
#include <string.h>

#include "cli/wire/lists_read.h"
#include "cli/wire/pods_read.h"
#include "cli/wire/status_read.h"
#include "common/api/kube_client.h"
#include "common/core/strmap.h"

#define TARGET_MAX_BYTES 4096
#define SENTENCE_MAX_BYTES 4096
#define SILENT_MS 900 /* for a page that did not come the last time: less than a round of watch */
#define USER_AGENT "tinlb/" TINLB_VERSION

struct gather {
	struct gather_config config;
	struct loop *loop;
	struct loop_timer *timer;
	bool waits;
	struct kube_client *kube;       /* NULL: the daemons are asked directly */
	struct http **direct;           /* one for each of config.direct, in order */
	size_t n_direct;
	struct strmap silent; /* names of daemons whose pages did not come in the last run */
	/* of the present run */
	struct view *view;
	unsigned needs;
	instant began, deadline;
	size_t n_pending;
	struct lists_config parts;
};

struct source { /* what is read from the API */
	enum view_part part;
	const char *root, *resource;
	bool namespaced, named; /* named: the ConfigMap */
	bool may_be_absent;
	void (*read)(struct gather *g, const struct http_answer *answer, struct text *error);
};

struct request {
	struct gather *g;
	const struct source *source; /* NULL: the page of a daemon */
	enum view_component component;
	size_t at; /* which daemon */
};

static void ask_daemons(struct gather *g);

/* ---- answers ---- */

static void read_pods(struct gather *g, const struct http_answer *answer, struct text *error)
{
	if (pods_read(answer->bytes, answer->n, g->view, error) == 0 &&
	    (g->needs & VIEW_BIT(VIEW_STATUS)))
		ask_daemons(g);
}

static void read_services(struct gather *g, const struct http_answer *answer, struct text *error)
{
	(void)!lists_read_services(answer->bytes, answer->n, g->view, error);
}

static void read_nodes(struct gather *g, const struct http_answer *answer, struct text *error)
{
	(void)!lists_read_nodes(answer->bytes, answer->n, g->view, error);
}

static void read_slices(struct gather *g, const struct http_answer *answer, struct text *error)
{
	(void)!lists_read_slices(answer->bytes, answer->n, g->view, error);
}

static void read_map(struct gather *g, const struct http_answer *answer, struct text *error)
{
	(void)!lists_read_map(answer->bytes, answer->n, &g->parts, error);
}

static void read_pools(struct gather *g, const struct http_answer *answer, struct text *error)
{
	(void)!lists_read_pools(answer->bytes, answer->n, &g->parts, error);
}

static void read_adverts(struct gather *g, const struct http_answer *answer, struct text *error)
{
	(void)!lists_read_adverts(answer->bytes, answer->n, &g->parts, error);
}

#define CORE "/api/v1"
#define DISCOVERY "/apis/discovery.k8s.io/v1"
#define METALLB "/apis/metallb.io/v1beta1"

static const struct source sources[] = {
	{ VIEW_PODS, CORE, "pods", true, false, false, read_pods },
	{ VIEW_SERVICES, CORE, "services", false, false, false, read_services },
	{ VIEW_NODES, CORE, "nodes", false, false, false, read_nodes },
	{ VIEW_ENDPOINTS, DISCOVERY, "endpointslices", false, false, true, read_slices },
	{ VIEW_CONFIG, CORE, "configmaps", true, true, true, read_map },
	{ VIEW_CONFIG, METALLB, "ipaddresspools", true, false, true, read_pools },
	{ VIEW_CONFIG, METALLB, "l2advertisements", true, false, true, read_adverts },
};

/* Why an answer is none, with a remedy where the server's own words have none. */
static void explain(struct gather *g, const struct http_answer *answer, struct text *out)
{
	kube_client_explain(g->kube, answer, out);
	if (answer->error != 0)
		text_add(out, " (tinlb --speaker NODE:7472 asks a speaker without the API)");
}

static void set_error(struct gather *g, enum view_part part, const struct text *error)
{
	if (error->n > 0 && !g->view->error[part])
		g->view->error[part] = mem_strdup(error->s);
}

static void take_source(struct gather *g, const struct source *source,
			const struct http_answer *answer)
{
	struct text error;

	text_init(&error, SENTENCE_MAX_BYTES);
	if (answer->error != 0 || answer->status != 200) {
		if (!(source->may_be_absent && answer->status == 404))
			explain(g, answer, &error);
	} else {
		source->read(g, answer, &error);
	}
	set_error(g, source->part, &error);
	text_done(&error);
}

/* What is wrong when the page of a daemon does not come. */
static void explain_page(struct gather *g, const struct http_answer *answer, struct text *out)
{
	bool is_servers = g->kube && answer->n > 0 && answer->bytes[0] == '{'; /* a Status object */

	if (answer->error != 0)
		text_add(out, answer->what);
	else if (is_servers)
		kube_client_explain(g->kube, answer, out);
	else
		text_addf(out, "it answers with status %ld: is another program on its port?",
			  answer->status);
}

static void take_page(struct gather *g, struct view_daemon *daemon, const struct http_answer *answer)
{
	struct text error;

	text_init(&error, SENTENCE_MAX_BYTES);
	if (answer->error != 0 || answer->status != 200)
		explain_page(g, answer, &error);
	else
		(void)!status_read(answer->bytes, answer->n, &daemon->status, &error);
	if (!daemon->status)
		daemon->error = text_take(&error);
	else if (!daemon->node)
		daemon->node = mem_strdup(daemon->status->node);
	text_done(&error);
}

static void on_done(void *ctx, const struct http_answer *answer)
{
	struct request *request = ctx;
	struct gather *g = request->g;

	if (request->source)
		take_source(g, request->source, answer);
	else
		take_page(g, &g->view->daemon[request->component].at[request->at], answer);
	free(request);
	g->n_pending--;
}

/* ---- requests ---- */

static int64_t patience_ms(const struct gather *g, const struct request *request)
{
	int64_t left_ms = (g->deadline - loop_now(g->loop)) / NS_PER_MS;

	if (!request->source && left_ms > SILENT_MS &&
	    strmap_get(&g->silent, g->view->daemon[request->component].at[request->at].name))
		return SILENT_MS;
	return left_ms > 0 ? left_ms : 1;
}

static void send(struct gather *g, struct http *direct, const char *target,
		 const struct request *request)
{
	struct http_call call = { .method = "GET", .target = target, .on_done = on_done,
				  .timeout_ms = patience_ms(g, request) };
	struct request *own = mem_new(1, sizeof(*own));

	*own = *request;
	call.ctx = own;
	g->n_pending++;
	if (direct)
		(void)!http_send(direct, &call);
	else
		(void)!kube_client_send(g->kube, &call);
}

static void ask_source(struct gather *g, const struct source *source)
{
	struct text target;

	text_init(&target, TARGET_MAX_BYTES);
	text_add(&target, source->root);
	if (source->namespaced)
		text_addf(&target, "/namespaces/%s", g->config.namespace);
	text_addf(&target, "/%s", source->resource);
	if (source->named)
		text_addf(&target, "/%s", g->config.map_name);
	g->view->asked |= VIEW_BIT(source->part);
	send(g, NULL, target.s, &(struct request){ .g = g, .source = source });
	text_done(&target);
}

static void ask_pod(struct gather *g, enum view_component component, size_t at)
{
	const struct view_daemon *daemon = &g->view->daemon[component].at[at];
	struct text target;

	text_init(&target, TARGET_MAX_BYTES);
	text_addf(&target, CORE "/namespaces/%s/pods/%s:%d/proxy/status", g->config.namespace,
		  daemon->name, daemon->port);
	send(g, NULL, target.s, &(struct request){ .g = g, .component = component, .at = at });
	text_done(&target);
}

static void ask_daemons(struct gather *g)
{
	g->view->asked |= VIEW_BIT(VIEW_STATUS);
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < g->view->daemon[i].n; k++)
			ask_pod(g, i, k);
}

static void ask_directly(struct gather *g)
{
	size_t n = 0;

	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < g->config.direct[i]->n; k++)
			view_add_daemon(g->view, i)->name = mem_strdup(g->config.direct[i]->at[k]);
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < g->view->daemon[i].n; k++)
			send(g, g->direct[n++], "/status",
			     &(struct request){ .g = g, .component = i, .at = k });
}

static void end_config(struct gather *g)
{
	struct text error;

	text_init(&error, SENTENCE_MAX_BYTES);
	g->view->config = lists_config_of(&g->parts, &error);
	if (error.n > 0)
		g->view->config_refused = mem_strdup(error.s);
	text_done(&error);
	lists_config_done(&g->parts);
}

/* Where no page came at all it may be the way that is slow: all get their time again. */
static void note_silent(struct gather *g)
{
	size_t n_read = 0;

	strmap_done(&g->silent);
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < g->view->daemon[i].n; k++)
			if (g->view->daemon[i].at[k].status)
				n_read++;
			else
				strmap_put(&g->silent, g->view->daemon[i].at[k].name, g);
	if (n_read == 0)
		strmap_done(&g->silent);
}

void gather_run(struct gather *g, unsigned needs, struct view *out_view)
{
	*out_view = (struct view){ .namespace = mem_strdup(g->config.namespace) };
	g->view = out_view;
	g->needs = needs | VIEW_BIT(VIEW_PODS);
	g->began = loop_now(g->loop);
	g->deadline = instant_add_ms(g->began, g->config.timeout_ms);
	if (g->kube) {
		out_view->server = mem_strdup(kube_client_server(g->kube));
		for (size_t i = 0; i < ARRAY_LEN(sources); i++)
			if (g->needs & VIEW_BIT(sources[i].part))
				ask_source(g, &sources[i]);
	} else {
		ask_directly(g);
	}
	while (g->n_pending > 0)
		CHECK(loop_turn(g->loop) == 0);
	end_config(g);
	note_silent(g);
	view_sort(out_view);
	g->view = NULL;
}

static void on_timer(void *ctx, instant now)
{
	struct gather *g = ctx;

	(void)now;
	loop_timer_set(g->timer, INSTANT_NEVER);
	g->waits = false;
}

void gather_wait(struct gather *g, int64_t ms)
{
	loop_timer_set(g->timer, instant_add_ms(g->began, ms));
	g->waits = true;
	while (g->waits)
		CHECK(loop_turn(g->loop) == 0);
}

/* ---- from start to end ---- */

/* HOST[:PORT], where an IPv6 host may stand in brackets; a scheme is not needed. */
static struct http *open_direct(struct gather *g, const char *place)
{
	const char *colon = strrchr(place, ':'), *bracket = strrchr(place, ']');
	bool has_port = colon && (bracket ? colon > bracket : strchr(place, ':') == colon);
	bool is_bare_v6 = !bracket && colon && !has_port;
	struct http_server server = { .user_agent = USER_AGENT };
	struct http *http;
	struct text base;

	text_init(&base, TARGET_MAX_BYTES);
	text_addf(&base, "http://%s%s%s", is_bare_v6 ? "[" : "", place, is_bare_v6 ? "]" : "");
	if (!has_port)
		text_addf(&base, ":%d", PODS_READ_PORT);
	server.base = base.s;
	http = http_new(g->loop, &server);
	text_done(&base);
	return http;
}

static void open_all_direct(struct gather *g)
{
	const struct view_words *const *direct = g->config.direct;

	g->direct = mem_new(direct[VIEW_SPEAKER]->n + direct[VIEW_CONTROLLER]->n, sizeof(*g->direct));
	for (enum view_component i = 0; i < VIEW_N_COMPONENTS; i++)
		for (size_t k = 0; k < direct[i]->n; k++)
			g->direct[g->n_direct++] = open_direct(g, direct[i]->at[k]);
}

int gather_new(const struct gather_config *config, struct gather **out_gather, struct text *out_error)
{
	const struct kube_client_config api = { .kubeconfig = config->kubeconfig,
						.context = config->context,
						.server = config->server,
						.user_agent = USER_AGENT };
	struct gather *g = mem_new(1, sizeof(*g));
	int rc = 0;

	g->config = *config;
	g->loop = loop_new();
	g->timer = loop_timer_new(g->loop, on_timer, g);
	if (config->direct[VIEW_SPEAKER]->n + config->direct[VIEW_CONTROLLER]->n > 0)
		open_all_direct(g);
	else
		rc = kube_client_new(g->loop, &api, &g->kube, out_error);
	if (rc != 0) {
		gather_free(g);
		return rc;
	}
	*out_gather = g;
	return 0;
}

void gather_free(struct gather *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_direct; i++)
		http_free(g->direct[i]);
	free(g->direct);
	strmap_done(&g->silent);
	kube_client_free(g->kube);
	loop_timer_free(g->timer);
	loop_free(g->loop);
	free(g);
}
